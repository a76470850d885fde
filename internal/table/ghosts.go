package table

import "github.com/shmap-go/shmap/internal/recency"

// Ghosts: with the policy s3 a bucket remembers the last keys that were evicted from it (package recency). They are in
// no chain's care: one that is lost, or that was another key's, only misjudges an entry.

// recall asks the chain that pos led to whether it remembers the key of a hash, and makes it forget that.
func (t *Table) recall(pos *Pos, h uint64) bool {
	if t.Geo.Ghosts == 0 {
		return false
	}
	hops := t.maxChain()
	for b, ok := t.mainBucket(IndexOf(pos.Level, h)), true; ok; b, ok = t.next(b, &hops) {
		if rest, known := recency.Recall(b.Load(t.Geo.Ghosts), h); known {
			t.Log.Set(b.Span, t.Geo.Ghosts, rest)
			return true
		}
	}
	return false
}

// Remember makes the bucket of the entry at pos, which is to be evicted, remember its key if it is on trial.
func (t *Table) Remember(pos *Pos) {
	if t.Recency.OnTrial(pos.Ref()) {
		w := pos.B.Load(t.Geo.Ghosts)
		t.Log.Set(pos.B, t.Geo.Ghosts, recency.Remember(w, t.HashOf(pos.Key)))
	}
}

// forget empties the ghosts of b, which is taken into use (T3): what they were is another bucket's.
func (t *Table) forget(b bucket) {
	if t.Geo.Ghosts != 0 {
		b.Store(t.Geo.Ghosts, 0)
	}
}

// haunt gives the new bucket dst the ghosts of the one that is split. Which of them lead to it cannot be told, and one too
// many does no harm.
func (t *Table) haunt(src, dst bucket) {
	if t.Geo.Ghosts != 0 {
		dst.Store(t.Geo.Ghosts, src.Load(t.Geo.Ghosts))
	}
}

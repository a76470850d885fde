package journal

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// Trace is what a transaction in the middle of which its writer is, or died, has noted: what somebody needs who walks a
// whole shard without its lock. It is Overlay for many words.
type Trace struct {
	Head    uint64
	touched map[uint64]bool // offsets of the buckets whose versions may be odd
	before  map[uint64]patch
}

// patch turns a word into what it was. Entries that restore the high half only leave the low one as it is.
type patch struct {
	old, mask uint64 // mask: the bits of old that count
}

const highHalf = ^uint64(layout.VersionMask)

// ReadTrace copies the journal under head, whose entries entry finds; false if it has no known phase, or an entry is
// missing.
func ReadTrace(head uint64, entry func(i uint64) (region.Ptr, bool)) (Trace, bool) {
	t := Trace{Head: head}
	if Phase(head) == Idle {
		return t, Length(head) == 0
	}
	t.touched, t.before = map[uint64]bool{}, map[uint64]patch{}
	for i := Length(head); i > 0; i-- { // the earliest entry for a word wins
		p, ok := entry(i - 1)
		if !ok {
			return t, false
		}
		t.add(p.Load(0), p.Load(1))
	}
	return t, Phase(head) <= Undone
}

func (t *Trace) add(where, old uint64) {
	off, kind := where&^kindMask, where&kindMask
	if kind == kindBucket {
		t.touched[off] = true
	}
	if Phase(t.Head) != Active { // committed or undone: what stands in the words is right
		return
	}
	p := patch{old, ^uint64(0)}
	if kind == kindBucket || kind == kindLink {
		later := t.before[off]
		p.mask = later.mask | highHalf
		p.old = old&highHalf | later.old&^highHalf
	}
	t.before[off] = p
}

// Idle reports whether there is no transaction.
func (t *Trace) Idle() bool { return Phase(t.Head) == Idle }

// Touched reports whether the version of the bucket at offset off may be odd.
func (t *Trace) Touched(off uint64) bool { return t.touched[off] }

// Before is what the word at offset off, where w stands now, was before the transaction.
func (t *Trace) Before(off, w uint64) uint64 {
	if len(t.before) == 0 {
		return w
	}
	p := t.before[off]
	return w&^p.mask | p.old&p.mask
}

package maptest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shmap-go/shmap/internal/alloc"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// State is all that the shards of a map hold, a list for each: newest first with a policy, else sorted.
type State [][]Item

// sorted brings a state without an order of recency into one.
func (s State) sorted(c *layout.Config) State {
	if c.Policy == layout.PolicyNone {
		for i := range s {
			slices.SortFunc(s[i], func(a, b Item) int {
				return cmp.Or(cmp.Compare(a.Key.W, b.Key.W), cmp.Compare(a.Key.S, b.Key.S))
			})
		}
	}
	return s
}

// Diff says where two states differ; empty if nowhere. Deadlines far away may differ a little.
func (s State) Diff(want State) string {
	for i := range want {
		if len(s[i]) != len(want[i]) {
			return fmt.Sprintf("shard %d holds %d entries, want %d: %s, want %s", i, len(s[i]), len(want[i]), keys(s[i]), keys(want[i]))
		}
		for k := range want[i] {
			a, b := s[i][k], want[i][k]
			if near(a.Deadline, b.Deadline) {
				a.Deadline = b.Deadline
			}
			if a != b {
				return fmt.Sprintf("shard %d entry %d is %v, want %v: %s, want %s", i, k, &a, &b, keys(s[i]), keys(want[i]))
			}
		}
	}
	return ""
}

// near reports whether two deadlines far ahead are the same but for the time that the test took.
func near(a, b uint64) bool {
	return a == b || a > 1<<32+uint64(farAhead.Milliseconds())/2 && max(a, b)-min(a, b) < 60_000
}

func (it *Item) String() string {
	return fmt.Sprintf("{%s: %s deadline %d visited %v main %v laps %d}", Show(it.Key), Show(it.Val), it.Deadline, it.Visited, it.Main, it.Laps)
}

// Show prints a datum, long strings shortened.
func Show(d dict.Datum) string {
	switch n := len(d.S); {
	case n == 0:
		return fmt.Sprintf("%#x", d.W)
	case n > 20:
		return fmt.Sprintf("%.12q...(%d)", d.S, n)
	}
	return fmt.Sprintf("%q", d.S)
}

func keys(items []Item) (out []string) {
	for i := range min(len(items), 24) {
		out = append(out, Show(items[i].Key))
	}
	return out
}

// Look reads the state of a map out of its memory, without the map's own operations. Nobody may be changing the map, nor
// have died while doing so.
func Look(m *dict.Map) (s State, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("looking into the memory: %v", r)
		}
	}()
	for i := range m.Segment().Shards {
		t := m.Segment().Shards[i].Table()
		look := lookChains
		if t.Geo.Recency != 0 {
			look = lookList
		}
		items, err := look(t)
		if err != nil {
			return nil, fmt.Errorf("shard %d: %w", i, err)
		}
		s = append(s, items)
	}
	return s.sorted(m.Segment().Env.Config), nil
}

// lookList goes from the oldest entry to the newest, with the policy s3 through main and then through small.
func lookList(t *table.Table) (out []Item, err error) {
	if t.Geo.Ghosts == 0 {
		out, err = lookNewer(t, nil, layout.Hi(t.Shard.Load(layout.ShRecency)))
	} else if out, err = lookNewer(t, nil, layout.Lo(t.Shard.Load(layout.ShMain))); err == nil {
		out, err = lookNewer(t, out, layout.Lo(t.Shard.Load(layout.ShRecency)))
	}
	slices.Reverse(out)
	return out, err
}

// lookNewer goes from an entry on to newer ones, to the last or round to the first.
func lookNewer(t *table.Table, out []Item, first uint64) ([]Item, error) {
	s3 := t.Geo.Ghosts != 0
	for at := first; at != 0; {
		if n := t.Shard.Load(layout.ShCount); uint64(len(out)) == n {
			return nil, fmt.Errorf("the recency list is longer than %d", n)
		}
		pos := t.Locate(layout.Ref(at))
		it, err := lookItem(t, pos.Key, pos.Val)
		if err != nil {
			return nil, err
		}
		it.Deadline = t.Deadline(pos.B.Ptr, pos.I)
		it.Visited = table.Visited(pos.B.Load(layout.BkTags), pos.I) == 1
		link := pos.B.Load(t.Geo.Recency + pos.I)
		if at = layout.Lo(link); s3 {
			it.Main, it.Laps = link&layout.LinkMain != 0, uint8(link>>layout.LinkLaps)
			at = link & layout.RefMask
		}
		if out = append(out, it); at == first {
			break
		}
	}
	return out, nil
}

func lookChains(t *table.Table) (out []Item, err error) {
	for b := range table.Buckets(t.Shard.Load(layout.ShLevel)) {
		var snap table.Snap
		if ok, err := t.Copy(&snap, b, false); !ok || err != nil {
			return nil, fmt.Errorf("bucket %d cannot be read: %v", b, err)
		}
		snap.Each(func(x table.Item) bool {
			var it Item
			it, err = lookItem(t, x.Key, x.Val)
			it.Deadline = x.Deadline
			out = append(out, it)
			return err == nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func lookItem(t *table.Table, key, val uint64) (it Item, err error) {
	it.Key.W, it.Val.W = key, val
	if t.Config.Key == layout.String {
		if it.Key, err = lookText(t, key, (*alloc.Blob).AppendKey); err != nil {
			return it, err
		}
	}
	if t.Config.Value == layout.String {
		it.Val, err = lookText(t, val, (*alloc.Blob).AppendVal)
	}
	return it, err
}

// lookText is the string that a string word stands for.
func lookText(t *table.Table, w uint64, part func(*alloc.Blob, []byte) ([]byte, bool)) (d dict.Datum, err error) {
	if !layout.IsBlob(w) {
		return dict.Datum{S: string(layout.AppendInline(nil, w))}, nil
	}
	b, ok := t.Heap.Look(w)
	if !ok {
		return d, fmt.Errorf("string word %#x refers to nothing", w)
	}
	text, ok := part(&b, nil)
	if !ok {
		return d, fmt.Errorf("the chunks of the blob of string word %#x are broken", w)
	}
	return dict.Datum{S: string(text)}, nil
}

package table

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// The shortest way to an entry whose key or value is a string, as quick.go is to integers. It loads the words that Find and
// Valid load, in their order.

// Charted reports whether a Quick can have the table: its slots have 16 bytes.
func (t *Table) Charted() bool { return t.Geo.SlotSize == 16 }

// LoadText reads the value of a key, the string s or the integer word, without the lock, and counts as an access. A string
// value is appended to dst, any other is val.
func (q *Quick) LoadText(word uint64, s string, dst []byte) (b []byte, val uint64, found bool, err error) {
	k := Ready(q.config, word, s)
	c := q.charts[k.Hash>>1>>(q.top&63)].Load()
	level := c.level.Load(0)
	main, ok := c.place(level, k.Hash), false
	if main.IsNil() {
		if main = q.draw(c, level, k.Hash); main.IsNil() {
			return q.SlowText(word, s, dst)
		}
	}
	main.Load(secondLine) // its miss runs beside the first one's
	head, tags := main.Load(layout.BkHead), main.Load(layout.BkTags)
	p, w := main, c.table.KeySlot(main, lanesEqual(tags, Tag(k.Hash))&c.table.Geo.Lanes, k)
	if w == 0 {
		if layout.Hi(head) != 0 {
			if p, tags, w, ok = c.table.overKey(layout.Hi(head), k); !ok {
				return q.SlowText(word, s, dst)
			}
		}
		if w == 0 {
			if !c.still(main, head, level) || q.Closed.Load() {
				return q.SlowText(word, s, dst)
			}
			return dst, 0, false, nil
		}
	}
	if b, val, ok = dst, p.Load(w+1), true; q.strings {
		b, ok = q.appendText(c, main, head, level, dst, val)
		val = 0
	}
	until := q.until(c, p, w/2-1)
	if !ok || !c.still(main, head, level) || q.visits && Visited(tags, w/2-1) == 0 || until != 0 && until <= q.Now() || q.Closed.Load() {
		return q.SlowText(word, s, dst)
	}
	return b, val, true, nil
}

// appendText appends the string of a value word, found in the chain of main, to dst; false if it is not one. As many bytes as a
// length says are allocated and written to only if it was true when it was loaded.
func (q *Quick) appendText(c *chart, main region.Ptr, head, level uint64, dst []byte, val uint64) ([]byte, bool) {
	if !layout.IsBlob(val) {
		return layout.AppendInline(dst, val), true
	}
	from, off, n, ok := c.table.Heap.ShortVal(val)
	if !ok || !c.still(main, head, level) {
		return dst, false
	}
	return from.AppendOut(dst, off, n), true
}

// overKey looks for k in the overflow buckets from link on: the bucket with its tags, and the slot's first word, 0 if there is
// none. ok is false if the chain is not that short.
func (t *Table) overKey(link uint64, k Key) (p region.Ptr, tags, w uint64, ok bool) {
	for range shortChain {
		r, n := t.Over.Row(link - 1)
		if n >= r.N() {
			return p, 0, 0, false
		}
		p = t.Over.In(r, n)
		link, tags = layout.Hi(p.Load(layout.BkHead)), p.Load(layout.BkTags)
		w = t.KeySlot(p, lanesEqual(tags, Tag(k.Hash))&t.Geo.Lanes, k)
		if w != 0 || link == 0 {
			return p, tags, w, true
		}
	}
	return p, 0, 0, false
}

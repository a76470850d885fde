package table

import (
	"runtime"

	"github.com/shmap-go/shmap/internal/hash"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// The shortest way to an entry whose key or value is a string, as quick.go is to integers.

// Charted reports whether a Quick can have the table: its slots have 16 bytes.
func (t *Table) Charted() bool { return t.Geo.SlotSize == 16 }

// LoadText reads the value of a key, the string s or the integer word, without the lock, and counts as an access. A string
// value is appended to dst, any other is val.
func (q *Quick) LoadText(word uint64, s string, dst []byte) (b []byte, val uint64, found bool, err error) {
	switch {
	case q.charts == nil:
		return q.SlowText(word, s, dst)
	case len(s) > layout.MaxInline:
		return q.loadLong(s, dst)
	case q.texts:
		word = layout.Inline(s)
	}
	h := q.hash(word)
	c := q.chart(h)
	level := c.now.Load()
	part, i := c.at(Buckets(level), h)
	if part.IsNil() || c.level.Load(0) != level {
		return q.textSlow(h, word, s, dst)
	}
	main := part.Byte(i & c.inside * c.elem)
	main.Load(secondLine)
	head := main.Load(layout.BkHead)
	p, link, tag := main, layout.Hi(head), Tag(h)
	for hops := 0; ; hops++ {
		for marks := lanesEqual(p.Peek(layout.BkTags), tag); marks != 0; marks &= marks - 1 {
			slot := p.Byte(lane(marks) * wideSlot)
			if slot.Peek(firstKey) != word {
				continue
			}
			val = slot.Peek(firstKey + 1)
			if q.visits && Visited(p.Load(layout.BkTags), lane(marks)) == 0 {
				return q.textSlow(h, word, s, dst)
			}
			until := q.until(c, p, lane(marks))
			if q.strings && layout.IsBlob(val) {
				block, lens := c.table.Heap.Short(val)
				return q.copyOut(c, main, head, level, until, block, layout.KeyLen(lens), layout.ValLen(lens), word, s, dst)
			}
			if !c.still(main, head, level) || q.Closed.Load() || until != 0 && until <= q.Now() {
				return q.textSlow(h, word, s, dst)
			}
			if q.strings {
				return layout.AppendInline(dst, val), 0, true, nil
			}
			return dst, val, true, nil
		}
		if link == 0 {
			break
		}
		r, k := c.table.Over.Row(link - 1)
		if k >= r.N() || hops == shortChain {
			return q.textSlow(h, word, s, dst)
		}
		p = c.table.Over.In(r, k)
		link = layout.Hi(p.Load(layout.BkHead))
	}
	return q.textAbsent(c, main, head, level, h, word, s, dst)
}

// loadLong is LoadText of a key that is in the entry's blob.
func (q *Quick) loadLong(s string, dst []byte) (b []byte, val uint64, found bool, err error) {
	h := hash.String(q.kind, q.config.Seed, s)
	like := layout.BlobWord(0, h)
	c := q.chart(h)
	level := c.now.Load()
	part, i := c.at(Buckets(level), h)
	if part.IsNil() || c.level.Load(0) != level {
		return q.textSlow(h, 0, s, dst)
	}
	main := part.Byte(i & c.inside * c.elem)
	main.Load(secondLine)
	head := main.Load(layout.BkHead)
	p, link, tag := main, layout.Hi(head), Tag(h)
	for hops := 0; ; hops++ {
		for marks := lanesEqual(p.Peek(layout.BkTags), tag); marks != 0; marks &= marks - 1 {
			slot := p.Byte(lane(marks) * wideSlot)
			key := slot.Peek(firstKey)
			if !layout.SameBut(key, like) {
				continue
			}
			block, lens := c.table.Heap.Short(key)
			if block.IsNil() {
				return q.textSlow(h, 0, s, dst) // a large one, or garbage
			}
			if layout.KeyLen(lens) != uint64(len(s)) || !block.Equal(layout.BlobHead, s) {
				continue
			}
			val = slot.Peek(firstKey + 1)
			if q.visits && Visited(p.Load(layout.BkTags), lane(marks)) == 0 {
				return q.textSlow(h, 0, s, dst)
			}
			until := q.until(c, p, lane(marks))
			if q.strings && val == key {
				return q.copyOut(c, main, head, level, until, block, uint64(len(s)), layout.ValLen(lens), 0, s, dst)
			}
			if !c.still(main, head, level) || q.Closed.Load() || until != 0 && until <= q.Now() {
				return q.textSlow(h, 0, s, dst)
			}
			if q.strings {
				return layout.AppendInline(dst, val), 0, true, nil
			}
			return dst, val, true, nil
		}
		if link == 0 {
			break
		}
		r, k := c.table.Over.Row(link - 1)
		if k >= r.N() || hops == shortChain {
			return q.textSlow(h, 0, s, dst)
		}
		p = c.table.Over.In(r, k)
		link = layout.Hi(p.Load(layout.BkHead))
	}
	return q.textAbsent(c, main, head, level, h, 0, s, dst)
}

// copyOut ends a LoadText whose value has n bytes behind the key's, in a block that was found in the chain of main; nil if it is
// no small one. As many bytes as a length says are allocated and written to only if it was true when it was loaded.
func (q *Quick) copyOut(c *chart, main region.Ptr, head, level, until uint64, block region.Ptr, key, n, word uint64, s string, dst []byte) (b []byte, val uint64, found bool, err error) {
	if !block.IsNil() && c.still(main, head, level) && (until == 0 || until > q.Now()) {
		b = block.AppendOut(dst, layout.BlobHead+key, n)
		if c.still(main, head, level) && !q.Closed.Load() {
			return b, 0, true, nil
		}
	}
	return q.SlowText(word, s, dst)
}

// textAbsent ends a LoadText that has not met the key in the chain of main, which the table's level word is said to lead to.
//
//go:noinline
func (q *Quick) textAbsent(c *chart, main region.Ptr, head, level, h, word uint64, s string, dst []byte) (b []byte, val uint64, found bool, err error) {
	if !c.still(main, head, level) || q.Closed.Load() {
		return q.textSlow(h, word, s, dst)
	}
	runtime.KeepAlive(q)
	return dst, 0, false, nil
}

// textSlow is LoadText for what is not common. It finds out what the table's level word is, and notes it.
//
//go:noinline
func (q *Quick) textSlow(h, word uint64, s string, dst []byte) (b []byte, val uint64, found bool, err error) {
	q.look(h)
	return q.SlowText(word, s, dst)
}

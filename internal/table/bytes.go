package table

import (
	"encoding/binary"
	"slices"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// The shortest way to a string value, as word.go is to an integer.

// keySlot is wordSlot for any key of a table with 16-byte slots.
func (t *Table) keySlot(p region.Ptr, marks uint64, k *Key) uint64 {
	if !k.Blob {
		return wordSlot(p, marks, k.Word)
	}
	for ; marks != 0; marks &= marks - 1 {
		if w := 2 + 2*lane(marks); t.sameBlob(p.Load(w), k) {
			return w
		}
	}
	return 0
}

// LoadBytes appends the string value of k to dst, without the lock, if the table has such values. until is the deadline of
// the entry, which the caller asks the time about, 0 for none. ok is false if there was no result the short way.
func (t *Table) LoadBytes(k *Key, dst []byte) (b []byte, until uint64, found, ok bool) {
	level := t.Shard.Load(layout.ShLevel)
	i := IndexOf(level, k.Hash)
	r, n := t.Main.Row(i)
	if n >= r.N() {
		return dst, 0, false, false
	}
	main := t.Main.In(r, n)
	main.Load(secondLine)
	head, tags := main.Load(layout.BkHead), main.Load(layout.BkTags)
	p, w := main, t.keySlot(main, lanesEqual(tags, Tag(k.Hash))&t.Geo.Lanes, k)
	if w == 0 && layout.Hi(head) != 0 {
		if p, tags, w, ok = t.overKey(layout.Hi(head), k); !ok {
			return dst, 0, false, false
		}
	}
	if w == 0 {
		return dst, 0, false, t.still(main, head, level)
	}
	if t.Geo.Recency != 0 && Visited(tags, w/2-1) == 0 {
		return dst, 0, false, false
	}
	if t.Geo.Deadline != 0 {
		until = p.Load(t.Geo.Deadline + w/2 - 1)
	}
	val := p.Load(w + 1)
	if !layout.IsBlob(val) {
		var buf [8]byte
		binary.LittleEndian.PutUint64(buf[:], val)
		if !t.still(main, head, level) {
			return dst, 0, false, false
		}
		return add(dst, buf[:layout.InlineLen(val)&layout.MaxInline]), until, true, true
	}
	from, off, size, ok := t.Heap.ShortVal(val)
	if !ok || uint64(cap(dst)-len(dst)) < size && !t.still(main, head, level) { // memory is allocated only for a length that is true
		return dst, 0, false, false
	}
	old := len(dst)
	b = room(dst, int(size))
	from.CopyOut(b[old:], off)
	return b, until, true, t.still(main, head, level)
}

// room is dst, longer by n bytes that nobody has written to.
func room(dst []byte, n int) []byte {
	if cap(dst) == 0 {
		return make([]byte, n)
	}
	return slices.Grow(dst, n)[:len(dst)+n]
}

// add appends what is in b, a few bytes, to dst.
func add(dst, b []byte) []byte {
	if cap(dst) == 0 {
		dst = make([]byte, len(b))
		copy(dst, b)
		return dst
	}
	return append(dst, b...)
}

// HeldSlot is where k stands in a table of 16-byte slots without deadlines and recency, for the holder of the lock: its main
// bucket, its bucket, and the slot's first word. ok is false if it is not there or the short way cannot tell.
func (t *Table) HeldSlot(k *Key) (main, b region.Span, w uint64, ok bool) {
	i := IndexOf(t.Shard.Load(layout.ShLevel), k.Hash)
	r, n := t.Main.Row(i)
	if n >= r.N() || t.timed {
		return main, b, 0, false
	}
	main = r.Span(n * t.Main.Shape.Elem)
	main.Load(secondLine)
	head := main.Load(layout.BkHead)
	marks := lanesEqual(main.Load(layout.BkTags), Tag(k.Hash)) & t.Geo.Lanes
	if marks != 0 {
		if val := main.Load(3 + 2*lane(marks)); layout.IsBlob(val) {
			t.Heap.Ask(val)
		}
	}
	w = t.keySlot(main.Ptr, marks, k)
	return main, main, w, w != 0 && head&1 == 0
}

// overKey is overWord for any key.
func (t *Table) overKey(link uint64, k *Key) (p region.Ptr, tags, w uint64, ok bool) {
	for range shortChain {
		r, n := t.Over.Row(link - 1)
		if n >= r.N() {
			return p, 0, 0, false
		}
		p = t.Over.In(r, n)
		link, tags = layout.Hi(p.Load(layout.BkHead)), p.Load(layout.BkTags)
		w = t.keySlot(p, lanesEqual(tags, Tag(k.Hash))&t.Geo.Lanes, k)
		if w != 0 || link == 0 {
			return p, tags, w, true
		}
	}
	return p, 0, 0, false
}

// still is Valid for a main bucket whose first word was head under a level word.
func (t *Table) still(main region.Ptr, head, level uint64) bool {
	return head&1 == 0 && t.Shard.Load(layout.ShLevel) == level && main.Load(layout.BkHead) == head
}

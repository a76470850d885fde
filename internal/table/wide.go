package table

import (
	"math/bits"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// The shortest read there is: of integers in slots of 16 bytes without deadlines and recency.

// plots is how many parts a chart has.
const (
	lgPlots = 6
	plots   = 1 << lgPlots
)

// chart is where the main buckets of a table lie, for a range of its sizes: equal parts of them, each contiguous, so that
// neither the number of hash bits nor a vector's level has to be searched for. It never changes; a table that has outgrown it
// gets a new one. The zero chart fits no table.
type chart struct {
	mask  uint64            // hash bits that count: the table has more than mask/2 buckets, and at most mask
	shift uint64            // log2 of the buckets of a part
	base  [plots]region.Ptr // nil: not contiguous, or not inside the file as far as was known
}

// LoadWide is LoadWord for a Wide table whose entries have neither deadlines nor links. It loads the same words in the same
// order, with a chart or without: package explore counts on it.
func (t *Table) LoadWide(h, key uint64) (val uint64, found, ok bool) {
	level, c := t.Shard.Load(layout.ShLevel), t.chart.Load()
	half := c.mask >> 1
	n, i := Buckets(level), h&c.mask
	if n-half-1 > half {
		return t.loadUncharted(level, h, key)
	}
	i &= half | ^uint64(int64(n-1-i)>>63) // as in IndexOf
	part := c.base[i>>(c.shift&63)%plots]
	if part.IsNil() {
		return t.loadUncharted(level, h, key)
	}
	main := part.Word(i & (1<<(c.shift&63) - 1) * wideWords)
	main.Load(secondLine) // its miss runs beside the first one's
	head, tags := main.Load(layout.BkHead), main.Load(layout.BkTags)
	p, w := main, wordSlot(main, lanesEqual(tags, Tag(h)), key)
	if w == 0 {
		if layout.Hi(head) == 0 {
			return 0, false, t.still(main, head, level)
		}
		if p, _, w, ok = t.overWord(layout.Hi(head), h, key); !ok || w == 0 {
			return 0, false, ok && t.still(main, head, level)
		}
	}
	val = p.Load(w + 1)
	return val, true, t.still(main, head, level)
}

// wideWords are the words of a bucket of a Wide table without deadlines and links.
const wideWords = 16

// loadUncharted is LoadWide where the chart is of no use. It draws another one if that leads to the bucket.
//
//go:noinline
func (t *Table) loadUncharted(level, h, key uint64) (val uint64, found, ok bool) {
	if n := Buckets(level); n != 0 && n <= layout.MaxIndex {
		mask, shift := scale(n, t.Main.Shape.Lg0)
		if t.chart.Load().mask != mask || !t.plot(mask, shift, IndexOf(level, h)>>shift).IsNil() {
			t.draw(mask, shift)
		}
	}
	return t.loadWord(level, h, key, true)
}

// scale is that of the chart of a table with n buckets, in a vector whose level 0 has 2^lg0.
func scale(n uint64, lg0 uint) (mask, shift uint64) {
	k := uint64(bits.Len64(n))
	return 1<<k - 1, max(uint64(lg0), k-min(k, lgPlots))
}

// draw makes a chart the table's.
func (t *Table) draw(mask, shift uint64) {
	c := &chart{mask: mask, shift: shift}
	for part := range c.base {
		c.base[part] = t.plot(mask, shift, uint64(part))
	}
	t.chart.Store(c)
}

// plot is where a part of a chart lies, nil if it is not contiguous or not inside the file as far as is known.
func (t *Table) plot(mask, shift, part uint64) region.Ptr {
	first, size := part<<shift, uint64(1)<<shift
	if first > mask || part == 0 && shift > uint64(t.Main.Shape.Lg0) { // the first levels are smaller than a part
		return region.Ptr{}
	}
	r, at := t.Main.Row(first)
	if at+size > r.N() {
		return region.Ptr{}
	}
	return t.Main.In(r, at)
}

package table

import (
	"math/bits"
	"sync/atomic"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// plots is how many parts a chart has.
const (
	lgPlots = 6
	plots   = 1 << lgPlots
)

// chart is where the main buckets of a table lie, for a range of its sizes: equal parts of them, each contiguous, so that
// neither the number of hash bits nor a vector's level has to be searched for. What it remembers of
// the table apart, it never changes; a table that has outgrown it gets a new one.
type chart struct {
	mask   uint64     // hash bits that count
	half   uint64     // without the highest
	least  uint64     // the table has at least this many buckets, and at most half more
	shift  uint64     // log2 of the buckets of a part
	inside uint64     // as a mask: which of them
	elem   uint64     // bytes of a bucket
	level  region.Ptr // the table's level word
	table  *Table
	now    atomic.Uint64     // a level word in this range that the table has had, and most likely has still
	mortal atomic.Bool       // an entry of the table has, or had, a deadline
	base   [plots]region.Ptr // nil: not contiguous, or not inside the file as far as was known
}

// at is the number of the main bucket that a hash leads to in a table of n buckets, which is in the chart's range, and the part it
// is in, nil if that is not in the chart.
func (c *chart) at(n, h uint64) (part region.Ptr, i uint64) {
	i = h & c.mask
	i &= c.half | uint64(int64(i-n)>>63) // as in IndexOf
	return c.base[i>>(c.shift&63)%plots], i
}

// place is the main bucket that a hash leads to under a level word, nil if that is not in the chart.
func (c *chart) place(level, h uint64) region.Ptr {
	n, i := uint64(uint32(level)), h&c.mask // Buckets(level), and at, in a way that leaves this function short enough to be inlined
	i &= c.half | uint64(int64(i-n)>>63)
	part := c.base[i>>(c.shift&63)%plots]
	if n-c.least > c.half || part.IsNil() {
		return region.Ptr{}
	}
	return part.Byte(i & c.inside * c.elem)
}

// note keeps a level word in the chart's range for who comes after.
func (c *chart) note(level uint64) {
	if c.now.Load() != level {
		c.now.Store(level)
	}
}

// still is Table.still.
func (c *chart) still(main region.Ptr, head, level uint64) bool {
	return head&1 == 0 && c.level.Load(0) == level && main.Load(layout.BkHead) == head
}

// chartOf is a chart of t for tables of n buckets.
func (t *Table) chartOf(n uint64) *chart {
	k := uint64(bits.Len64(n))
	c := &chart{mask: 1<<k - 1, elem: t.Geo.BucketSize, level: t.Shard.Word(layout.ShLevel), table: t, shift: max(uint64(t.Main.Shape.Lg0), k-min(k, lgPlots))}
	c.half, c.inside = c.mask>>1, 1<<c.shift-1
	c.least = c.half + 1
	return c
}

// chartFor is a chart that leads to the bucket of a hash under a level word; false if c, which does not, is as good as any.
func (t *Table) chartFor(c *chart, level, h uint64) (*chart, bool) {
	n := Buckets(level)
	if n == 0 || n > t.Geo.MaxIndex {
		return nil, false
	}
	if n-c.least <= c.half && t.plot(c, IndexOf(level, h)>>c.shift).IsNil() {
		return nil, false
	}
	next := t.chartOf(n)
	next.now.Store(level)
	for part := range next.base {
		next.base[part] = t.plot(next, uint64(part))
	}
	return next, true
}

// redraw replaces c, which does not lead to the bucket of a hash under a level word, by a chart that does, if there can be one.
//
//go:noinline
func (t *Table) redraw(c *chart, level, h uint64) {
	if next, ok := t.chartFor(c, level, h); ok {
		t.follow(next)
	}
}

// follow makes c the chart of t. Stores and loads may come to go by different ones: each is right for what it says.
func (t *Table) follow(c *chart) {
	t.share.Store(c)
	t.chart.Store(c)
}

// plot is where a part of a chart lies, nil if it is not contiguous or not inside the file as far as is known.
func (t *Table) plot(c *chart, part uint64) region.Ptr {
	first, size := part<<c.shift, c.inside+1
	if first > c.mask || part == 0 && c.shift > uint64(t.Main.Shape.Lg0) { // the first levels are smaller than a part
		return region.Ptr{}
	}
	r, at := t.Main.Row(first)
	if at+size > r.N() {
		return region.Ptr{}
	}
	return t.Main.In(r, at)
}

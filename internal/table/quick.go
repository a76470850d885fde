package table

import (
	"runtime"
	"sync/atomic"

	"github.com/shmap-go/shmap/internal/hash"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// Quick is the shortest way to entries in slots of 16 bytes, over all tables of a map: what Find, Probe, Slot and Valid do,
// in one piece, and the choice of the table, which is by the top bits of the hash. What is not common is left to Slow. A Quick of
// no tables leaves everything to Slow.
//
// It loads the words that Find and Valid load, in their order: package explore counts on it. But it works out where the bucket is
// from the level word that the table had when somebody looked last: so the processor need not wait for the level word, which must
// be the same one, to ask for the bucket.
type Quick struct {
	Slow     func(key uint64, visits bool) (val uint64, found bool, err error)
	SlowText func(word uint64, s string, dst []byte) (b []byte, val uint64, found bool, err error)
	Closed   atomic.Bool   // the handle is; asked before a value is given out
	Now      func() uint64 // map time

	charts   *[layout.MaxShards]atomic.Pointer[chart] // one a table; an array spares the question whether there is one
	tables   int
	top      uint // hash bits that do not pick the table, less 1
	kind     layout.Hash
	strong   hash.Strong
	deadline uint64 // word of a bucket where the deadlines begin, 0 without
	visits   bool   // a load leaves the visited bit set
	config   *layout.Config
	words    bool // keys and values are integers
	texts    bool // keys are strings
	strings  bool // values are strings
}

// Add makes t the next table of q; at the end they are 2^lg tables, all of one geometry. readOnly: nobody sets visited bits.
func (q *Quick) Add(t *Table, lg uint, readOnly bool) {
	q.top, q.kind, q.strong = 63-lg, t.Config.Hash, hash.NewStrong(t.Config.Seed)
	q.deadline, q.visits = t.Geo.Deadline, t.Geo.Recency != 0 && !readOnly
	q.config, q.words, q.texts, q.strings = t.Config, t.Wide(), t.Config.Key == layout.String, t.Config.Value == layout.String
	if q.charts == nil {
		q.charts = new([layout.MaxShards]atomic.Pointer[chart])
	}
	t.share = &q.charts[q.tables]
	q.tables++
	t.follow(t.chartOf(1))
}

// chart is the one of the table that a hash leads to.
func (q *Quick) chart(h uint64) *chart { return q.charts[h>>1>>(q.top&63)%layout.MaxShards].Load() }

// Strings reports whether values are strings.
func (q *Quick) Strings() bool { return q.strings }

// A Loader reads the value of an integer key without the lock, and counts as an access. It finds nothing also where Load would
// return an error.
type Loader func(q *Quick, key uint64) (val uint64, found bool)

// Loader returns the one for q. Tables without deadlines and links have one of their own: a function with few variables keeps
// them in registers.
func (q *Quick) Loader() Loader {
	switch {
	case !q.words || q.kind != layout.HashStrong:
		return (*Quick).loadSlow
	case q.deadline != 0 || q.visits:
		return (*Quick).loadTimed
	}
	return (*Quick).loadPlain
}

// loadPlain is the Loader of tables without deadlines and links.
func (q *Quick) loadPlain(key uint64) (val uint64, found bool) {
	h := q.strong.Word(key)
	c := q.chart(h)
	level := c.now.Load() // most likely
	part, i := c.at(Buckets(level), h)
	if part.IsNil() || c.level.Load(0) != level {
		return q.loadSlow(key)
	}
	main := part.Byte(i & c.inside * wideBucket)
	head := main.Load(layout.BkHead)
	p, link, tag := main, layout.Hi(head), Tag(h)
	for hops := 0; ; hops++ {
		for marks := lanesEqual(p.Peek(layout.BkTags), tag); marks != 0; marks &= marks - 1 {
			slot := p.Byte(lane(marks) * wideSlot)
			if slot.Peek(firstKey) != key {
				continue
			}
			val = slot.Peek(firstKey + 1)
			if c.level.Load(0) == level && main.Load(layout.BkHead) == head&^1 && !q.Closed.Load() {
				return val, true // T2
			}
			return q.loadSlow(key)
		}
		if link == 0 {
			return q.absent(c, main, head, level, key)
		}
		r, k := c.table.Over.Row(link - 1)
		if k >= r.N() || hops == shortChain {
			return q.loadSlow(key)
		}
		p = c.table.Over.In(r, k)
		link = layout.Hi(p.Load(layout.BkHead))
	}
}

// loadTimed is the Loader of tables with deadlines or links.
func (q *Quick) loadTimed(key uint64) (val uint64, found bool) {
	h := q.strong.Word(key)
	c := q.chart(h)
	level := c.now.Load() // most likely
	part, i := c.at(Buckets(level), h)
	if part.IsNil() || c.level.Load(0) != level {
		return q.loadSlow(key)
	}
	main := part.Byte(i & c.inside * c.elem)
	head := main.Load(layout.BkHead)
	p, link, tag := main, layout.Hi(head), Tag(h)
	for hops := 0; ; hops++ {
		for marks := lanesEqual(p.Peek(layout.BkTags), tag); marks != 0; marks &= marks - 1 {
			slot := p.Byte(lane(marks) * wideSlot)
			if slot.Peek(firstKey) != key {
				continue
			}
			val = slot.Peek(firstKey + 1)
			if q.visits && Visited(p.Load(layout.BkTags), lane(marks)) == 0 {
				return q.loadSlow(key) // which sets it
			}
			until := q.until(c, p, lane(marks))
			if c.level.Load(0) == level && main.Load(layout.BkHead) == head&^1 && !q.Closed.Load() && (until == 0 || until > q.Now()) {
				return val, true
			}
			return q.loadSlow(key)
		}
		if link == 0 {
			return q.absent(c, main, head, level, key)
		}
		r, k := c.table.Over.Row(link - 1)
		if k >= r.N() || hops == shortChain {
			return q.loadSlow(key)
		}
		p = c.table.Over.In(r, k)
		link = layout.Hi(p.Load(layout.BkHead))
	}
}

// absent ends a Loader that has not met key in the chain of main, which the table's level word is said to lead to.
//
//go:noinline
func (q *Quick) absent(c *chart, main region.Ptr, head, level, key uint64) (val uint64, found bool) {
	if !c.still(main, head, level) {
		return q.loadSlow(key)
	}
	runtime.KeepAlive(q)
	return 0, false
}

// loadSlow is a Loader for what is not common.
//
//go:noinline
func (q *Quick) loadSlow(key uint64) (val uint64, found bool) {
	val, found, _ = q.Load(key) // a Loader has no error
	return val, found
}

// Load reads the value of an integer key without the lock, and counts as an access. It finds out what its table's level word is,
// and notes it for Loaders.
func (q *Quick) Load(key uint64) (val uint64, found bool, err error) {
	if !q.words {
		return q.Slow(key, true)
	}
	h := q.hash(key)
	c, main, level := q.look(h)
	ok := !main.IsNil()
	if ok {
		val, found, ok = q.read(c, main, level, h, key, q.visits)
	}
	if !ok || q.Closed.Load() {
		return q.Slow(key, true)
	}
	return val, found, nil
}

// until is the deadline of the entry in slot i of p, 0 for none. As long as no entry of the table has one it is not looked at: it
// lies in a cache line of its own. The shard's count is right under the version that the entry was found under; it is asked
// before the level word, which Clear changes before the count.
func (q *Quick) until(c *chart, p region.Ptr, i uint64) uint64 {
	if q.deadline == 0 {
		return 0
	}
	if !c.mortal.Load() {
		if c.level.Load(layout.ShDeadlines-layout.ShLevel) == 0 {
			return 0
		}
		c.mortal.Store(true)
	}
	return p.Load(q.deadline + i)
}

// look finds out what the level word is that a hash leads to now, notes it for others, and returns the bucket, nil if there is
// none as far as is known.
func (q *Quick) look(h uint64) (c *chart, main region.Ptr, level uint64) {
	c = q.chart(h)
	level = c.level.Load(0)
	if main = c.place(level, h); main.IsNil() {
		return c, q.draw(c, level, h), level
	}
	c.note(level)
	return c, main, level
}

// hash is the hash of an integer key.
func (q *Quick) hash(key uint64) uint64 {
	if q.kind != layout.HashStrong {
		return hash.Word(q.kind, 0, key)
	}
	return q.strong.Word(key)
}

// Note makes the level words, one a table, those that Loaders go by until somebody looks again, and forgets that there were
// deadlines. For package explore: what a handle remembers must be the same in every execution.
func (q *Quick) Note(levels []uint64) {
	for i := range q.tables {
		c := q.charts[i].Load()
		if Buckets(levels[i])-c.least > c.half {
			c.table.redraw(c, levels[i], 0)
			c = q.charts[i].Load()
		}
		c.now.Store(levels[i])
		c.mortal.Store(false)
	}
}

// draw makes a chart of c's table that leads to the bucket of h, if it can. It returns the bucket; nil if there is none as
// far as is known.
func (q *Quick) draw(c *chart, level, h uint64) (main region.Ptr) {
	c.table.redraw(c, level, h)
	if r, k := c.table.Main.Row(IndexOf(level, h)); k < r.N() {
		main = c.table.Main.In(r, k)
	}
	return main
}

// read reads a key in the chain of a main bucket, found under a level word. ok is false if it did not come to a result, or,
// where the load visits, if the visited bit is not set.
func (q *Quick) read(c *chart, main region.Ptr, level, h, key uint64, visits bool) (val uint64, found, ok bool) {
	main.Load(secondLine)
	head, tags := main.Load(layout.BkHead), main.Load(layout.BkTags)
	p, w := main, WordSlot(main, lanesEqual(tags, Tag(h)), key)
	if w == 0 {
		if layout.Hi(head) != 0 {
			if p, tags, w, ok = c.table.overKey(layout.Hi(head), Key{Hash: h, Word: key}); !ok {
				return 0, false, false
			}
		}
		if w == 0 {
			return 0, false, c.still(main, head, level)
		}
	}
	if val = p.Load(w + 1); visits && Visited(tags, w/2-1) == 0 {
		return 0, false, false
	}
	if q.deadline == 0 {
		return val, true, c.still(main, head, level)
	}
	until := q.until(c, p, w/2-1)
	return val, true, c.still(main, head, level) && (until == 0 || until > q.Now())
}

// LoadMany reads in groups. The buckets of a group are asked for before the group ahead of it is read; overflow buckets at the end, when
// all that is elsewhere has been read. A group of more keys would ask for more cache lines than a core waits for at a time: it
// would stand still.
const (
	batch = 256
	group = 8
	ring  = 2 * group
)

// spots are what LoadMany knows of the keys of a batch.
type spots struct {
	main  [ring]region.Ptr // main buckets of the keys of two groups; nil: it is not known
	hash  [ring]uint64
	level [ring]uint64      // level word that led there
	late  [batch]uint8      // keys that are not in their main bucket, or not for sure
	over  [batch]region.Ptr // the overflow buckets behind those, nil if there is none
	lates int
}

// LoadMany is a load of each key, none of which it counts as an access. n says how many were found.
func (q *Quick) LoadMany(keys, vals []uint64, found []bool) (n int, err error) {
	if !q.words {
		return q.loadEach(keys, vals, found)
	}
	for len(keys) > 0 && err == nil {
		k, more := min(len(keys), batch), 0
		more, err = q.loadBatch(keys[:k], vals[:k], found[:k])
		n += more
		keys, vals, found = keys[k:], vals[k:], found[k:]
	}
	return n, err
}

// loadEach is LoadMany key by key.
func (q *Quick) loadEach(keys, vals []uint64, found []bool) (n int, err error) {
	for i, key := range keys {
		if vals[i], found[i], err = q.peek(key); err != nil {
			return n, err
		}
		if found[i] {
			n++
		}
	}
	return n, nil
}

// peek is Load, but does not count as an access.
func (q *Quick) peek(key uint64) (val uint64, found bool, err error) {
	if q.words {
		h := q.hash(key)
		if c, main, level := q.look(h); !main.IsNil() {
			var ok bool
			if val, found, ok = q.read(c, main, level, h, key, false); ok && !q.Closed.Load() {
				return val, found, nil
			}
		}
	}
	return q.Slow(key, false)
}

// loadBatch is LoadMany of at most as many keys as a batch has.
func (q *Quick) loadBatch(keys, vals []uint64, found []bool) (n int, err error) {
	var s spots
	q.aim(&s, keys, 0)
	for from := 0; from < len(keys); from += group {
		q.aim(&s, keys, from+group)
		q.near(&s, keys, vals, found, from)
	}
	n = len(keys) - s.lates
	region.PrefetchAll(s.over[:min(group, s.lates)])
	for from := 0; from < s.lates; from += group {
		to := min(from+group, s.lates)
		region.PrefetchAll(s.over[to:min(to+group, s.lates)])
		for _, i := range s.late[from:to] {
			if vals[i], found[i], err = q.peek(keys[i]); err != nil {
				return n, err
			}
			if found[i] {
				n++
			}
		}
	}
	return n, nil
}

// aim finds the main buckets of the group of keys that begins at from, and asks for them without waiting.
func (q *Quick) aim(s *spots, keys []uint64, from int) {
	to := min(from+group, len(keys), batch)
	for i := from; i < to; i++ {
		h := q.hash(keys[i])
		c := q.chart(h)
		level := c.level.Load(0)
		main := c.place(level, h)
		if main.IsNil() {
			main = q.draw(c, level, h)
		}
		s.main[i%ring], s.hash[i%ring], s.level[i%ring] = main, h, level
	}
	if first := from % ring; from < to {
		region.PrefetchAll(s.main[first : first+to-from])
	}
}

// near reads the group of keys that begins at from in their main buckets.
func (q *Quick) near(s *spots, keys, vals []uint64, found []bool, from int) {
	to := min(from+group, len(keys), batch)
	vals, found = vals[:to], found[:to]
	for i := from; i < to; i++ {
		key, main, h := keys[i], s.main[i%ring], s.hash[i%ring]
		if main.IsNil() {
			s.put(i, main)
			continue
		}
		head := main.Load(layout.BkHead)
		marks := lanesEqual(main.Peek(layout.BkTags), Tag(h))
		for marks != 0 && main.Byte(lane(marks)*wideSlot).Peek(firstKey) != key {
			marks &= marks - 1
		}
		if marks != 0 {
			val, c := main.Byte(lane(marks)*wideSlot).Peek(firstKey+1), q.chart(h)
			until := q.until(c, main, lane(marks))
			if c.level.Load(0) == s.level[i%ring] && main.Load(layout.BkHead) == head&^1 && (until == 0 || until > q.Now()) {
				vals[i], found[i] = val, true // T2
				continue
			}
		}
		var over region.Ptr
		if link := layout.Hi(head); link != 0 {
			c := q.chart(h)
			if r, k := c.table.Over.Row(link - 1); k < r.N() {
				over = c.table.Over.In(r, k)
			}
		}
		s.put(i, over)
	}
}

// put leaves key i for later.
func (s *spots) put(i int, over region.Ptr) {
	s.late[s.lates%batch], s.over[s.lates%batch] = uint8(i), over
	s.lates++
}

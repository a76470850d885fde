package policy

import "math"

// S3Clock are the properties of the policy s3: S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction",
// SOSP 2023) with what shared memory asks for. A hit sets the visited bit, and nothing else. New entries stand in a short
// queue, small; visited there, or remembered by a ghost when they come, they go to the ring main. Main's hand counts the
// laps in which it found an entry visited.
type S3Clock struct {
	Small float64 // share of the entries that small holds
	Laps  int8    // most that is counted
	Steps int     // an eviction goes so many steps and takes what it has come to; 0 for as many as it needs

	Lanes    int     // ghosts of a bucket
	Width    uint    // bits of a ghost
	Geometry [2]int  // slots of a bucket, load in percent
	Exact    float64 // instead: an exact queue of so many times the capacity
	MainOnly bool    // ghosts in main buckets alone
	Sieve    bool    // the hand leaves entries where they are, and new ones come in at the other end
	NoFill   bool    // while there is room, small grows instead of main
	PerHit   bool    // readers count hits (S3-FIFO as published)
	MainDies bool    // main's victims leave ghosts too
}

// S3Chosen is the policy as it was chosen, on a map of 16-byte slots.
var S3Chosen = S3Clock{Small: 0.05, Laps: 3, Steps: 64, Lanes: 6, Width: 10, Geometry: [2]int{7, 64}}

type s3clock struct {
	S3Clock
	s     *store
	small list
	main  list
	table *table
	exact *exactGhost
	hand  int32

	evictions, passed int // entries that the hand left or that graduated
}

// Maker makes caches.
func (o S3Clock) Maker() Maker {
	return makeSharded(func(s *store, capacity int) shard {
		c := &s3clock{S3Clock: o, s: s, small: list{s: s}, main: list{s: s}}
		if o.Exact > 0 {
			c.exact = newExactGhost(int(o.Exact * float64(capacity)))
		} else {
			c.table = newTable(o)
		}
		return c
	})
}

func (c *s3clock) size() int { return c.small.n + c.main.n }

// target is how many entries small should have.
func (c *s3clock) target() int { return max(1, int(c.Small*float64(c.size())+0.5)) }

func (c *s3clock) hit(i int32) {
	e := &c.s.e[i]
	e.visited = true
	if c.PerHit {
		e.count = min(e.count+1, c.Laps)
	}
}

func (c *s3clock) insert(k int32) {
	ghost := false
	if c.exact != nil {
		ghost = c.exact.take(k)
	} else {
		ghost = c.table.insert(k)
	}
	i := c.s.add(k)
	if ghost {
		c.graduate(i)
		return
	}
	c.small.push(i)
	if c.small.n > c.target() && !c.NoFill { // there is room: nothing need be judged
		i := c.small.oldest
		c.small.remove(i)
		c.graduate(i)
	}
}

// graduate puts i, which is in no list, into main.
func (c *s3clock) graduate(i int32) {
	c.s.e[i].main = true
	c.main.push(i)
}

func (c *s3clock) evict() {
	c.evictions++
	left := c.Steps
	if left == 0 {
		left = math.MaxInt
	}
	for ; c.small.n >= c.target() || c.main.n == 0; left-- {
		i := c.small.oldest
		if !c.s.e[i].visited || left <= 0 {
			c.remove(i, true)
			return
		}
		c.passed++
		c.s.e[i].visited = false
		c.small.remove(i)
		c.graduate(i)
	}
	for i := c.begin(); ; i = c.begin() {
		if left--; left < 0 || !c.pass(i) {
			c.remove(i, c.MainDies)
			return
		}
	}
}

// begin is where main's hand stands.
func (c *s3clock) begin() int32 {
	if c.Sieve && c.hand != 0 {
		return c.hand
	}
	return c.main.oldest
}

// pass judges the entry at the hand; true if it stays, and the hand goes on.
func (c *s3clock) pass(i int32) bool {
	e := &c.s.e[i]
	switch {
	case e.visited && !c.PerHit:
		e.visited = false
		e.count = min(e.count+1, c.Laps)
	case e.count > 0:
		e.count--
	default:
		return false
	}
	c.passed++
	if c.Sieve {
		c.hand = e.newer
	} else {
		c.main.promote(i)
	}
	return true
}

func (c *s3clock) remove(i int32, ghost bool) {
	e := &c.s.e[i]
	if c.hand == i {
		c.hand = e.newer
	}
	if e.main {
		c.main.remove(i)
	} else {
		c.small.remove(i)
	}
	if c.exact == nil {
		c.table.remove(e.key, ghost)
	} else if ghost {
		c.exact.put(e.key)
	}
	c.s.drop(i)
}

// exactGhost is a queue of the last keys that left.
type exactGhost struct {
	ring []int32
	put_ int
	when map[int32]int
}

func newExactGhost(n int) *exactGhost {
	return &exactGhost{ring: make([]int32, max(1, n)), when: map[int32]int{}}
}

func (g *exactGhost) put(k int32) {
	at := g.put_ % len(g.ring)
	if old := g.ring[at]; g.put_ >= len(g.ring) && g.when[old] == g.put_-len(g.ring) {
		delete(g.when, old)
	}
	g.ring[at], g.when[k] = k, g.put_
	g.put_++
}

func (g *exactGhost) take(k int32) bool {
	_, ok := g.when[k]
	delete(g.when, k)
	return ok
}

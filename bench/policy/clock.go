package policy

// oneList is the policies that keep one list: LRU, FIFO, CLOCK with counters up to most, and SIEVE.
type oneList struct {
	l     list
	lru   bool
	sieve bool
	most  int8
	hand  int32 // of SIEVE: where it goes on, 0 at the oldest

	evictions, passed int // entries that the hand left
}

// LRU is exact recency.
func LRU() Maker {
	return makeSharded(func(s *store, _ int) shard { return &oneList{l: list{s: s}, lru: true} })
}

// Clock is the policy clock of shmap with most 1, FIFO with most 0; more is a counter that readers would raise.
func Clock(most int8) Maker {
	return makeSharded(func(s *store, _ int) shard { return &oneList{l: list{s: s}, most: most} })
}

// Sieve is SIEVE (Zhang et al., NSDI 2024).
func Sieve() Maker {
	return makeSharded(func(s *store, _ int) shard { return &oneList{l: list{s: s}, sieve: true, most: 1} })
}

func (c *oneList) size() int      { return c.l.n }
func (c *oneList) insert(k int32) { c.l.push(c.l.s.add(k)) }

func (c *oneList) hit(i int32) {
	if c.lru {
		c.l.promote(i)
	}
	e := &c.l.s.e[i]
	e.count = min(e.count+1, c.most)
}

func (c *oneList) evict() {
	e := c.l.s.e
	i := c.l.oldest
	if c.sieve && c.hand != 0 {
		i = c.hand
	}
	for e[i].count > 0 {
		e[i].count--
		c.passed++
		next := e[i].newer
		if !c.sieve {
			c.l.promote(i)
		}
		if i = next; i == 0 || !c.sieve {
			i = c.l.oldest
		}
	}
	c.evictions++
	c.hand = e[i].newer
	c.l.remove(i)
	c.l.s.drop(i)
}

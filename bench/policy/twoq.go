package policy

// twoQ is 2Q (Johnson and Shasha, VLDB 1994) with an exact queue of ghosts and exact LRU: a bound.
type twoQ struct {
	s        *store
	in, main list
	out      *exactGhost
}

// TwoQ makes 2Q with the shares that its authors recommend: a quarter for new entries, ghosts for a half.
func TwoQ() Maker {
	return makeSharded(func(s *store, capacity int) shard {
		return &twoQ{s: s, in: list{s: s}, main: list{s: s}, out: newExactGhost(capacity / 2)}
	})
}

func (c *twoQ) size() int { return c.in.n + c.main.n }

func (c *twoQ) hit(i int32) {
	if c.s.e[i].main {
		c.main.promote(i)
	}
}

func (c *twoQ) insert(k int32) {
	ghost := c.out.take(k)
	i := c.s.add(k)
	if c.s.e[i].main = ghost; ghost {
		c.main.push(i)
	} else {
		c.in.push(i)
	}
}

func (c *twoQ) evict() {
	from := &c.main
	if c.in.n > c.size()/4 || c.main.n == 0 {
		from = &c.in
		c.out.put(c.s.e[c.in.oldest].key)
	}
	i := from.oldest
	from.remove(i)
	c.s.drop(i)
}

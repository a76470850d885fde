package policy

import stdlist "container/list"

// lirs is LIRS (Jiang and Zhang, SIGMETRICS 2002), a bound: its stack is pruned in steps of any number. CLOCK-Pro is its
// approximation.
type lirs struct {
	hot, hotMax, capacity, ghostMax int
	stack, cold, ghosts             *stdlist.List
	m                               map[int32]*lirsEntry
}

type lirsEntry struct {
	key              int32
	hot, resident    bool
	stack, cold, out *stdlist.Element
}

// LIRS makes LIRS with a hundredth for cold entries and ghosts of up to three capacities.
func LIRS() Maker {
	return func(_ *Trace, capacity, _ int) Cache {
		return &lirs{hotMax: capacity - max(1, capacity/100), capacity: capacity, ghostMax: 3 * capacity,
			stack: stdlist.New(), cold: stdlist.New(), ghosts: stdlist.New(), m: map[int32]*lirsEntry{}}
	}
}

func (c *lirs) Access(k int32) bool {
	x := c.m[k]
	if x != nil && x.resident {
		c.hit(x)
		return true
	}
	if c.hot+c.cold.Len() >= c.capacity {
		c.evict()
		x = c.m[k] // it may have been forgotten
	}
	if x == nil {
		x = &lirsEntry{key: k}
		c.m[k] = x
	}
	if x.out != nil {
		c.ghosts.Remove(x.out)
		x.out = nil
	}
	seen := x.stack != nil
	x.resident = true
	c.toTop(x)
	if seen || c.hot < c.hotMax && c.cold.Len() == 0 {
		c.heat(x)
	} else {
		x.cold = c.cold.PushBack(x)
	}
	return false
}

func (c *lirs) hit(x *lirsEntry) {
	seen := x.stack != nil
	c.toTop(x)
	switch {
	case x.hot:
		c.prune()
	case seen:
		c.cold.Remove(x.cold)
		x.cold = nil
		c.heat(x)
	default:
		c.cold.MoveToBack(x.cold)
	}
}

func (c *lirs) toTop(x *lirsEntry) {
	if x.stack != nil {
		c.stack.MoveToFront(x.stack)
	} else {
		x.stack = c.stack.PushFront(x)
	}
}

// heat makes x hot, and if there are too many, the one at the bottom cold.
func (c *lirs) heat(x *lirsEntry) {
	x.hot = true
	c.hot++
	c.prune()
	if c.hot > max(1, c.hotMax) {
		c.cool()
	}
}

func (c *lirs) cool() {
	b := c.stack.Back()
	x := c.stack.Remove(b).(*lirsEntry)
	x.stack, x.hot = nil, false
	c.hot--
	x.cold = c.cold.PushBack(x)
	c.prune()
}

// prune takes what is not hot off the bottom of the stack.
func (c *lirs) prune() {
	for b := c.stack.Back(); b != nil && !b.Value.(*lirsEntry).hot; b = c.stack.Back() {
		x := c.stack.Remove(b).(*lirsEntry)
		if x.stack = nil; x.out != nil {
			c.ghosts.Remove(x.out)
			delete(c.m, x.key)
		}
	}
}

func (c *lirs) evict() {
	if c.cold.Len() == 0 {
		c.cool()
	}
	x := c.cold.Remove(c.cold.Front()).(*lirsEntry)
	x.cold, x.resident = nil, false
	if x.stack == nil {
		delete(c.m, x.key)
		return
	}
	if x.out = c.ghosts.PushBack(x); c.ghosts.Len() > c.ghostMax {
		old := c.ghosts.Remove(c.ghosts.Front()).(*lirsEntry)
		c.stack.Remove(old.stack)
		delete(c.m, old.key)
	}
}

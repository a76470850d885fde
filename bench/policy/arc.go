package policy

import stdlist "container/list"

// arc is ARC (Megiddo and Modha, FAST 2003) and CAR, its form with clocks (Bansal and Modha, FAST 2004). Bounds: their four
// exact lists of keys and ghosts are more than a shard would keep.
type arc struct {
	capacity, p    int
	t1, t2, b1, b2 *stdlist.List
	at             map[int32]place
	clocks         bool
	visited        map[int32]bool
}

type place struct {
	l *stdlist.List
	e *stdlist.Element
}

// ARC makes ARC; with clocks CAR.
func ARC(clocks bool) Maker {
	return func(_ *Trace, capacity, _ int) Cache {
		return &arc{capacity: capacity, t1: stdlist.New(), t2: stdlist.New(), b1: stdlist.New(), b2: stdlist.New(),
			at: map[int32]place{}, clocks: clocks, visited: map[int32]bool{}}
	}
}

func (c *arc) move(k int32, to *stdlist.List) {
	if p := c.at[k]; p.l != nil {
		p.l.Remove(p.e)
	}
	c.at[k] = place{to, to.PushFront(k)}
}

func (c *arc) forget(l *stdlist.List) { delete(c.at, l.Remove(l.Back()).(int32)) }

func last(l *stdlist.List) int32 { return l.Back().Value.(int32) }

// replace evicts one entry into a ghost list.
func (c *arc) replace(inB2 bool) {
	if !c.clocks {
		if n := c.t1.Len(); n > 0 && (n > c.p || inB2 && n == c.p) || c.t2.Len() == 0 {
			c.move(last(c.t1), c.b1)
		} else {
			c.move(last(c.t2), c.b2)
		}
		return
	}
	for {
		from, ghosts := c.t2, c.b2
		if c.t1.Len() >= max(1, c.p) || c.t2.Len() == 0 {
			from, ghosts = c.t1, c.b1
		}
		k := last(from)
		if !c.visited[k] {
			c.move(k, ghosts)
			return
		}
		c.visited[k] = false
		c.move(k, c.t2)
	}
}

func (c *arc) Access(k int32) bool {
	l := c.at[k].l
	if l != nil && (l == c.t1 || l == c.t2) {
		if c.visited[k] = true; !c.clocks {
			c.move(k, c.t2)
		}
		return true
	}
	if c.t1.Len()+c.t2.Len() == c.capacity {
		c.room(l)
	}
	to := c.t2
	switch {
	case l == nil:
		to = c.t1
	case l == c.b1:
		c.p = min(c.capacity, c.p+max(1, c.b2.Len()/max(1, c.b1.Len())))
	default:
		c.p = max(0, c.p-max(1, c.b1.Len()/max(1, c.b2.Len())))
	}
	c.move(k, to)
	c.visited[k] = false
	return false
}

// room evicts for a key that was found in list l, and forgets a ghost for a new one.
func (c *arc) room(l *stdlist.List) {
	if l == nil && !c.clocks && c.t1.Len() == c.capacity {
		c.forget(c.t1)
		return
	}
	c.replace(l == c.b2)
	switch {
	case l != nil:
	case c.t1.Len()+c.b1.Len() >= c.capacity && c.b1.Len() > 0:
		c.forget(c.b1)
	case c.t1.Len()+c.t2.Len()+c.b1.Len()+c.b2.Len() >= 2*c.capacity && c.b2.Len() > 0:
		c.forget(c.b2)
	}
}

package policy

// entry is a resident entry of a simulated shard.
type entry struct {
	newer, older int32
	key          int32
	visited      bool
	main         bool // in the main ring
	count        int8 // what a policy counts
}

// store holds the entries of all shards of a cache, and where each key is. Entry 0 is nil.
type store struct {
	e    []entry
	free []int32
	at   []int32
}

func newStore(keys int) *store { return &store{e: make([]entry, 1), at: make([]int32, keys)} }

func (s *store) add(k int32) int32 {
	var i int32
	if n := len(s.free); n > 0 {
		i, s.free = s.free[n-1], s.free[:n-1]
	} else {
		i = int32(len(s.e))
		s.e = append(s.e, entry{})
	}
	s.e[i] = entry{key: k}
	s.at[k] = i
	return i
}

func (s *store) drop(i int32) {
	s.at[s.e[i].key] = 0
	s.free = append(s.free, i)
}

// list is a doubly linked list of entries of a store.
type list struct {
	s              *store
	newest, oldest int32
	n              int
}

func (l *list) push(i int32) {
	e := l.s.e
	e[i].newer, e[i].older = 0, l.newest
	if l.newest != 0 {
		e[l.newest].newer = i
	} else {
		l.oldest = i
	}
	l.newest = i
	l.n++
}

func (l *list) remove(i int32) {
	e := l.s.e
	newer, older := e[i].newer, e[i].older
	if newer != 0 {
		e[newer].older = older
	} else {
		l.newest = older
	}
	if older != 0 {
		e[older].newer = newer
	} else {
		l.oldest = newer
	}
	l.n--
}

// promote makes i the newest.
func (l *list) promote(i int32) {
	l.remove(i)
	l.push(i)
}

// shard is a shard as package shard sees a policy.
type shard interface {
	hit(i int32)    // entry i was read
	insert(k int32) // key k, which is not there, is stored
	evict()         // one entry goes
	size() int
}

// sharded is a cache of shards that share a limit as the engine's do: a shard takes what is left of it, and when nothing
// is, evicts from itself; if it has nothing, the largest one evicts.
type sharded struct {
	s        *store
	shards   []shard
	capacity int
	n        int
}

func makeSharded(mk func(s *store, capacity int) shard) Maker {
	return func(t *Trace, capacity, shards int) Cache {
		c := &sharded{s: newStore(t.Keys), capacity: capacity}
		for range shards {
			c.shards = append(c.shards, mk(c.s, max(1, capacity/shards)))
		}
		return c
	}
}

func (c *sharded) Access(k int32) bool {
	sh := c.shards[hash(k)>>48%uint64(len(c.shards))]
	if i := c.s.at[k]; i != 0 {
		sh.hit(i)
		return true
	}
	if c.n == c.capacity {
		c.make(sh)
	}
	sh.insert(k)
	c.n++
	return false
}

// make makes room.
func (c *sharded) make(from shard) {
	if from.size() == 0 {
		for _, s := range c.shards {
			if s.size() > from.size() {
				from = s
			}
		}
	}
	from.evict()
	c.n--
}

package policy

import "math/bits"

// TinyLFU are the properties of W-TinyLFU (Einziger, Friedman, Manes, 2017) with clocks instead of LRU lists: what leaves
// the window is admitted to main if the sketch counts it more often than main's victim. The sketch learns from insertions
// and from visited bits, when a hand passes them.
type TinyLFU struct {
	Window   float64 // share of the entries
	PerHit   bool    // the sketch learns from every hit
	Bytes    float64 // of sketch for an entry
	Graduate bool    // what leaves the window visited is admitted unasked
	Climb    bool    // the window follows the hit ratio; hits are counted for that
}

type tinyLFU struct {
	TinyLFU
	s            *store
	window, main list
	sketch       *sketch
	capacity     int
	share        float64 // of the window, now

	hits, requests int
	last, step     float64
}

// Maker makes caches.
func (o TinyLFU) Maker() Maker {
	return makeSharded(func(s *store, capacity int) shard {
		return &tinyLFU{TinyLFU: o, s: s, window: list{s: s}, main: list{s: s}, sketch: newSketch(capacity, o.Bytes),
			capacity: capacity, share: o.Window, step: -1.0 / 16}
	})
}

func (c *tinyLFU) size() int   { return c.window.n + c.main.n }
func (c *tinyLFU) target() int { return max(1, int(c.share*float64(c.size())+0.5)) }

func (c *tinyLFU) hit(i int32) {
	c.hits++
	c.climb()
	c.s.e[i].visited = true
	if c.PerHit {
		c.sketch.add(hash(c.s.e[i].key))
	}
}

// climb is the hill climber of Caffeine and otter.
func (c *tinyLFU) climb() {
	if c.requests++; !c.Climb || c.requests < 10*c.capacity {
		return
	}
	ratio := float64(c.hits) / float64(c.requests)
	change := ratio - c.last
	if change < 0 {
		c.step = -c.step
	}
	c.share = min(0.8, max(0.01, c.share+c.step))
	if c.last, c.step = ratio, 0.98*c.step; change >= 0.05 || change <= -0.05 {
		c.step *= 1.0 / 16 / max(c.step, -c.step)
	}
	c.hits, c.requests = 0, 0
}

func (c *tinyLFU) insert(k int32) {
	c.climb()
	c.sketch.add(hash(k))
	c.window.push(c.s.add(k))
	for c.window.n > c.target() && c.size() <= c.capacity { // filling, or the window shrank
		c.admit(c.window.oldest)
	}
}

func (c *tinyLFU) admit(i int32) {
	c.window.remove(i)
	c.s.e[i].main = true
	c.main.push(i)
}

// learn takes a visit off an entry and tells the sketch.
func (c *tinyLFU) learn(i int32) bool {
	if !c.s.e[i].visited {
		return false
	}
	c.s.e[i].visited = false
	if !c.PerHit {
		c.sketch.add(hash(c.s.e[i].key))
	}
	return true
}

func (c *tinyLFU) evict() {
	for c.main.n > 0 && c.learn(c.main.oldest) {
		c.main.promote(c.main.oldest)
	}
	victim := c.main.oldest
	for c.window.n >= c.target() || victim == 0 {
		i := c.window.oldest
		if c.learn(i) && c.Graduate {
			c.admit(i)
			if victim == 0 {
				victim = i
			}
			continue
		}
		if victim == 0 || c.count(i) <= c.count(victim) {
			c.window.remove(i)
			c.s.drop(i)
			return
		}
		c.admit(i)
		break
	}
	c.main.remove(victim)
	c.s.drop(victim)
}

func (c *tinyLFU) count(i int32) uint64 { return c.sketch.count(hash(c.s.e[i].key)) }

// sketch is a Count-Min sketch of 4-bit counters, four rows in a block of 64 bytes, that is halved now and then.
type sketch struct {
	words  []uint64
	added  int
	sample int
}

func newSketch(capacity int, bytes float64) *sketch {
	n := 8
	for float64(8*n) < bytes*float64(capacity) {
		n *= 2
	}
	return &sketch{words: make([]uint64, n), sample: max(16, 10*capacity)}
}

// row is the word and the shift of the counter of h in row i.
func (s *sketch) row(h uint64, i uint) (word *uint64, shift uint64) {
	block := h & uint64(len(s.words)/8-1) * 8
	x := h >> (32 + 8*i)
	return &s.words[block+uint64(2*i)+x&1], x >> 1 & 15 * 4
}

func (s *sketch) count(h uint64) uint64 {
	least := uint64(15)
	for i := range uint(4) {
		w, shift := s.row(h, i)
		least = min(least, *w>>shift&15)
	}
	return least
}

func (s *sketch) add(h uint64) {
	added := false
	for i := range uint(4) {
		if w, shift := s.row(h, i); *w>>shift&15 != 15 {
			*w += 1 << shift
			added = true
		}
	}
	if !added {
		return
	}
	if s.added++; s.added < s.sample {
		return
	}
	odd := 0
	for i, w := range s.words {
		odd += bits.OnesCount64(w & 0x1111111111111111)
		s.words[i] = w >> 1 & 0x7777777777777777
	}
	s.added = (s.added - odd/4) / 2
}

package cases

import (
	"time"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/internal/measure"
)

const large = 10_000_000

// batch is how many keys LoadMany gets at a time.
const batch = 256

// A largeMap is a map of ten million entries, which is slow to make. Several experiments use it one after the other.
type largeMap struct {
	keys []int64
	m    *shmap.Map[int64, int64] // once it is filled
	full int64                    // its bytes then
}

// order are the keys, in random order.
func (l *largeMap) order(s *Session) []int64 {
	if n := s.scaled(large, 4_000_000); l.keys == nil {
		l.keys = integers(n)
	}
	return l.keys
}

// use fills the map if nobody has yet.
func (l *largeMap) use(s *Session) {
	if keys := l.order(s); l.m == nil {
		s.progress("filling a map of %s", human(len(keys)))
		l.take(s, filled(keys))
	}
}

// take makes m, which is filled, the map.
func (l *largeMap) take(s *Session, m *shmap.Map[int64, int64]) {
	l.m, l.full = m, fileBytes(m)
	s.atEnd(func() { check(m.Close()) })
}

// inserts leaves the map it fills to the next experiments.
func (l *largeMap) inserts(s *Session) error {
	l.take(s, inserts(s, "insert/10M", l.order(s), pick(s, 1, 5)))
	return nil
}

func (l *largeMap) latency(s *Session) error {
	growthLatency(s, integers(s.scaled(large, 2_000_000)), pick(s, 1, 5))
	return nil
}

// singleLoads reads one key after the other.
func (l *largeMap) singleLoads(s *Session) measure.Side {
	return over(s, "shmap", l.keys, func(keys []int64) (sum int64) {
		for _, k := range keys {
			v, _ := l.m.Load(k)
			sum += v
		}
		return sum
	})
}

// gets compares reads in random order with what memory takes; and the same where each key is the value before, so that
// the processor cannot begin with the next one early.
func (l *largeMap) gets(s *Session) error {
	l.use(s)
	p := newPointerChase(l.full)
	defer p.close()
	walk := over(s, chase, l.keys, func(keys []int64) int64 { return p.steps(len(keys)) })
	s.compare("int64/get/10M", l.singleLoads(s), walk)
	at := l.keys[0]
	s.compare("int64/get-dependent/10M", over(s, "shmap", l.keys, func(keys []int64) int64 {
		for range keys {
			at, _ = l.m.Load(at)
		}
		return at
	}), walk)
	return nil
}

func (l *largeMap) batches(s *Session) error {
	l.use(s)
	vals, found := make([]int64, batch), make([]bool, batch)
	single := l.singleLoads(s)
	single.Name = singles
	p := newPointerChase(l.full)
	defer p.close()
	s.compare("int64/loadmany/10M", over(s, "shmap", l.keys, func(keys []int64) (sum int64) {
		for ; len(keys) >= batch; keys = keys[batch:] {
			n, err := l.m.LoadMany(keys[:batch], vals, found)
			check(err)
			sum += int64(n) + vals[0]
		}
		return sum
	}), single, over(s, scattered, l.keys, func(keys []int64) int64 { return p.scatter(len(keys)) }))
	return nil
}

func (l *largeMap) bytes(s *Session) error {
	l.use(s)
	s.emitValues("bytes/int64/10M", float64(l.full)/float64(len(l.keys)), payload, 16)
	return nil
}

// givenBack reports the memory that is left after deleting nine of ten entries, so it is the last to use the map.
// Memory that stays free for a while is given back by later stores: there are some.
func (l *largeMap) givenBack(s *Session) error {
	l.use(s)
	s.progress("deleting nine of ten")
	for i, k := range l.keys {
		if i%10 != 0 {
			_, err := l.m.Delete(k)
			check(err)
		}
	}
	time.Sleep(200 * time.Millisecond)
	for i := 0; i < len(l.keys); i += 1000 {
		check(l.m.Store(l.keys[i], 0))
	}
	s.emitValues("given-back/10M", float64(fileBytes(l.m)), peak, float64(l.full))
	return nil
}

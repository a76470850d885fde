package cases

import (
	"fmt"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/internal/measure"
)

// sizes compares hits in maps of growing size: up to 10^5 with a built-in map, which a cache holds as well, and from
// 10^6 with what memory takes.
func sizes(s *Session) error {
	for e, n := 3, 1000; e <= 8; e, n = e+1, n*10 {
		name := fmt.Sprintf("size/get/1e%d", e)
		if !s.wants(name) {
			continue
		}
		if s.Quick && e > 6 {
			s.emitMissing(name, chase, "too large for -quick")
			continue
		}
		s.progress("filling a map of 1e%d", e)
		sizeCase(s, name, n)
	}
	return nil
}

func sizeCase(s *Session, name string, n int) {
	m := anonymous[int64, int64](shmap.Options{})
	defer m.Close()
	for i := range n {
		check(m.Store(spread(i), int64(i)))
	}
	order := shuffled(integers(min(n, 1<<24))) // of the largest map a part
	gets := over(s, "shmap", order, func(keys []int64) (sum int64) {
		for _, k := range keys {
			v, _ := m.Load(k)
			sum += v
		}
		return sum
	})
	var peer measure.Side
	if n < 1e6 {
		rw := newRW[int64, int64]()
		for i := range n {
			rw.store(spread(i), int64(i))
		}
		peer = over(s, rwMap, order, func(keys []int64) (sum int64) {
			for _, k := range keys {
				v, _ := rw.load(k)
				sum += v
			}
			return sum
		})
	} else {
		p := newPointerChase(fileBytes(m))
		defer p.close()
		peer = over(s, chase, order, func(keys []int64) int64 { return p.steps(len(keys)) })
	}
	s.compare(name, gets, peer)
}

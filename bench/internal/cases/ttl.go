package cases

import (
	"time"

	"github.com/shmap-go/shmap"
)

// deadlines compares hits among n entries of a map with deadlines with those of a map without.
func deadlines(n int) func(*Session) error {
	return func(s *Session) error {
		keys := integers(n)
		fill := func(m *shmap.Map[int64, int64]) *shmap.Map[int64, int64] {
			for i, k := range keys {
				check(m.Store(k, int64(i)))
			}
			return m
		}
		plain := fill(anonymous[int64, int64](shmap.Options{}))
		defer plain.Close()
		permanent := fill(anonymous[int64, int64](shmap.Options{EnableTTL: true}))
		defer permanent.Close()
		mortal := fill(anonymous[int64, int64](shmap.Options{TTL: time.Hour}))
		defer mortal.Close()

		order := shuffled(keys)
		gets := func(m *shmap.Map[int64, int64]) func([]int64) int64 {
			return func(keys []int64) (sum int64) {
				for _, k := range keys {
					v, _ := m.Load(k)
					sum += v
				}
				return sum
			}
		}
		s.compare("ttl/get/permanent", over(s, "shmap", order, gets(permanent)), over(s, noTTL, order, gets(plain)))
		s.compare("ttl/get/deadline", over(s, "shmap", order, gets(mortal)), over(s, noTTL, order, gets(plain)),
			over(s, clockAlone, order, func(keys []int64) (sum int64) {
				for range keys {
					sum += int64(time.Now().Nanosecond())
				}
				return sum
			}))
		return nil
	}
}

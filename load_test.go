package shmap_test

import (
	"math"
	"testing"

	"github.com/shmap-go/shmap"
)

type (
	userID uint64
	points int64
	small  int16
)

// TestLoadOfEveryWidth: keys and values of every width and sign, and types of one's own, come back as they went in.
func TestLoadOfEveryWidth(t *testing.T) {
	t.Run("int64, int64", loads([]int64{0, -1, math.MinInt64, math.MaxInt64}, []int64{-1, 0, math.MaxInt64, math.MinInt64}))
	t.Run("int64, uint64", loads([]int64{0, -1}, []uint64{math.MaxUint64, 1}))
	t.Run("uint64, int64", loads([]uint64{0, math.MaxUint64}, []int64{-7, 7}))
	t.Run("userID, points", loads([]userID{1, math.MaxUint64}, []points{-1, 1}))
	t.Run("uint32, points", loads([]uint32{1, math.MaxUint32}, []points{math.MinInt64, 1}))
	t.Run("userID, small", loads([]userID{1, math.MaxUint64}, []small{-1, math.MinInt16}))
	t.Run("small, small", loads([]small{0, -1}, []small{-1, math.MaxInt16}))
	t.Run("small, int32", loads([]small{0, -1}, []int32{-1, math.MinInt32}))
	t.Run("points, string", loads([]points{0, -1}, []string{"short", "one that is too long for a slot"}))
	t.Run("string, points", loads([]string{"short", "one that is too long for a slot"}, []points{-1, math.MaxInt64}))
	t.Run("string, small", loads([]string{"", "one that is too long for a slot"}, []small{-1, math.MaxInt16}))
}

func loads[K shmap.Key, V interface {
	shmap.Value
	comparable
}](keys []K, vals []V) func(t *testing.T) {
	return func(t *testing.T) {
		for _, o := range []shmap.Options{{}, {EnableTTL: true}, {Capacity: 100}, {CountHits: true}} {
			m := create[K, V](t, o)
			for i, k := range keys {
				must(t, m.Store(k, vals[i]))
			}
			for range 2 { // the first load notes where things are
				for i, k := range keys {
					if v, ok := m.Load(k); v != vals[i] || !ok {
						t.Errorf("%+v: %v is %v, %v, want %v", o, k, v, ok, vals[i])
					}
					if v, ok, err := m.TryLoad(k); v != vals[i] || !ok || err != nil {
						t.Errorf("%+v: TryLoad: %v is %v, %v, %v, want %v", o, k, v, ok, err, vals[i])
					}
				}
			}
			var none V
			_, err := m.Delete(keys[0])
			must(t, err)
			if v, ok := m.Load(keys[0]); v != none || ok {
				t.Errorf("%+v: deleted, %v is %v, %v", o, keys[0], v, ok)
			}
		}
	}
}

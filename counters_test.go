package shmap_test

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/shmap-go/shmap"
)

func TestCountersOfEveryWidth(t *testing.T) {
	counters[int16](t, math.MinInt16, math.MaxInt16)
	counters[int32](t, math.MinInt32, math.MaxInt32)
	counters[int64](t, math.MinInt64, math.MaxInt64)
	counters[uint16](t, 0, math.MaxUint16)
	counters[uint32](t, 0, math.MaxUint32)
	counters[uint64](t, 0, math.MaxUint64)
	counters[ID](t, math.MinInt32, math.MaxInt32)
}

func counters[V shmap.Integer](t *testing.T, lowest, highest V) {
	t.Run(fmt.Sprintf("%T", lowest), func(t *testing.T) {
		m := create[string, V](t, shmap.Options{})
		expect := func(what string, expected V) func(V, error) {
			return func(got V, err error) {
				t.Helper()
				must(t, err)
				want(t, what, got, expected)
			}
		}
		overflows := func(got V, err error) {
			t.Helper()
			wantErr(t, "AddChecked", err, shmap.ErrOverflow)
			want(t, "AddChecked", got, V(0))
		}
		expect("Add to a missing key", 5)(shmap.Add(m, "n", 5))
		expect("Add", 12)(shmap.Add(m, "n", 7))
		expect("subtraction", 10)(shmap.Add(m, "n", ^V(1)))

		must(t, m.Store("n", highest))
		expect("Add beyond the highest", lowest)(shmap.Add(m, "n", 1))
		expect("Add below the lowest", highest)(shmap.Add(m, "n", ^V(0)))
		overflows(shmap.AddChecked(m, "n", 1))
		v, _ := m.Load("n")
		want(t, "value after an overflow", v, highest)
		must(t, m.Store("n", highest-1))
		expect("AddChecked to the highest", highest)(shmap.AddChecked(m, "n", 1))
		expect("AddChecked of nothing", highest)(shmap.AddChecked(m, "n", 0))
		expect("AddChecked to a missing key", lowest)(shmap.AddChecked(m, "checked", lowest))
		if lowest < 0 {
			overflows(shmap.AddChecked(m, "checked", ^V(0)))
			overflows(shmap.AddChecked(m, "checked", lowest))
		}

		expect("Max of a missing key", lowest)(shmap.Max(m, "max", lowest))
		expect("Max with a larger one", highest)(shmap.Max(m, "max", highest))
		expect("Max with a smaller one", highest)(shmap.Max(m, "max", lowest))
		expect("Min of a missing key", highest)(shmap.Min(m, "min", highest))
		expect("Min with a smaller one", lowest)(shmap.Min(m, "min", lowest))
		expect("Min with a larger one", lowest)(shmap.Min(m, "min", highest))
	})
}

func TestConcurrentAddsLoseNothing(t *testing.T) {
	const goroutines, rounds, keys = 8, 2000, 5
	path := tempPath(t)
	var wg sync.WaitGroup
	for range goroutines {
		m := open[int32, uint64](t, path, shmap.Options{})
		wg.Go(func() {
			for i := range rounds * keys {
				if _, err := shmap.Add(m, int32(i%keys), 1); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	m := open[int32, uint64](t, path, shmap.Options{})
	for k, v := range m.All() {
		want(t, fmt.Sprintf("counter %d", k), v, uint64(goroutines*rounds))
	}
	want(t, "Len", m.Len(), keys)
}

// TestCounterNarrowerThanItsKey: a counter of fewer bits than its key stays one of its kind, also below zero and around the end.
func TestCounterNarrowerThanItsKey(t *testing.T) {
	t.Run("int32", func(t *testing.T) { narrowCounter[int64, int32](t, -1) })
	t.Run("uint16", func(t *testing.T) { narrowCounter[uint64, uint16](t, 65535) })
	t.Run("int16 by int32", func(t *testing.T) { narrowCounter[int32, int16](t, -1) })
}

func narrowCounter[K shmap.Integer, V shmap.Integer](t *testing.T, minusOne V) {
	m := create[K, V](t, shmap.Options{})
	must(t, m.Store(1, 5))
	if n, err := shmap.Add(m, 1, minusOne); n != 4 || err != nil {
		t.Errorf("5 and -1 are %d, %v", n, err)
	}
	if ok, err := m.CompareAndSwap(1, 4, 3); !ok || err != nil {
		t.Errorf("compared with 4: %v, %v", ok, err)
	}
	for range 4 {
		if _, err := shmap.Add(m, 1, minusOne); err != nil {
			t.Fatal(err)
		}
	}
	if v, ok := m.Load(1); !ok || v != minusOne {
		t.Errorf("loaded %d, %v, want %d", v, ok, minusOne)
	}
	if n, err := shmap.Max(m, 1, minusOne); n != minusOne || err != nil {
		t.Errorf("the larger of two equal ones is %d, %v", n, err)
	}
	if deleted, err := m.CompareAndDelete(1, minusOne); !deleted || err != nil {
		t.Errorf("deleted: %v, %v", deleted, err)
	}
}

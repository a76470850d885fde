package shmap_test

import (
	"fmt"
	"testing"

	"github.com/shmap-go/shmap"
)

// allocs fails the test unless f allocates n times. It is not called with the race detector, which allocates itself.
func allocs(t *testing.T, what string, n float64, f func()) {
	t.Helper()
	if got := testing.AllocsPerRun(1000, f); got != n {
		t.Errorf("%s allocates %v times, want %v", what, got, n)
	}
}

// TestP13ZeroAllocation: integer operations allocate nothing, a string load once, the append form nothing.
func TestP13ZeroAllocation(t *testing.T) {
	if raceEnabled {
		t.Log("the race detector allocates: nothing is counted")
		return
	}
	for name, o := range map[string]shmap.Options{
		"plain":    {},
		"ttl":      {TTL: byDefault},
		"eviction": {Capacity: 1000},
		"both":     {Capacity: 1000, TTL: byDefault},
	} {
		t.Run(name, func(t *testing.T) {
			integerAllocs[int16, int16](t, o)
			integerAllocs[int32, uint32](t, o)
			integerAllocs[uint64, int64](t, o)
			integerAllocs[ID, Small](t, o)
			stringAllocs(t, o)
		})
	}
}

func integerAllocs[K, V shmap.Integer](t *testing.T, o shmap.Options) {
	t.Helper()
	m := create[K, V](t, o)
	must(t, m.Reserve(1000))
	name := func(op string) string { return fmt.Sprintf("%s of %T -> %T", op, K(0), V(0)) }
	var k K
	next := func() K { k++; return k % 100 }
	for range 200 {
		must(t, m.Store(next(), 1))
	}
	allocs(t, name("Store"), 0, func() { _ = m.Store(next(), 2) })
	allocs(t, name("Load"), 0, func() { m.Load(next()) })
	allocs(t, name("Load of a missing key"), 0, func() { m.Load(5000) })
	allocs(t, name("TryLoad"), 0, func() { _, _, _ = m.TryLoad(next()) })
	allocs(t, name("Has"), 0, func() { m.Has(next()) })
	allocs(t, name("TTL"), 0, func() { m.TTL(next()) })
	allocs(t, name("Add"), 0, func() { _, _ = shmap.Add(m, next(), 1) })
	allocs(t, name("Max"), 0, func() { _, _ = shmap.Max(m, next(), 1) })
	allocs(t, name("Swap"), 0, func() { _, _, _ = m.Swap(next(), 1) })
	allocs(t, name("LoadOrStore"), 0, func() { _, _, _ = m.LoadOrStore(next(), 1) })
	allocs(t, name("CompareAndSwap"), 0, func() { _, _ = m.CompareAndSwap(next(), 1, 1) })
	allocs(t, name("Delete and Insert"), 0, func() {
		k := next()
		_, _ = m.Delete(k)
		_, _ = m.Insert(k, 1)
	})
	keys, vals, found := make([]K, 50), make([]V, 50), make([]bool, 50)
	for i := range keys {
		keys[i] = next()
	}
	allocs(t, name("LoadMany"), 0, func() { _, _ = m.LoadMany(keys, vals, found) })
}

func stringAllocs(t *testing.T, o shmap.Options) {
	t.Helper()
	m := create[string, string](t, o)
	b := create[string, []byte](t, o)
	n := create[string, int64](t, o)
	for _, k := range []string{"short", "a key longer than a slot"} {
		value := "the value of " + k
		must(t, m.Store(k, value))
		must(t, b.Store(k, []byte(value)))
		must(t, n.Store(k, 1))
		buf := make([]byte, 0, 100)
		allocs(t, "Load of a string", 1, func() { m.Load(k) })
		allocs(t, "Load of a []byte", 1, func() { b.Load(k) })
		allocs(t, "Load of an integer by a string", 0, func() { n.Load(k) })
		allocs(t, "Add by a string", 0, func() { _, _ = shmap.Add(n, k, 1) })
		allocs(t, "Has by a string", 0, func() { m.Has(k) })
		allocs(t, "AppendLoad", 0, func() { buf, _ = m.AppendLoad(buf[:0], k) })
		allocs(t, "AppendLoad", 0, func() { buf, _ = b.AppendLoad(buf[:0], k) })
		allocs(t, "Load of a missing string", 0, func() { m.Load("missing") })
	}
}

package shmap_test

import (
	"fmt"
	"testing"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// A bill counts what was measured.
type bill struct {
	*testing.T
	measured int
}

// want fails the test unless f allocates n times. It is not called with the race detector, which allocates itself.
func (b *bill) want(what string, n float64, f func()) {
	b.Helper()
	b.measured++
	if got := testing.AllocsPerRun(1000, f); got != n {
		b.Errorf("%s allocates %v times, want %v", what, got, n)
	}
}

// TestP13ZeroAllocation: integer operations allocate nothing, a string load once, the append form nothing.
func TestP13ZeroAllocation(t *testing.T) {
	if raceEnabled {
		t.Log("the race detector allocates: nothing is counted")
		return
	}
	t.Run("large", func(t *testing.T) { largeAllocs(&bill{T: t}) })
	for name, o := range map[string]shmap.Options{
		"plain":    {},
		"ttl":      {TTL: byDefault},
		"eviction": {Capacity: 1000},
		"both":     {Capacity: 1000, TTL: byDefault},
	} {
		t.Run(name, func(t *testing.T) {
			b := bill{T: t}
			integerAllocs[int16, int16](&b, o)
			integerAllocs[int32, uint32](&b, o)
			integerAllocs[uint64, int64](&b, o)
			integerAllocs[ID, Small](&b, o)
			stringAllocs(&b, o)
			record.Count(t, "P13", "operations measured, 1,000 calls each", b.measured)
		})
	}
}

// largeAllocs loads every key of a map whose buckets are in many levels of their vector.
func largeAllocs(bill *bill) {
	m := create[int64, int64](bill.T, shmap.Options{Shards: 1})
	const n = 20_000
	for k := range int64(n) {
		must(bill.T, m.Store(k, k))
	}
	k := int64(0)
	bill.want("1,000 loads in a large map", 0, func() {
		for range 1000 {
			m.Load(k % n)
			k++
		}
	})
}

func integerAllocs[K, V shmap.Integer](bill *bill, o shmap.Options) {
	bill.Helper()
	m := create[K, V](bill.T, o)
	must(bill.T, m.Reserve(1000))
	name := func(op string) string { return fmt.Sprintf("%s of %T -> %T", op, K(0), V(0)) }
	var k K
	next := func() K { k++; return k % 100 }
	for range 200 {
		must(bill.T, m.Store(next(), 1))
	}
	bill.want(name("Store"), 0, func() { _ = m.Store(next(), 2) })
	bill.want(name("Load"), 0, func() { m.Load(next()) })
	bill.want(name("Load of a missing key"), 0, func() { m.Load(5000) })
	bill.want(name("TryLoad"), 0, func() { _, _, _ = m.TryLoad(next()) })
	bill.want(name("Has"), 0, func() { m.Has(next()) })
	bill.want(name("TTL"), 0, func() { m.TTL(next()) })
	bill.want(name("Add"), 0, func() { _, _ = shmap.Add(m, next(), 1) })
	bill.want(name("Max"), 0, func() { _, _ = shmap.Max(m, next(), 1) })
	bill.want(name("Swap"), 0, func() { _, _, _ = m.Swap(next(), 1) })
	bill.want(name("LoadOrStore"), 0, func() { _, _, _ = m.LoadOrStore(next(), 1) })
	bill.want(name("CompareAndSwap"), 0, func() { _, _ = m.CompareAndSwap(next(), 1, 1) })
	bill.want(name("Delete and Insert"), 0, func() {
		k := next()
		_, _ = m.Delete(k)
		_, _ = m.Insert(k, 1)
	})
	keys, vals, found := make([]K, 50), make([]V, 50), make([]bool, 50)
	for i := range keys {
		keys[i] = next()
	}
	bill.want(name("LoadMany"), 0, func() { _, _ = m.LoadMany(keys, vals, found) })
}

func stringAllocs(bill *bill, o shmap.Options) {
	bill.Helper()
	m := create[string, string](bill.T, o)
	b := create[string, []byte](bill.T, o)
	n := create[string, int64](bill.T, o)
	for _, k := range []string{"short", "a key longer than a slot"} {
		value := "the value of " + k
		must(bill.T, m.Store(k, value))
		must(bill.T, b.Store(k, []byte(value)))
		must(bill.T, n.Store(k, 1))
		buf := make([]byte, 0, 100)
		bill.want("Load of a string", 1, func() { m.Load(k) })
		bill.want("Load of a []byte", 1, func() { b.Load(k) })
		bill.want("Load of an integer by a string", 0, func() { n.Load(k) })
		bill.want("Add by a string", 0, func() { _, _ = shmap.Add(n, k, 1) })
		bill.want("Has by a string", 0, func() { m.Has(k) })
		bill.want("AppendLoad", 0, func() { buf, _ = m.AppendLoad(buf[:0], k) })
		bill.want("AppendLoad", 0, func() { buf, _ = b.AppendLoad(buf[:0], k) })
		bill.want("Load of a missing string", 0, func() { m.Load("missing") })
	}
}

package shmap_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/shmap-go/shmap"
)

func thousand(t *testing.T) *shmap.Map[int32, string] {
	t.Helper()
	m := create[int32, string](t, shmap.Options{Shards: 4})
	for i := range int32(1000) {
		must(t, m.Store(i, "value of some length"))
	}
	return m
}

func TestIterators(t *testing.T) {
	m := thousand(t)
	keys := slices.Sorted(m.Keys())
	want(t, "number of keys", len(keys), 1000)
	want(t, "keys are distinct", len(slices.Compact(keys)), 1000)
	values := slices.Collect(m.Values())
	want(t, "number of values", len(values), 1000)
	want(t, "distinct values", slices.Compact(values), []string{"value of some length"})
	want(t, "All", len(maps.Collect(m.All())), 1000)
	n := 0
	for range m.All() {
		if n++; n == 10 {
			break
		}
	}
	want(t, "entries before break", n, 10)
	for range m.Keys() {
		break
	}
	for range m.Values() {
		break
	}
}

// An iterator may be used again, and starts anew.
func TestIteratorTwice(t *testing.T) {
	m := create[string, int64](t, shmap.Options{})
	all := m.All()
	want(t, "empty", len(maps.Collect(all)), 0)
	must(t, m.Store("a", 1))
	want(t, "with one entry", maps.Collect(all), map[string]int64{"a": 1})
}

func TestLoopMayChangeTheMap(t *testing.T) {
	m := thousand(t)
	seen := map[int32]int{}
	for k := range m.All() {
		if k >= 1000 {
			continue // stored by this loop: may or may not come
		}
		seen[k]++
		if k%2 == 0 {
			_, err := m.Delete(k)
			must(t, err)
		}
		for i := range int32(5) { // the table grows under the loop
			must(t, m.Store(1000+5*k+i, "new"))
		}
	}
	want(t, "entries seen", len(seen), 1000)
	for k, n := range seen {
		if n != 1 {
			t.Errorf("key %d was returned %d times", k, n)
		}
	}
	want(t, "Len", m.Len(), 500+5000)
}

func TestClosingEndsALoop(t *testing.T) {
	m := thousand(t)
	n := 0
	for range m.All() {
		if n++; n == 1 {
			must(t, m.Close())
		}
	}
	if n > 16 { // what was copied before may still come
		t.Errorf("%d entries after Close", n-1)
	}
}

func TestCursor(t *testing.T) {
	m := thousand(t)
	a, b := m.Cursor(), m.Cursor()
	var order []int32
	for {
		k, v, ok, err := a.Next()
		must(t, err)
		if !ok {
			break
		}
		want(t, "value", v, "value of some length")
		order = append(order, k)
	}
	want(t, "number of entries", len(order), 1000)
	_, _, ok, err := a.Next()
	must(t, err)
	want(t, "Next at the end", ok, false)

	k, _, _, err := b.Next() // not moved by a
	must(t, err)
	want(t, "first key of another cursor", k, order[0])
	a.Reset()
	k, _, _, err = a.Next()
	must(t, err)
	want(t, "first key after Reset", k, order[0])

	found, err := a.Seek(order[700])
	must(t, err)
	want(t, "Seek", found, true)
	for i := 700; i < 1000; i++ {
		k, _, ok, err := a.Next()
		must(t, err)
		if !ok || k != order[i] {
			t.Fatalf("entry %d after Seek is %d, %v; want %d", i, k, ok, order[i])
		}
	}
	_, _, ok, err = a.Next()
	must(t, err)
	want(t, "Next at the end", ok, false)

	found, err = b.Seek(-1)
	must(t, err)
	want(t, "Seek of a missing key", found, false)
	k, _, _, err = b.Next() // where it was
	must(t, err)
	want(t, "Next after a failed Seek", k, order[1])

	_, err = m.Delete(order[2])
	must(t, err)
	k, _, _, err = b.Next()
	must(t, err)
	want(t, "Next after its entry was deleted", k == order[3] || k == order[2], true)
}

package shmap_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/shmap-go/shmap"
)

// Sizes around those at which a batch is cut or leaves the stack.
var batchSizes = []int{0, 1, 2, 63, 64, 65, 127, 128, 129, 511, 512, 513, 3000}

func TestBatchesOfAnySize(t *testing.T) {
	for _, n := range batchSizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			m := create[int64, string](t, shmap.Options{Shards: 4})
			keys, vals := make([]int64, n), make([]string, n)
			model := map[int64]string{}
			for i := range n {
				keys[i], vals[i] = int64(i)-5, fmt.Sprintf("value %d", i)
				model[keys[i]] = vals[i]
			}
			stored, err := m.StoreMany(keys, vals)
			must(t, err)
			want(t, "StoreMany", stored, n)
			all, err := m.ToMap()
			must(t, err)
			want(t, "ToMap", all, model)

			// Every other key is asked for a second time by a key that is missing.
			ask := make([]int64, 0, 2*n)
			for _, k := range keys {
				ask = append(ask, k, k+100_000)
			}
			got, found := make([]string, 2*n), make([]bool, 2*n)
			for i := range got {
				got[i], found[i] = "left over", i%2 == 1
			}
			loaded, err := m.LoadMany(ask, got, found)
			must(t, err)
			want(t, "LoadMany", loaded, n)
			for i, k := range ask {
				want(t, fmt.Sprintf("LoadMany of %d", k), []any{got[i], found[i]}, []any{model[k], i%2 == 0})
			}

			deleted, err := m.DeleteMany(ask)
			must(t, err)
			want(t, "DeleteMany", deleted, n)
			want(t, "Len", m.Len(), 0)

			stored, err = m.StoreAll(maps.All(model))
			must(t, err)
			want(t, "StoreAll", stored, n)
			all, err = m.ToMap()
			must(t, err)
			want(t, "ToMap", all, model)
		})
	}
}

func TestOfTwoValuesInOneBatchTheLaterStays(t *testing.T) {
	m := create[string, int64](t, shmap.Options{})
	n, err := m.StoreMany([]string{"a", "b", "a"}, []int64{1, 2, 3})
	must(t, err)
	want(t, "StoreMany", n, 3)
	v, _ := m.Load("a")
	want(t, "Load", v, int64(3))
	n, err = m.DeleteMany([]string{"a", "a"})
	must(t, err)
	want(t, "DeleteMany", n, 1)
}

func TestStoreManyStopsWhenFull(t *testing.T) {
	m := create[int64, int64](t, shmap.Options{MaxEntries: 10, Shards: 1})
	keys := make([]int64, 15)
	for i := range keys {
		keys[i] = int64(i)
	}
	n, err := m.StoreMany(keys, keys)
	wantErr(t, "StoreMany", err, shmap.ErrFull)
	want(t, "StoreMany", n, 10)
	want(t, "Len", m.Len(), 10)
	n, err = m.StoreAll(maps.All(map[int64]int64{100: 1}))
	wantErr(t, "StoreAll", err, shmap.ErrFull)
	want(t, "StoreAll", n, 0)
}

func TestAtomicBatches(t *testing.T) {
	m := create[int32, string](t, shmap.Options{Shards: 1, MaxEntries: 3})
	must(t, m.StoreManyAtomic([]int32{1, 2}, []string{"one", "two"}))
	err := m.StoreManyAtomic([]int32{2, 3, 4}, []string{"zwei", "drei", "vier"})
	wantErr(t, "StoreManyAtomic into a full map", err, shmap.ErrFull)
	all, err := m.ToMap()
	must(t, err)
	want(t, "map after a failed StoreManyAtomic", all, map[int32]string{1: "one", 2: "two"})
	n, err := m.DeleteManyAtomic([]int32{1, 2, 3})
	must(t, err)
	want(t, "DeleteManyAtomic", n, 2)

	// Keys of several shards cannot be one transaction.
	s := create[int64, int64](t, shmap.Options{Shards: 64})
	keys := make([]int64, 100)
	for i := range keys {
		keys[i] = int64(i)
	}
	wantErr(t, "StoreManyAtomic over shards", s.StoreManyAtomic(keys, keys), shmap.ErrTooLarge)
	_, err = s.DeleteManyAtomic(keys)
	wantErr(t, "DeleteManyAtomic over shards", err, shmap.ErrTooLarge)
	want(t, "Len", s.Len(), 0)
	must(t, s.StoreManyAtomic(keys[:1], keys[:1]))
	must(t, s.StoreManyAtomic(nil, nil))
}

func TestAtomicBatchBeyondOneTransaction(t *testing.T) {
	m := create[int64, int64](t, shmap.Options{Shards: 1})
	keys := make([]int64, 100_000)
	for i := range keys {
		keys[i] = int64(i)
	}
	wantErr(t, "StoreManyAtomic", m.StoreManyAtomic(keys, keys), shmap.ErrTooLarge)
	want(t, "Len", m.Len(), 0)
}

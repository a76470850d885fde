package shmap_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"testing"

	"github.com/shmap-go/shmap"
)

// Defined types must work like the types they are made of.
type (
	ID    int32
	Small uint16
	Name  string
	Blob  []byte
)

// Strings around the sizes where storage changes: 7 bytes fit a slot, 8 do not; 1 byte is special in Go's runtime.
var someStrings = []string{
	"", "a", "\x00", "seven77", "eight888", "\x00\x00\x00\x00\x00\x00\x00", "seven77\x00", "h\xff\xfe", "größer als ein Wort",
	string(make([]byte, 300)),
}

func stringsAs[T ~string]() []T {
	out := make([]T, len(someStrings))
	for i, s := range someStrings {
		out[i] = T(s)
	}
	return out
}

func bytesAs[T ~[]byte]() []T {
	out := make([]T, len(someStrings))
	for i, s := range someStrings {
		out[i] = append(T{}, s...)
	}
	return out
}

// TestEveryPairOfTypes runs the operations over each key type with each value type against a built-in map.
func TestEveryPairOfTypes(t *testing.T) {
	withKey(t, []int16{math.MinInt16, -1, 0, 1, math.MaxInt16})
	withKey(t, []int32{math.MinInt32, -1, 0, 1, math.MaxInt32})
	withKey(t, []int64{math.MinInt64, -1, 0, 1, math.MaxInt64})
	withKey(t, []uint16{0, 1, math.MaxUint16})
	withKey(t, []uint32{0, 1, math.MaxUint32})
	withKey(t, []uint64{0, 1, math.MaxUint64})
	withKey(t, stringsAs[string]())
	withKey(t, []ID{math.MinInt32, -1, 0, math.MaxInt32})
	withKey(t, stringsAs[Name]())
}

func withKey[K shmap.Key](t *testing.T, keys []K) {
	pair(t, keys, []int16{math.MinInt16, -1, 0, 1, math.MaxInt16})
	pair(t, keys, []int32{math.MinInt32, -1, 0, 1, math.MaxInt32})
	pair(t, keys, []int64{math.MinInt64, -1, 0, 1, math.MaxInt64})
	pair(t, keys, []uint16{0, 1, math.MaxUint16})
	pair(t, keys, []uint32{0, 1, math.MaxUint32})
	pair(t, keys, []uint64{0, 1, math.MaxUint64})
	pair(t, keys, stringsAs[string]())
	pair(t, keys, bytesAs[[]byte]())
	pair(t, keys, []Small{0, 1, math.MaxUint16})
	pair(t, keys, stringsAs[Name]())
	pair(t, keys, bytesAs[Blob]())
}

func pair[K shmap.Key, V shmap.Value](t *testing.T, keys []K, vals []V) {
	t.Run(fmt.Sprintf("%T=%T", keys[0], vals[0]), func(t *testing.T) {
		m := create[K, V](t, shmap.Options{EnableTTL: true, Shards: 1})
		absent(t, m, keys, vals[0])
		model := map[K]V{}
		for round := range vals {
			for i, k := range keys {
				writeOnce(t, m, model, k, vals[(i+round)%len(vals)])
			}
			same(t, m, model)
		}
		conditions(t, m, model, keys, vals)
		batches(t, m, model, keys, vals)
		takeAll(t, m, model)
	})
}

// absent checks what operations say about keys of an empty map.
func absent[K shmap.Key, V shmap.Value](t *testing.T, m *shmap.Map[K, V], keys []K, v V) {
	t.Helper()
	for _, k := range keys {
		_, ok := m.Load(k)
		_, _, okTTL := m.LoadTTL(k)
		_, okTime := m.TTL(k)
		replaced, err1 := m.Replace(k, v)
		swapped, err2 := m.CompareAndSwap(k, v, v)
		deleted, err3 := m.Delete(k)
		_, loaded, err4 := m.LoadAndDelete(k)
		gone, err5 := m.CompareAndDelete(k, v)
		got := []any{ok, okTTL, okTime, m.Has(k), replaced, swapped, deleted, loaded, gone, err1, err2, err3, err4, err5}
		want(t, fmt.Sprintf("operations on absent %#v", k), got,
			[]any{false, false, false, false, false, false, false, false, false, nil, nil, nil, nil, nil})
	}
}

// writeOnce stores v at k in one way or the other, and tells the model.
func writeOnce[K shmap.Key, V shmap.Value](t *testing.T, m *shmap.Map[K, V], model map[K]V, k K, v V) {
	t.Helper()
	old, had := model[k]
	if !had {
		inserted, err := m.Insert(k, v)
		must(t, err)
		want(t, "Insert", inserted, true)
	} else {
		inserted, err := m.Insert(k, v)
		must(t, err)
		want(t, "Insert over a present key", inserted, false)
		actual, loaded, err := m.LoadOrStore(k, v)
		must(t, err)
		want(t, "LoadOrStore", actual, old)
		want(t, "LoadOrStore loaded", loaded, true)
		was, loaded, err := m.Swap(k, v)
		must(t, err)
		want(t, "Swap", was, old)
		want(t, "Swap loaded", loaded, true)
	}
	model[k] = v
	must(t, m.Store(k, v))
}

// conditions tries the comparing operations with every pair of values.
func conditions[K shmap.Key, V shmap.Value](t *testing.T, m *shmap.Map[K, V], model map[K]V, keys []K, vals []V) {
	t.Helper()
	k := keys[len(keys)-1]
	for i, a := range vals {
		for j, b := range vals {
			must(t, m.Store(k, a))
			swapped, err := m.CompareAndSwap(k, b, vals[0])
			must(t, err)
			want(t, fmt.Sprintf("CompareAndSwap of %#v for %#v", a, b), swapped, i == j)
			must(t, m.Store(k, a))
			deleted, err := m.CompareAndDelete(k, b)
			must(t, err)
			want(t, fmt.Sprintf("CompareAndDelete of %#v for %#v", a, b), deleted, i == j)
			if deleted {
				actual, loaded, err := m.LoadOrStore(k, b)
				must(t, err)
				want(t, "LoadOrStore of an absent key", actual, b)
				want(t, "LoadOrStore of an absent key: loaded", loaded, false)
				_, loaded, err = m.Swap(k, b)
				must(t, err)
				want(t, "loaded", loaded, true)
			}
			replaced, err := m.Replace(k, b)
			must(t, err)
			want(t, "Replace", replaced, true)
			model[k] = b
		}
	}
	same(t, m, model)
}

func batches[K shmap.Key, V shmap.Value](t *testing.T, m *shmap.Map[K, V], model map[K]V, keys []K, vals []V) {
	t.Helper()
	n, err := m.DeleteMany(keys)
	must(t, err)
	want(t, "DeleteMany", n, len(keys))
	clear(model)
	same(t, m, model)

	batch := make([]V, len(keys))
	for i, k := range keys {
		batch[i] = vals[i%len(vals)]
		model[k] = batch[i]
	}
	n, err = m.StoreMany(keys, batch)
	must(t, err)
	want(t, "StoreMany", n, len(keys))
	same(t, m, model)

	got, found := make([]V, len(keys)), make([]bool, len(keys))
	n, err = m.LoadMany(keys, got, found)
	must(t, err)
	want(t, "LoadMany", n, len(keys))
	want(t, "LoadMany values", got, batch)

	n, err = m.DeleteManyAtomic(keys)
	must(t, err)
	want(t, "DeleteManyAtomic", n, len(keys))
	must(t, m.StoreManyAtomic(keys, batch))
	must(t, m.Clear())
	n, err = m.StoreAll(maps.All(model))
	must(t, err)
	want(t, "StoreAll", n, len(model))
	same(t, m, model)
}

// same compares the whole map with the model, through every way to read it.
func same[K shmap.Key, V shmap.Value](t *testing.T, m *shmap.Map[K, V], model map[K]V) {
	t.Helper()
	want(t, "Len", m.Len(), len(model))
	all, err := m.ToMap()
	must(t, err)
	want(t, "ToMap", all, model)
	want(t, "All", maps.Collect(m.All()), model)
	for k, v := range model {
		got, ok, err := m.TryLoad(k)
		must(t, err)
		want(t, fmt.Sprintf("TryLoad(%#v) ok", k), ok, true)
		want(t, fmt.Sprintf("TryLoad(%#v)", k), got, v)
		got, ttl, ok := m.LoadTTL(k)
		want(t, "LoadTTL", []any{got, ttl, ok}, []any{v, shmap.Permanent, true})
		b, ok := m.AppendLoad([]byte("<"), k)
		want(t, "AppendLoad ok", ok, true)
		if r := reflect.ValueOf(v); r.Kind() == reflect.String || r.Kind() == reflect.Slice {
			want(t, "AppendLoad", string(b), "<"+string(r.Convert(reflect.TypeFor[[]byte]()).Bytes()))
		} else {
			want(t, "AppendLoad of an integer", string(b), "<")
		}
	}
}

// takeAll empties the map entry by entry, in each of the ways there are.
func takeAll[K shmap.Key, V shmap.Value](t *testing.T, m *shmap.Map[K, V], model map[K]V) {
	t.Helper()
	for len(model) > 0 {
		if k, v, ok, err := m.PopOldest(); ok && err == nil {
			want(t, fmt.Sprintf("PopOldest of %#v", k), v, model[k])
			delete(model, k)
		} else {
			t.Fatalf("PopOldest = %v, %v with %d entries left", ok, err, len(model))
		}
		for k, v := range model {
			got, loaded, err := m.LoadAndDelete(k)
			must(t, err)
			want(t, "LoadAndDelete", []any{got, loaded}, []any{v, true})
			delete(model, k)
			break
		}
		for k := range model {
			deleted, err := m.Delete(k)
			must(t, err)
			want(t, "Delete", deleted, true)
			delete(model, k)
			break
		}
		same(t, m, model)
	}
	_, _, ok, err := m.PopNewest()
	must(t, err)
	want(t, "PopNewest of an empty map", ok, false)
}

// Returned byte slices belong to the caller: writing to them changes nothing else.
func TestReturnedBytesAreTheCallers(t *testing.T) {
	const text = "0123456789abcdef"
	m := create[int64, []byte](t, shmap.Options{})
	fill := func() {
		for i := range int64(len(text)) {
			must(t, m.Store(i, []byte(text[:i])))
		}
	}
	spoil := func(b []byte) {
		for i := range b {
			b[i] = '!'
		}
		_ = append(b, "!!!!!!!!"...)
	}
	intact := func(what string) {
		t.Helper()
		for i := range int64(len(text)) {
			v, _ := m.Load(i)
			want(t, what, string(v), text[:i])
		}
	}
	fill()
	for _, v := range m.All() {
		spoil(v)
	}
	intact("value after writing to All's")
	for i := range int64(len(text)) {
		v, _ := m.Load(i)
		spoil(v)
	}
	intact("value after writing to Load's")
	es, err := m.Drain(len(text))
	must(t, err)
	for i, e := range es {
		want(t, "drained value", string(e.Value), text[:e.Key])
		spoil(es[i].Value)
	}
	fill()
	intact("value stored after writing to Drain's")
}

func TestStoredBytesAreCopied(t *testing.T) {
	m := create[int64, []byte](t, shmap.Options{})
	buf := []byte("a value longer than a slot")
	must(t, m.Store(1, buf))
	clear(buf)
	v, _ := m.Load(1)
	want(t, "Load", string(v), "a value longer than a slot")
	must(t, m.Store(2, nil))
	v, ok := m.Load(2)
	want(t, "a nil value", v, []byte{})
	want(t, "a nil value is there", ok, true)
}

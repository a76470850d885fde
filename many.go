package shmap

import (
	"fmt"
	"io/fs"
	"iter"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// A batch is converted on the stack as long as it is small, so that small batches allocate nothing.
const (
	smallBatch = 64  // mutations: dict wants the whole batch, to group it by shard
	loadBatch  = 128 // loads: enough to overlap their cache misses
	feedBatch  = 512 // pairs that StoreAll collects
)

// StoreMany sets the value of keys[i] to vals[i], for all i. It takes each shard's lock once rather than once a
// key. The pairs are stored one by one, not necessarily in order, except that of two values for one key the later
// one stays; after an error n of them are stored. Both slices must have the same length.
func (m *Map[K, V]) StoreMany(keys []K, vals []V) (n int, err error) {
	return m.storeMany("StoreMany", keys, vals, dict.TTLDefault, 0, false)
}

// StoreManyTTL is StoreMany for entries that live for d from now; 0 is permanent.
func (m *Map[K, V]) StoreManyTTL(keys []K, vals []V, d time.Duration) (n int, err error) {
	return m.storeMany("StoreManyTTL", keys, vals, dict.TTLExplicit, d, false)
}

// StoreManyAtomic is StoreMany in one operation: a reader, and the map after a crash, has all of the pairs or
// none. The keys must be in one shard (with Options.Shards 1 they always are), and few and small enough for one
// transaction; else the error is [ErrTooLarge] and nothing is changed.
func (m *Map[K, V]) StoreManyAtomic(keys []K, vals []V) error {
	_, err := m.storeMany("StoreManyAtomic", keys, vals, dict.TTLDefault, 0, true)
	return err
}

// StoreAll stores the pairs of a sequence, such as maps.All of a built-in map, in groups as StoreMany does. No
// lock is held while the sequence is asked for the next pair. After an error n pairs are stored.
func (m *Map[K, V]) StoreAll(pairs iter.Seq2[K, V]) (n int, err error) {
	keys := make([]K, 0, feedBatch)
	vals := make([]V, 0, feedBatch)
	flush := func() bool {
		var stored int
		stored, err = m.StoreMany(keys, vals)
		n += stored
		keys, vals = keys[:0], vals[:0]
		return err == nil
	}
	for k, v := range pairs {
		keys, vals = append(keys, k), append(vals, v)
		if len(keys) == feedBatch && !flush() {
			return n, err
		}
	}
	flush()
	return n, err
}

// LoadMany sets vals[i] to the value of keys[i] and found[i] to whether there is one, for all i, and returns the
// number found. Each key is read at some instant of the call, in no particular order. It overlaps the waits for memory, so that for a
// large map of integers it takes a third of the time of one Load after the other (BENCHMARKS.md). It does not count as an access for
// eviction. vals and found must be as long as keys; after an error all of both are zero. vals may be keys itself, and may not overlap
// it otherwise.
func (m *Map[K, V]) LoadMany(keys []K, vals []V, found []bool) (n int, err error) {
	if len(vals) != len(keys) || len(found) != len(keys) {
		return 0, fmt.Errorf("shmap: LoadMany: %d keys, but room for %d values and %d found: %w",
			len(keys), len(vals), len(found), fs.ErrInvalid)
	}
	if n, err = m.loadMany(keys, vals, found); err != nil {
		clear(vals)
		clear(found)
		n = 0
	}
	return n, err
}

func (m *Map[K, V]) loadMany(keys []K, vals []V, found []bool) (n int, err error) {
	if isInteger[K]() && isInteger[V]() {
		return loadWords(m, keys, vals, found)
	}
	var in [loadBatch]dict.Datum
	var out [loadBatch]dict.Loaded
	for len(keys) > 0 {
		c := min(len(keys), loadBatch)
		for i, k := range keys[:c] {
			in[i], out[i] = datum(k), dict.Loaded{}
		}
		if err := m.d.LoadMany(in[:c], out[:c]); err != nil {
			return n, err
		}
		for i, l := range out[:c] {
			var v V
			if l.Found {
				v = result[V](l.W, l.B)
				n++
			}
			vals[i], found[i] = v, l.Found
		}
		keys, vals, found = keys[c:], vals[c:], found[c:]
	}
	return n, nil
}

// loadWords is LoadMany for integers.
func loadWords[K Key, V Value](m *Map[K, V], keys []K, vals []V, found []bool) (n int, err error) {
	if ks, vs, ok := words(keys, vals); ok {
		return m.d.LoadWords(ks, vs, found)
	}
	var in, out [loadBatch]uint64
	for from := 0; from < len(keys); from += loadBatch {
		group := keys[from:min(from+loadBatch, len(keys))]
		for i, k := range group {
			in[i] = toWord(k)
		}
		k, err := m.d.LoadWords(in[:len(group)], out[:len(group)], found[from:from+len(group)])
		if err != nil {
			return n, err
		}
		n += k
		for i, w := range out[:len(group)] {
			vals[from+i] = fromWord[V](w)
		}
	}
	return n, nil
}

// DeleteMany deletes keys, taking each shard's lock once, and returns how many were present.
func (m *Map[K, V]) DeleteMany(keys []K) (n int, err error) {
	return m.deleteMany(keys, false)
}

// DeleteManyAtomic is DeleteMany in one operation, with the conditions of [Map.StoreManyAtomic].
func (m *Map[K, V]) DeleteManyAtomic(keys []K) (n int, err error) {
	return m.deleteMany(keys, true)
}

func (m *Map[K, V]) storeMany(name string, keys []K, vals []V, mode dict.TTLMode, d time.Duration, atomic bool) (int, error) {
	if len(keys) != len(vals) {
		return 0, fmt.Errorf("shmap: %s: %d keys, but %d values: %w", name, len(keys), len(vals), fs.ErrInvalid)
	}
	var ka, va [smallBatch]dict.Datum
	return m.d.StoreMany(datums(ka[:0], keys), datums(va[:0], vals), mode, d, atomic)
}

func (m *Map[K, V]) deleteMany(keys []K, atomic bool) (int, error) {
	var ka [smallBatch]dict.Datum
	return m.d.DeleteMany(datums(ka[:0], keys), atomic)
}

// datums appends vs to dst as dict takes them.
func datums[T Value](dst []dict.Datum, vs []T) []dict.Datum {
	if len(vs) > cap(dst) {
		dst = make([]dict.Datum, 0, len(vs))
	}
	for _, v := range vs {
		dst = append(dst, datum(v))
	}
	return dst
}

package shmap

import (
	"iter"

	"github.com/shmap-go/shmap/internal/dict"
)

// All returns an iterator over the entries, in no particular order. Every entry that is there throughout is
// returned exactly once, whatever others do meanwhile, and with a value that it had during the loop. The loop may
// change the map. It does not count as an access for eviction. A loop over a map that is closed meanwhile ends; a
// [Cursor] says why.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		c := m.Cursor()
		for {
			k, v, ok, err := c.Next()
			if err != nil || !ok || !yield(k, v) {
				return
			}
		}
	}
}

// Keys returns an iterator over the keys, as All does.
func (m *Map[K, V]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		m.All()(func(k K, _ V) bool { return yield(k) })
	}
}

// Values returns an iterator over the values, as All does.
func (m *Map[K, V]) Values() iter.Seq[V] {
	return func(yield func(V) bool) {
		m.All()(func(_ K, v V) bool { return yield(v) })
	}
}

// ToMap returns a copy as a built-in map. With writers at work it is not a snapshot of one moment (see All).
func (m *Map[K, V]) ToMap() (map[K]V, error) {
	out := make(map[K]V, m.Len())
	c := m.Cursor()
	for {
		k, v, ok, err := c.Next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return out, nil
		}
		out[k] = v
	}
}

// Cursor is a position in a map, from which it goes through the entries under the rules of [Map.All]. Cursors are
// independent of each other and cost nothing while they rest. A Cursor is for one goroutine at a time.
type Cursor[K Key, V Value] struct {
	c *dict.Cursor
}

// Cursor returns a cursor at the start.
func (m *Map[K, V]) Cursor() *Cursor[K, V] {
	return &Cursor[K, V]{c: m.d.Cursor()}
}

// Next returns the next entry; ok is false at the end, and stays so until Reset or Seek.
func (c *Cursor[K, V]) Next() (k K, v V, ok bool, err error) {
	return unpack[K, V](c.c.Next())
}

// Reset goes back to the start.
func (c *Cursor[K, V]) Reset() { c.c.Reset() }

// Seek makes k the entry that Next returns next, if it is present; else the cursor stays where it is.
func (c *Cursor[K, V]) Seek(k K) (found bool, err error) { return c.c.Seek(datum(k)) }

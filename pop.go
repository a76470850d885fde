package shmap

import "github.com/shmap-go/shmap/internal/dict"

// PopOldest removes an entry and returns it; ok is false if the map is empty. In a map with a Capacity it is the
// entry whose last write is longest ago (in one of the shards; exactly so with Options.Shards 1), else it is any. With
// PolicyS3 it is the entry in main that is judged next, and if all are on trial the oldest.
func (m *Map[K, V]) PopOldest() (k K, v V, ok bool, err error) {
	return unpack[K, V](m.d.PopOldest())
}

// PopNewest removes an entry and returns it; ok is false if the map is empty. In a map with a Capacity it is the
// entry that was written last (in one of the shards; exactly so with Options.Shards 1), else it is any. With PolicyS3
// it is the newest entry that is on trial, and if none is the one that came into main last.
func (m *Map[K, V]) PopNewest() (k K, v V, ok bool, err error) {
	return unpack[K, V](m.d.PopNewest())
}

// Drain removes up to n entries as PopOldest would and returns them in that order. Entries that were removed
// before an error are returned with it.
func (m *Map[K, V]) Drain(n int) ([]Entry[K, V], error) {
	es, err := m.d.Drain(n)
	if len(es) == 0 {
		return nil, err
	}
	out := make([]Entry[K, V], len(es))
	for i, e := range es {
		out[i] = Entry[K, V]{Key: fromDatum[K](e.Key), Value: fromDatum[V](e.Val)}
	}
	return out, err
}

// unpack is an entry of dict as a key and a value.
func unpack[K Key, V Value](e dict.Entry, found bool, failed error) (k K, v V, ok bool, err error) {
	if failed != nil || !found {
		return k, v, false, failed
	}
	return fromDatum[K](e.Key), fromDatum[V](e.Val), true, nil
}

package shmap

import "github.com/shmap-go/shmap/internal/dict"

// Integer is any integer type that can be a key or a value. The stored width is that of the type.
type Integer interface {
	~int16 | ~int32 | ~int64 | ~uint16 | ~uint32 | ~uint64
}

// Key is any type that can be a key. Strings may hold any bytes, up to 1 GiB - 1 of them.
type Key interface {
	Integer | ~string
}

// Value is any type that can be a value. Strings and byte slices may hold any bytes, up to 1 GiB - 1 of them; a
// nil slice is stored as an empty one.
type Value interface {
	Integer | ~string | ~[]byte
}

// Map is one handle on a shared map. It is made by [Open], [Anonymous] or [FromFD] and safe for concurrent use.
type Map[K Key, V Value] struct {
	d     *dict.Map
	load  func(*dict.Quick, K) (V, bool)
	store func(*dict.Map, K, V) error
	add   func(*dict.Map, K, V) (V, error)
	quick *dict.Quick // of d
}

// Entry is a key with its value.
type Entry[K Key, V Value] struct {
	Key   K
	Value V
}

// Open opens the map in the file at path, or creates it. Of any number of processes that do so at once, one
// creates and all get the same map; none ever sees half of it. An existing map keeps its properties (see
// [Options]); its types must be K and V, or the error is [ErrTypeMismatch]. The last element of path must not be a
// symbolic link.
func Open[K Key, V Value](path string, o Options) (*Map[K, V], error) {
	return wrap[K, V](dict.Open(path, o.dict(kindOf[K](), kindOf[V]())))
}

// Anonymous creates a map in memory without a name. It lives as long as a process has it open; give it to others
// by [Map.File].
func Anonymous[K Key, V Value](o Options) (*Map[K, V], error) {
	return wrap[K, V](dict.Anonymous(o.dict(kindOf[K](), kindOf[V]())))
}

// FromFD attaches the map behind a descriptor that was inherited or received over a socket. The descriptor stays
// the caller's, who may close it at once.
func FromFD[K Key, V Value](fd int, o Options) (*Map[K, V], error) {
	return wrap[K, V](dict.FromFD(fd, o.dict(kindOf[K](), kindOf[V]())))
}

func wrap[K Key, V Value](d *dict.Map, err error) (*Map[K, V], error) {
	if err != nil {
		return nil, err
	}
	m := &Map[K, V]{d: d}
	m.load, m.quick = loader[K, V](d)
	m.store, m.add = writers[K, V]()
	return m, nil
}

// Load returns the value of k, and whether there is one. It counts as an access for eviction. A closed or corrupt
// map looks empty: [Map.TryLoad] tells the difference.
func (m *Map[K, V]) Load(k K) (v V, ok bool) {
	return m.load(m.quick, k)
}

// TryLoad is Load with the error that Load hides: [ErrClosed] or [ErrCorrupt].
func (m *Map[K, V]) TryLoad(k K) (v V, ok bool, err error) {
	if isInteger[K]() && isInteger[V]() {
		w, ok, err := m.d.LoadWord(toWord(k))
		return fromWord[V](w), ok, err
	}
	b, w, ok, err := m.quick.LoadText(toWord(k), toString(k), nil)
	if err != nil || !ok {
		return v, false, err
	}
	return result[V](w, b), true, nil
}

// AppendLoad appends the value of k to dst and returns the extended slice: a Load without allocation as long as
// dst has room. If there is no value, dst is returned as it was. It is for string and []byte values; an integer
// value is not appended, and ok says only that it is there.
func (m *Map[K, V]) AppendLoad(dst []byte, k K) (b []byte, ok bool) {
	b, _, ok, err := m.quick.LoadText(toWord(k), toString(k), dst)
	if err != nil || !ok {
		return dst, false
	}
	if isInteger[V]() {
		return dst, true
	}
	return b, true
}

// Has reports whether k is present. Unlike Load it does not count as an access for eviction.
func (m *Map[K, V]) Has(k K) bool {
	l, err := m.d.Load(datum(k), nil, dict.ReadNoVal)
	return err == nil && l.Found
}

// Store sets the value of k.
func (m *Map[K, V]) Store(k K, v V) error {
	return m.store(m.d, k, v)
}

// Insert sets the value of k if k is absent.
func (m *Map[K, V]) Insert(k K, v V) (inserted bool, err error) {
	return m.do(&dict.Op{Code: dict.OpInsert, Key: datum(k), Val: datum(v)})
}

// Replace sets the value of k if k is present.
func (m *Map[K, V]) Replace(k K, v V) (replaced bool, err error) {
	return m.do(&dict.Op{Code: dict.OpReplace, Key: datum(k), Val: datum(v)})
}

// Swap sets the value of k and returns the old one, if there was one.
func (m *Map[K, V]) Swap(k K, v V) (old V, loaded bool, err error) {
	return m.doOld(&dict.Op{Code: dict.OpSwap, Key: datum(k), Val: datum(v)})
}

// LoadOrStore returns the value of k if k is present (loaded), else it sets it to v and returns v.
func (m *Map[K, V]) LoadOrStore(k K, v V) (actual V, loaded bool, err error) {
	return m.doActual(&dict.Op{Code: dict.OpLoadOrStore, Key: datum(k), Val: datum(v)}, v)
}

// CompareAndSwap sets the value of k to v if it is old. Strings and byte slices are compared by their bytes.
func (m *Map[K, V]) CompareAndSwap(k K, old, v V) (swapped bool, err error) {
	return m.do(&dict.Op{Code: dict.OpCompareAndSwap, Key: datum(k), Old: datum(old), Val: datum(v)})
}

// CompareAndDelete deletes k if its value is old.
func (m *Map[K, V]) CompareAndDelete(k K, old V) (deleted bool, err error) {
	return m.do(&dict.Op{Code: dict.OpCompareAndDelete, Key: datum(k), Old: datum(old)})
}

// LoadAndDelete deletes k and returns the value it had, if any.
func (m *Map[K, V]) LoadAndDelete(k K) (v V, loaded bool, err error) {
	return m.doOld(&dict.Op{Code: dict.OpLoadAndDelete, Key: datum(k)})
}

// Delete deletes k, and reports whether it was present.
func (m *Map[K, V]) Delete(k K) (deleted bool, err error) {
	return m.do(&dict.Op{Code: dict.OpDelete, Key: datum(k)})
}

// do carries out op and reports whether its condition held.
func (m *Map[K, V]) do(op *dict.Op) (bool, error) {
	if err := m.d.Do(op); err != nil {
		return false, err
	}
	return op.Done, nil
}

// doOld carries out op and returns the value that was there before, if there was one.
func (m *Map[K, V]) doOld(op *dict.Op) (old V, found bool, err error) {
	if err := m.d.Do(op); err != nil || !op.Found {
		return old, false, err
	}
	return result[V](op.W, op.B), true, nil
}

// doActual carries out op, which stores v if it finds nothing, and returns the value that is there afterwards.
func (m *Map[K, V]) doActual(op *dict.Op, v V) (actual V, found bool, err error) {
	if err := m.d.Do(op); err != nil {
		return actual, false, err
	}
	if !op.Found {
		return v, false, nil
	}
	return result[V](op.W, op.B), true, nil
}

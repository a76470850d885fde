package shmap

import (
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// Add adds delta to the value of k and returns the sum. A missing key counts as 0. The sum wraps around at the
// width of V, as Go's own integers do; to subtract from an unsigned one, add ^V(n-1).
func Add[K Key, V Integer](m *Map[K, V], k K, delta V) (V, error) {
	return m.add(m.d, k, delta)
}

// AddChecked is Add, but a sum that does not fit V is [ErrOverflow] and changes nothing.
func AddChecked[K Key, V Integer](m *Map[K, V], k K, delta V) (V, error) {
	return count(m, &dict.Op{Code: dict.OpAddChecked, Key: datum(k), Val: datum(delta)})
}

// AddTTL is Add, and gives the counter the time to live d if it is new; 0 is permanent. A counter that is there
// keeps to the rules of Add: the map's default TTL again, or permanent if it was. On a map whose default is 0
// its deadline stays as it is, so it is the deadline of the window in which the counter was made.
func AddTTL[K Key, V Integer](m *Map[K, V], k K, delta V, d time.Duration) (V, error) {
	return count(m, &dict.Op{Code: dict.OpAdd, Mode: dict.TTLNew, TTL: d, Key: datum(k), Val: datum(delta)})
}

// Max sets the value of k to v if k is missing or its value is smaller, and returns the value that is there then.
func Max[K Key, V Integer](m *Map[K, V], k K, v V) (V, error) {
	return count(m, &dict.Op{Code: dict.OpMax, Key: datum(k), Val: datum(v)})
}

// Min sets the value of k to v if k is missing or its value is larger, and returns the value that is there then.
func Min[K Key, V Integer](m *Map[K, V], k K, v V) (V, error) {
	return count(m, &dict.Op{Code: dict.OpMin, Key: datum(k), Val: datum(v)})
}

// count carries out op and returns the integer that is there afterwards.
func count[K Key, V Integer](m *Map[K, V], op *dict.Op) (V, error) {
	if err := m.d.Do(op); err != nil {
		return 0, err
	}
	return fromWord[V](op.W), nil
}

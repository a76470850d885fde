package shmap

import (
	"unsafe"

	"github.com/shmap-go/shmap/internal/dict"
)

// Conversions between K and V and the words and strings of dict. The type of a Key or Value is told by its size
// alone: 2, 4 and 8 bytes are integers, 16 a string, 24 a []byte. unsafe.Sizeof of a type parameter is a constant
// in the code that the compiler makes for each underlying type, so each function below shrinks to one branch, and
// for an integer to a move between registers; nothing here allocates, with one exception that is named.
//
// Every cast in this file is through a pointer to a local variable of type T, to a type that T has as its
// underlying type (or, for integers, the unsigned type of the same width: same size, same alignment, every bit
// pattern valid). The size decides which, and the constraint Value leaves no other type of that size.

// Sizes are those of a 64-bit machine: elsewhere a string would be as large as an int64.
const (
	stringSize = unsafe.Sizeof("")
	bytesSize  = unsafe.Sizeof([]byte(nil))

	_ = -(stringSize ^ 16) // does not compile unless both are equal
	_ = -(bytesSize ^ 24)
)

// isInteger reports whether T is an integer type.
func isInteger[T Value]() bool {
	var v T
	return unsafe.Sizeof(v) <= 8
}

// datum is v as dict takes it. For a []byte it aliases the bytes: dict reads them during the call and keeps
// nothing.
func datum[T Value](v T) dict.Datum {
	if unsafe.Sizeof(v) <= 8 {
		return dict.Datum{W: toWord(v)}
	}
	return dict.Datum{S: toString(v)}
}

// toWord is the bits of an integer, zero-extended.
func toWord[T Value](v T) uint64 {
	if unsafe.Sizeof(v) == 2 {
		return uint64(*(*uint16)(unsafe.Pointer(&v))) // T is ~int16 or ~uint16
	}
	if unsafe.Sizeof(v) == 4 {
		return uint64(*(*uint32)(unsafe.Pointer(&v))) // T is ~int32 or ~uint32
	}
	if unsafe.Sizeof(v) == 8 {
		return *(*uint64)(unsafe.Pointer(&v)) // T is ~int64 or ~uint64
	}
	return 0
}

// toString is a string or []byte as a string over the same memory.
func toString[T Value](v T) string {
	if unsafe.Sizeof(v) == stringSize {
		return *(*string)(unsafe.Pointer(&v)) // T is ~string
	}
	if unsafe.Sizeof(v) == bytesSize {
		b := *(*[]byte)(unsafe.Pointer(&v)) // T is ~[]byte
		// The string lives for one call of dict, during which the caller must not change b anyway.
		return unsafe.String(unsafe.SliceData(b), len(b))
	}
	return ""
}

// fromWord is the integer whose zero-extended bits are w: the inverse of toWord.
func fromWord[T Value](w uint64) (v T) {
	if unsafe.Sizeof(v) == 2 {
		*(*uint16)(unsafe.Pointer(&v)) = uint16(w) // T is ~int16 or ~uint16
	}
	if unsafe.Sizeof(v) == 4 {
		*(*uint32)(unsafe.Pointer(&v)) = uint32(w) // T is ~int32 or ~uint32
	}
	if unsafe.Sizeof(v) == 8 {
		*(*uint64)(unsafe.Pointer(&v)) = w // T is ~int64 or ~uint64
	}
	return v
}

// fromBytes is the string or []byte made of b, whose memory it takes over.
func fromBytes[T Value](b []byte) (v T) {
	if unsafe.Sizeof(v) == stringSize {
		// T is ~string. b was allocated for this call and nobody else has it, so it changes no more.
		*(*string)(unsafe.Pointer(&v)) = unsafe.String(unsafe.SliceData(b), len(b))
	}
	if unsafe.Sizeof(v) == bytesSize {
		if b == nil {
			b = []byte{} // a present empty value is not nil
		}
		*(*[]byte)(unsafe.Pointer(&v)) = b // T is ~[]byte
	}
	return v
}

// fromString is the string or []byte made of s, a string that dict made for this caller alone.
func fromString[T Value](s string) (v T) {
	if unsafe.Sizeof(v) == stringSize {
		*(*string)(unsafe.Pointer(&v)) = s // T is ~string
	}
	if unsafe.Sizeof(v) == bytesSize {
		*(*[]byte)(unsafe.Pointer(&v)) = ownBytes(s) // T is ~[]byte
	}
	return v
}

// ownBytes turns s into bytes that may be written. The memory of s came from the heap for this caller alone (see
// dict.Entry), so nobody sees the writes; its capacity is its length, so appending never runs into a neighbour.
// The exceptions are strings of one byte, which the runtime takes from a table of its own, and empty ones, which
// may have no memory at all: those are copied.
func ownBytes(s string) []byte {
	if len(s) <= 1 {
		return append([]byte{}, s...)
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// loader is how a map is read: by a function that takes a key and returns a value, without steps in between for integers of 8
// bytes.
func loader[K Key, V Value](d *dict.Map) (load func(*dict.Quick, K) (V, bool), q *dict.Quick) {
	var k K
	var v V
	word, q := d.Loader()
	if unsafe.Sizeof(k) == 8 && unsafe.Sizeof(v) == 8 {
		// K and V are integers of 8 bytes, as uint64 is, and all of those are passed and returned alike (ABIInternal: each
		// in the next integer register, or in 8 bytes of the stack), so a function of the one type can be called as one of
		// the other.
		return *(*func(*dict.Quick, K) (V, bool))(unsafe.Pointer(&word)), q
	}
	if isInteger[K]() && isInteger[V]() {
		return func(q *dict.Quick, k K) (V, bool) {
			w, ok := word(q, toWord(k))
			return fromWord[V](w), ok
		}, q
	}
	return func(q *dict.Quick, k K) (v V, ok bool) {
		b, w, ok, err := q.LoadText(toWord(k), toString(k), nil)
		if err != nil || !ok {
			return v, false
		}
		return result[V](w, b), true
	}, q
}

// writers are how a value is stored, and how one is added to: as loader.
func writers[K Key, V Value]() (store func(*dict.Map, K, V) error, add func(*dict.Map, K, V) (V, error)) {
	var k K
	var v V
	if unsafe.Sizeof(k) == 8 && unsafe.Sizeof(v) == 8 {
		s, a := (*dict.Map).StoreWord, (*dict.Map).AddWord
		return *(*func(*dict.Map, K, V) error)(unsafe.Pointer(&s)), *(*func(*dict.Map, K, V) (V, error))(unsafe.Pointer(&a)) // as in loader
	}
	if isInteger[K]() && isInteger[V]() {
		return func(d *dict.Map, k K, v V) error { return d.StoreWord(toWord(k), toWord(v)) },
			func(d *dict.Map, k K, v V) (V, error) {
				w, err := d.AddWord(toWord(k), toWord(v))
				return fromWord[V](w), err
			}
	}
	return func(d *dict.Map, k K, v V) error { return d.StoreDatum(datum(k), datum(v)) },
		func(d *dict.Map, k K, v V) (V, error) {
			w, err := d.AddDatum(datum(k), toWord(v))
			return fromWord[V](w), err
		}
}

// words is the same memory as words, if keys and values are integers of 8 bytes.
func words[K Key, V Value](keys []K, vals []V) (ks, vs []uint64, ok bool) {
	var k K
	var v V
	if unsafe.Sizeof(k) != 8 || unsafe.Sizeof(v) != 8 {
		return nil, nil, false
	}
	ks = unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(keys))), len(keys)) // K is ~int64 or ~uint64
	vs = unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(vals))), len(vals)) // V likewise
	return ks, vs, true
}

// result is what dict returned for a value: a word or bytes.
func result[V Value](w uint64, b []byte) (v V) {
	if unsafe.Sizeof(v) <= 8 {
		return fromWord[V](w)
	}
	return fromBytes[V](b)
}

// fromDatum is the key or value that dict returned in an Entry: the inverse of datum.
func fromDatum[T Value](d dict.Datum) (v T) {
	if unsafe.Sizeof(v) <= 8 {
		return fromWord[T](d.W)
	}
	return fromString[T](d.S)
}

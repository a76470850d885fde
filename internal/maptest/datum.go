package maptest

import (
	"math"
	"strconv"
	"strings"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// KeyOf is key number i of a kind. For integers numbers below 2^15 give different keys, extreme ones among the first.
func KeyOf(kind layout.Kind, i int) dict.Datum {
	if kind == layout.String {
		return dict.Datum{S: stringKey(i)}
	}
	switch {
	case i == 1:
		return dict.Datum{W: kind.Truncate(math.MaxUint64)} // -1, or the largest
	case i == 2:
		return dict.Datum{W: kind.Truncate(1 << (kind.Bits() - 1))} // the smallest, or the half
	case i == 3:
		return dict.Datum{W: kind.Truncate(1<<(kind.Bits()-1) - 1)}
	case i%3 == 0 && i > 3 && kind.Bits() > 16:
		return dict.Datum{W: kind.Truncate(uint64(i) << (kind.Bits() - 18))}
	}
	return dict.Datum{W: uint64(i)}
}

// largeKey is the number of the one key that does not fit a chunk.
const largeKey = 1001

// keyLengths are the lengths that keys grow to by their number.
var keyLengths = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 15, 16, 17, 24, 31, 32, 40, 64, 77, 100, 120, 7, 0, 900}

// stringKey is the number in decimal, padded; key 0 is empty.
func stringKey(i int) string {
	if i == 0 {
		return ""
	}
	s := strconv.Itoa(i)
	n := keyLengths[i%len(keyLengths)]
	switch i {
	case 1000:
		n = 3 << 10
	case largeKey:
		n = 100 << 10
	}
	if len(s) < n {
		s += strings.Repeat("\x00", 1) + strings.Repeat("k", n-len(s)-1)
	}
	return s
}

// ValueOf makes a value from a selector byte, which says how long or how extreme, and a seed byte.
func ValueOf(kind layout.Kind, sel, seed byte) dict.Datum {
	if kind == layout.String {
		return dict.Datum{S: Text(valueLength(sel, seed), seed)}
	}
	w := uint64(seed)
	switch sel % 8 {
	case 0:
		w = -w
	case 1:
		w = 1<<(kind.Bits()-1) - 1 - w%4
	case 2:
		w = 1<<(kind.Bits()-1) + w%4
	case 3:
		w = math.MaxUint64 - w%4
	case 4:
		w *= 0x9e3779b97f4a7c15
	}
	return dict.Datum{W: kind.Truncate(w)}
}

func valueLength(sel, seed byte) int {
	n := int(seed)
	switch {
	case sel < 80:
		return int(sel) % 8
	case sel < 120:
		return 8
	case sel < 220:
		return 15 + n%106
	case sel < 246:
		return 121 + n*n/16
	case sel < 253:
		return 4<<10 + n*64
	case sel < 255:
		return 40<<10 + n*150
	}
	return 64<<10 + n*530
}

// Text is a string of n bytes, different for different seeds where it is not empty.
func Text(n int, seed byte) string {
	var b strings.Builder
	b.Grow(n)
	for i := range n {
		b.WriteByte(seed + byte(i*7) + byte(i>>8))
	}
	return b.String()
}

package word

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// Parse reads w as a key or a value of kind k. An integer that k cannot hold is ErrRange, never cut off.
func Parse(k layout.Kind, w string) (dict.Datum, error) {
	if k == layout.String {
		return dict.Datum{S: w}, nil
	}
	bits, err := integer(k, w, largest(k, true))
	return dict.Datum{W: bits}, err
}

// Delta reads w as what is added to a value of kind k. For an unsigned kind it may be negative and then wraps.
func Delta(k layout.Kind, w string) (dict.Datum, error) {
	negative := largest(k, true)
	if !k.Signed() {
		negative = largest(k, false)
	}
	bits, err := integer(k, w, negative)
	return dict.Datum{W: bits}, err
}

// Count reads w as a number of things.
func Count(w string) (int, error) {
	bits, err := integer(layout.Int64, w, 0)
	return int(bits), err
}

// Duration reads w as a Go duration that is not negative.
func Duration(w string) (time.Duration, error) {
	d, err := time.ParseDuration(w)
	switch {
	case err != nil:
		return 0, fault.With(ErrSyntax, "%q is no duration; write one like 1m30s, 250ms or 0", w)
	case d < 0:
		return 0, fault.With(ErrRange, "the duration %s is negative", w)
	}
	return d, nil
}

// integer reads w as an integer of kind k whose magnitude, when w is negative, is at most negative.
func integer(k layout.Kind, w string, negative uint64) (uint64, error) {
	digits, minus := strings.CutPrefix(w, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, fault.With(ErrSyntax, "%s is no decimal integer", clip(w))
	}
	limit := largest(k, false)
	if minus {
		limit = negative
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > limit {
		return 0, fault.With(ErrRange, "%s is not from %s to %d (%v)", clip(w), below(negative), largest(k, false), k)
	}
	if minus {
		n = -n
	}
	return k.Truncate(n), nil
}

// largest is the largest magnitude of a positive or a negative integer of kind k.
func largest(k layout.Kind, negative bool) uint64 {
	all := uint64(math.MaxUint64) >> (64 - k.Bits())
	switch {
	case !k.Signed() && negative:
		return 0
	case k.Signed() && negative:
		return all>>1 + 1
	case k.Signed():
		return all >> 1
	}
	return all
}

// below writes the negative limit of a message.
func below(n uint64) string {
	if n == 0 {
		return "0"
	}
	return "-" + strconv.FormatUint(n, 10)
}

// clip quotes the start of w for a message.
func clip(w string) string {
	if len(w) > 40 {
		return strconv.Quote(w[:40]) + "..."
	}
	return strconv.Quote(w)
}

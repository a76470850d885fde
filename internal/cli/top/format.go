package top

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/shmap-go/shmap/internal/dict"
)

// group writes n with commas between the thousands.
func group(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes a number of bytes.
func size(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/(1<<10), 0
	for ; v >= 1000 && unit < 4; unit++ {
		v /= 1 << 10
	}
	text := strconv.FormatFloat(v, 'f', 1, 64)
	if v >= 100 || strings.HasSuffix(text, ".0") {
		text = strconv.FormatFloat(v, 'f', 0, 64)
	}
	return fmt.Sprintf("%s %ciB", text, "KMGTP"[unit])
}

// rate writes a change a second.
func rate(v float64) string {
	abs := math.Abs(v)
	switch {
	case abs == 0:
		return "0/s"
	case abs < 0.1:
		return "<0.1/s"
	case abs < 10:
		return strconv.FormatFloat(v, 'f', 1, 64) + "/s"
	case v < 0:
		return "-" + group(uint64(math.Round(abs))) + "/s"
	}
	return group(uint64(math.Round(abs))) + "/s"
}

// signed is rate with its sign.
func signed(v float64) string {
	if v > 0 {
		return "+" + rate(v)
	}
	return rate(v)
}

func percent(part, of float64) string {
	if of == 0 {
		return "-"
	}
	v := 100 * part / of
	if v > 0 && v < 0.5 {
		return "<1%"
	}
	return fmt.Sprintf("%.0f%%", v)
}

// left writes a time to live.
func left(d time.Duration) string {
	switch {
	case d == dict.Permanent:
		return "-"
	case d < 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d < 100*time.Hour:
		return d.Round(time.Second).String()
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// span writes a duration without the zeros at its end.
func span(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// moment writes a time of today, or a day.
func moment(t, now time.Time) string {
	switch {
	case t.IsZero():
		return "-"
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateOnly)
}

// fit makes s exactly width cells wide.
func fit(s string, width int, right bool, tail string) string {
	w := ansi.StringWidth(s)
	if w > width {
		s = ansi.Truncate(s, width, tail)
		w = ansi.StringWidth(s)
	}
	pad := fmt.Sprintf("%*s", max(0, width-w), "")
	if right {
		return pad + s
	}
	return s + pad
}

// end is the end of s in width cells: of a path the end tells more than the start.
func end(s string, width int, head string) string {
	w := ansi.StringWidth(s)
	if w <= width {
		return s
	}
	return ansi.TruncateLeft(s, w-width+ansi.StringWidth(head), head)
}

package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
)

// A Printer writes rows as they come.
type Printer interface {
	Row(Row) error
}

// NewTable writes the heading of a table and returns its Printer.
func NewTable(w io.Writer) (Printer, error) {
	t := table{w}
	return t, t.line("case", "ours_ns", "peer", "peer_ns", "ratio", "target", "ok", "")
}

type table struct{ w io.Writer }

func (t table) line(name, ours, peer, theirs, ratio, target, ok, note string) error {
	if note != "" {
		note = "  " + note
	}
	_, err := fmt.Fprintf(t.w, "%-34s  %9s  %-22s  %9s  %7s  %6s  %s%s\n", name, ours, peer, theirs, ratio, target, ok, note)
	return err
}

func (t table) Row(r Row) error {
	return t.line(r.Case, Number(r.Ours), r.Peer, Number(r.Theirs), Number(r.Ratio), Number(r.Target), r.Verdict(), r.Note)
}

// NewJSON returns a Printer of one JSON object a line.
func NewJSON(w io.Writer) Printer { return lines{json.NewEncoder(w)} }

type lines struct{ *json.Encoder }

func (l lines) Row(r Row) error { return l.Encode(r) }

// Number writes x with three significant digits, whole from 100 up; - if there is none.
func Number(x *float64) string {
	if x == nil {
		return "-"
	}
	size := math.Abs(*x)
	switch {
	case size >= 100 || size == 0:
		return strconv.FormatFloat(*x, 'f', 0, 64)
	case size >= 10:
		return strconv.FormatFloat(*x, 'f', 1, 64)
	case size >= 1:
		return strconv.FormatFloat(*x, 'f', 2, 64)
	case size >= 0.1:
		return strconv.FormatFloat(*x, 'f', 3, 64)
	default:
		return strconv.FormatFloat(*x, 'g', 3, 64)
	}
}

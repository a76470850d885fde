// Package report turns the results into rows, tables, lines of JSON and BENCHMARKS.md. It knows nothing of how they
// were measured.
package report

// A Row compares the map with one peer in one case. Costs are in nanoseconds for each operation unless the name of the
// case says otherwise; less is better in every case.
type Row struct {
	Case   string   `json:"case"`
	Ours   *float64 `json:"ours_ns"` // nil: not measured
	Peer   string   `json:"peer"`
	Theirs *float64 `json:"peer_ns"` // nil: the peer is missing
	Ratio  *float64 `json:"ratio"`   // ours / theirs: below 1 is faster
	Target *float64 `json:"target"`  // the largest ratio that is good enough; nil: shown for comparison only
	OK     *bool    `json:"ok"`      // nil: no target
	Note   string   `json:"note,omitempty"`

	OursSpread, TheirsSpread float64 `json:"-"` // distance between the quartiles, as a part of the median
	Reps                     int     `json:"-"`
}

// Compared is the row of two measured costs. A target of 0 is none.
func Compared(name string, ours float64, peer string, theirs, target float64) Row {
	r := Row{Case: name, Ours: &ours, Peer: peer, Theirs: &theirs}
	if theirs > 0 {
		ratio := ours / theirs
		r.Ratio = &ratio
	} else if ours == 0 { // nothing against nothing is a draw
		one := 1.0
		r.Ratio = &one
	}
	if target > 0 {
		ok := r.Ratio != nil && *r.Ratio <= target
		r.Target, r.OK = &target, &ok
	}
	return r
}

// Missing is the row of a comparison that could not be made, because of why. It is never a win.
func Missing(name, peer string, target float64, why string) Row {
	r := Row{Case: name, Peer: peer, Note: why}
	if target > 0 {
		ok := false
		r.Target, r.OK = &target, &ok
	}
	return r
}

// Verdict is the last column of the table.
func (r Row) Verdict() string {
	switch {
	case r.Theirs == nil || r.Ours == nil:
		return "missing"
	case r.OK == nil:
		return "-"
	case *r.OK:
		return "yes"
	default:
		return "NO"
	}
}

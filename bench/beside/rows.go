package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"github.com/shmap-go/shmap/bench/internal/measure"
)

// A spread is the median of samples and their quartiles.
type spread struct {
	Median float64 `json:"median"`
	Q1     float64 `json:"q1"`
	Q3     float64 `json:"q3"`
}

func spreadOf(s measure.Samples) spread {
	return spread{s.Median(), s.Quantile(0.25), s.Quantile(0.75)}
}

// A row is what is known of the storm beside one thing. Rates are operations of all workers a second; changes are parts of 1,
// below 0 for slower, of the two rates of a round.
type row struct {
	Beside string  `json:"beside"` // "alone", or the name of a command
	Rounds int     `json:"rounds"`
	Runs   int     `json:"runs"` // of the command, in all rounds
	Rate   spread  `json:"operations_per_second"`
	Stall  spread  `json:"longest_stall_ms"`
	Worst  float64 `json:"worst_stall_ms"` // of all rounds

	CPU               *spread `json:"processors,omitempty"` // that the command used
	VsAlone           *spread `json:"change_to_alone,omitempty"`
	VsControl         *spread `json:"change_to_control,omitempty"` // what the CPU time of the command does not explain
	Slower            slower  `json:"rounds_slower_than_alone"`
	SlowerThanControl slower  `json:"rounds_slower_than_control"`
	Control           *row    `json:"control,omitempty"`

	Failures []string `json:"failures,omitempty"`
}

// slower is in how many of all rounds one rate was below another.
type slower struct {
	Rounds     int  `json:"rounds"`
	Measurable bool `json:"measurable"` // too many to be chance
}

func slowerThan(a, b samples) (s slower) {
	for i := range a {
		if a[i].rate < b[i].rate {
			s.Rounds++
		}
	}
	s.Measurable = measurable(s.Rounds, len(a))
	return s
}

// chance is how often pure chance may call a command slow that is not.
const chance = 0.01

// measurable reports whether of n rounds so many are slower that chance does not explain it (the sign test of J. Arbuthnot,
// 1710). Fewer than seven rounds show nothing.
func measurable(slower, n int) bool {
	p, ways := 0.0, 1.0 // of k slower rounds of n
	for k := n; k >= slower; k-- {
		p += ways / math.Exp2(float64(n))
		ways *= float64(k) / float64(n-k+1)
	}
	return p < chance
}

func rowOf(name string, s samples) row {
	r := row{Beside: name, Rounds: len(s), Rate: spreadOf(s.of(rate)), Stall: spreadOf(s.of(stall)), Worst: slices.Max(s.of(stall))}
	for _, one := range s {
		r.Runs += one.runs
	}
	return r
}

// change is how much faster a is than b, round by round.
func change(a, b samples) *spread {
	var out measure.Samples
	for i := range a {
		out = append(out, a[i].rate/b[i].rate-1)
	}
	s := spreadOf(out)
	return &s
}

func (r *result) rows() []row {
	out := []row{rowOf("alone", r.alone())}
	for _, t := range r.tools {
		one := rowOf(t.name, t.beside)
		control := rowOf("control of "+t.name, t.control)
		used, burnt := spreadOf(t.beside.of(cpu)), spreadOf(t.control.of(cpu))
		one.CPU, control.CPU = &used, &burnt
		one.VsAlone, control.VsAlone = change(t.beside, t.alone), change(t.control, t.alone)
		one.VsControl = change(t.beside, t.control)
		one.Slower, one.SlowerThanControl = slowerThan(t.beside, t.alone), slowerThan(t.beside, t.control)
		one.Control, one.Failures = &control, t.failures
		out = append(out, one)
	}
	return out
}

// failed is an error if a command failed.
func (r *result) failed() error {
	var wrong []error
	for _, t := range r.tools {
		for _, f := range t.failures {
			wrong = append(wrong, errors.New(f))
		}
	}
	return errors.Join(wrong...)
}

func percent(s *spread) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%+.1f [%+.1f, %+.1f]", 100*s.Median, 100*s.Q1, 100*s.Q3)
}

// cells are the columns of a row in the table and the document.
func (r row) cells() []string {
	out := []string{
		r.Beside, fmt.Sprintf("%.3f [%.3f, %.3f]", r.Rate.Median/1e6, r.Rate.Q1/1e6, r.Rate.Q3/1e6), percent(r.VsAlone), "", "", "", "",
		fmt.Sprintf("%.1f", r.Stall.Median), fmt.Sprintf("%.0f", r.Worst), "", "", "",
	}
	if c := r.Control; c != nil {
		said := func(s slower) string {
			if !measurable(r.Rounds, r.Rounds) {
				return "-" // too few to say
			}
			return map[bool]string{false: "no", true: "YES"}[s.Measurable]
		}
		out[3] = said(r.Slower)
		out[4] = fmt.Sprintf("%.3f / %.3f", r.CPU.Median, c.CPU.Median)
		out[5] = percent(r.VsControl)
		out[6] = said(r.SlowerThanControl)
		out[9] = fmt.Sprintf("%.1f, %.0f", c.Stall.Median, c.Worst)
		out[10] = fmt.Sprint(r.Runs)
		out[11] = fmt.Sprint(len(r.Failures))
	}
	return out
}

func headings() []string {
	return []string{
		"beside", "M operations/s", "to alone, %", "measurable", "processors: it / control", "to control, %", "measurable",
		"longest stall, ms", "worst", "of control", "runs", "failed",
	}
}

// print writes the table, or lines of JSON.
func (r *result) print(out io.Writer, asJSON bool) error {
	if asJSON {
		lines := json.NewEncoder(out)
		for _, one := range r.rows() {
			if err := lines.Encode(one); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(cells []string) {
		for _, c := range cells {
			fmt.Fprintf(w, "%s\t", c)
		}
		fmt.Fprintln(w)
	}
	line(headings())
	for _, one := range r.rows() {
		line(one.cells())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d turns, %d kills, %d repairs of shards; the map was whole after every turn\n", r.turns, r.kills, r.repairs)
	return err
}

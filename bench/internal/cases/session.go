// Package cases holds the comparisons: what is measured, against which peer, on which data. Each experiment prepares
// its data once and reports one or more cases from it.
package cases

import (
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/shmap-go/shmap/bench/internal/measure"
	"github.com/shmap-go/shmap/bench/internal/report"
)

// Options of a run.
type Options struct {
	Quick  bool           // smaller samples, fewer of them; the whole within a minute
	Only   *regexp.Regexp // nil is every case
	Traces string         // directory of the access traces, empty if there is none
	Out    report.Printer // gets the rows as they come
	Log    io.Writer      // progress
	Dir    string         // a directory in memory for files of the run
}

// A Session is one run of the tool.
type Session struct {
	Options
	Rows   []report.Row
	Charts []report.Chart

	start time.Time
	note  string   // for the rows of the experiment under way
	ends  []func() // what to do at the end
	sink  int64    // the sum of what was read, so that no read is for nothing
}

// An experiment reports the cases named.
type experiment struct {
	cases []string
	run   func(*Session) error
}

// quickLimit is when a quick run starts no further experiment: what is under way must end within the minute.
const quickLimit = 52 * time.Second

// Run runs all experiments that have a case that was asked for.
func Run(o Options) (*Session, error) {
	s := &Session{Options: o, start: time.Now()}
	var failed error
	for _, e := range experiments() {
		if !s.wantsAny(e.cases) {
			continue
		}
		if s.late() {
			for _, name := range e.cases {
				if s.wants(name) {
					s.emit(report.Missing(name, "", 0, "no time left for it with -quick"))
				}
			}
			continue
		}
		if err := s.try(e); err != nil {
			failed = fmt.Errorf("%s: %w", e.cases[0], err)
			fmt.Fprintln(o.Log, "bench:", failed)
			for _, name := range e.cases {
				if s.wants(name) && !s.reported(name) {
					s.emit(report.Missing(name, "", 0, err.Error()))
				}
			}
		}
	}
	for _, end := range s.ends {
		end()
	}
	return s, failed
}

// late reports whether a quick run has to come to its end.
func (s *Session) late() bool { return s.Quick && time.Since(s.start) > quickLimit }

// atEnd is for what several experiments share.
func (s *Session) atEnd(do func()) { s.ends = append(s.ends, do) }

// failure is what check panics with.
type failure struct{ error }

// check ends an experiment if err is an error. It is for the loops, where anything else would be in the way.
func check(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// try runs an experiment and returns what check found.
func (s *Session) try(e experiment) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.error
		default:
			panic(r)
		}
	}()
	s.note = ""
	return e.run(s)
}

// wants reports whether the case was asked for.
func (s *Session) wants(name string) bool { return s.Only == nil || s.Only.MatchString(name) }

func (s *Session) wantsAny(names []string) bool {
	for _, name := range names {
		if s.wants(name) {
			return true
		}
	}
	return false
}

func (s *Session) reported(name string) bool {
	for _, r := range s.Rows {
		if r.Case == name {
			return true
		}
	}
	return false
}

// Cases are the names of all cases, in order.
func Cases() []string {
	var out []string
	for _, e := range experiments() {
		out = append(out, e.cases...)
	}
	return out
}

// progress says what is being done, on standard error.
func (s *Session) progress(format string, args ...any) {
	fmt.Fprintf(s.Log, "%5.1fs  %s\n", time.Since(s.start).Seconds(), fmt.Sprintf(format, args...))
}

func (s *Session) emit(r report.Row) {
	if r.Note == "" {
		r.Note = s.note
	}
	s.Rows = append(s.Rows, r)
	check(s.Out.Row(r))
}

// pick is quick in a quick run, full otherwise.
func pick[T any](s *Session, quick, full T) T {
	if s.Quick {
		return quick
	}
	return full
}

// scaled is n, or less in a quick run: then the rows of this experiment say so from now on.
func (s *Session) scaled(n, quick int) int {
	if s.Quick {
		s.note = fmt.Sprintf("with %s in a quick run", human(quick))
		return quick
	}
	return n
}

// Many short samples rather than few long ones: most of them then lie between the interruptions by other programs, and
// their median is of those.
func (s *Session) reps() int             { return pick(s, 15, 51) }
func (s *Session) sample() time.Duration { return pick(s, time.Millisecond, 5*time.Millisecond) }

// A pass goes over all keys of a small map. Over all of a large one it would be too long for a sample: it goes over a
// stretch of them.
const (
	small   = 1 << 15
	stretch = 1 << 13
)

// over makes a Side of a loop over keys, which starts again at the end. The pass returns a sum of what it read.
func over[K any](s *Session, name string, keys []K, pass func([]K) int64) measure.Side {
	size, at := len(keys), 0
	if size > small {
		size = stretch
	}
	return measure.Loop(name, size, s.sample(), func(passes int) {
		for range passes {
			if at+size > len(keys) {
				at = 0
			}
			s.sink += pass(keys[at : at+size])
			at += size
		}
	})
}

// A result is what a side of a comparison came to.
type result struct {
	name   string
	median float64
}

// compare measures ours, the first side, against each of the others, and reports a row for each.
func (s *Session) compare(name string, sides ...measure.Side) []result {
	return s.compareReps(name, s.reps(), sides...)
}

func (s *Session) compareReps(name string, reps int, sides ...measure.Side) []result {
	if !s.wants(name) {
		return nil
	}
	s.progress("%s", name)
	samples, err := measure.Interleave(sides, reps)
	check(err)
	var out []result
	for i := range sides {
		out = append(out, result{sides[i].Name, samples[i].Median()})
		if i > 0 {
			s.emitSamples(name, samples[0], sides[i].Name, samples[i])
		}
	}
	return out
}

// emitSamples reports a row of the medians of samples.
func (s *Session) emitSamples(name string, ours measure.Samples, peer string, theirs measure.Samples) {
	r := report.Compared(name, ours.Median(), peer, theirs.Median(), target(name, peer))
	r.OursSpread, r.TheirsSpread, r.Reps = ours.Spread(), theirs.Spread(), len(ours)
	s.emit(r)
}

// emitValues reports a row of two values that were measured once.
func (s *Session) emitValues(name string, ours float64, peer string, theirs float64) {
	if s.wants(name) {
		s.emit(report.Compared(name, ours, peer, theirs, target(name, peer)))
	}
}

// emitMissing reports that a peer is not there.
func (s *Session) emitMissing(name, peer, why string) {
	if s.wants(name) {
		s.emit(report.Missing(name, peer, target(name, peer), why))
	}
}

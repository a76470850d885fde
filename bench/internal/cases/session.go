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
		if o.Quick && time.Since(s.start) > quickLimit {
			for _, name := range e.cases {
				s.emit(report.Missing(name, "", 0, "no time left for it with -quick"))
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

// Many short samples rather than few long ones: most of them then lie between the interruptions by other programs, and
// their median is of those.
func (s *Session) reps() int             { return pick(s, 15, 51) }
func (s *Session) sample() time.Duration { return pick(s, 2*time.Millisecond, 5*time.Millisecond) }

// stretch is how many keys a pass goes over: all of a large map would be too long for a sample.
const stretch = 1 << 16

// over makes a Side of a loop over keys, that goes over a stretch of them at a time and starts again at the end. The
// pass returns a sum of what it read.
func over[K any](s *Session, name string, keys []K, pass func([]K) int64) measure.Side {
	size, at := min(len(keys), stretch), 0
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

// compare measures ours, the first side, against each of the others, and reports a row for each.
func (s *Session) compare(name string, sides ...measure.Side) {
	s.compareReps(name, s.reps(), sides...)
}

func (s *Session) compareReps(name string, reps int, sides ...measure.Side) {
	if !s.wants(name) {
		return
	}
	s.progress("%s", name)
	samples, err := measure.Interleave(sides, reps)
	check(err)
	for i := 1; i < len(sides); i++ {
		s.emitSamples(name, samples[0], sides[i].Name, samples[i])
	}
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

package check

import (
	"fmt"
	"runtime/debug"
)

// Problem is one broken invariant.
type Problem struct {
	Shard  int    // -1: of the map as a whole
	Where  string // the structure, in the words of package layout
	Offset uint64 // byte offset in the file, 0 where there is none to point at
	Text   string
}

func (p Problem) String() string {
	s := fmt.Sprintf("%s: %s", p.Where, p.Text)
	if p.Offset != 0 {
		s = fmt.Sprintf("%s at offset %#x: %s", p.Where, p.Offset, p.Text)
	}
	if p.Shard != whole {
		s = fmt.Sprintf("shard %d: %s", p.Shard, s)
	}
	return s
}

const (
	whole       = -1   // in the place of a shard number
	maxProblems = 1000 // the rest is counted
)

// report collects problems.
type report struct {
	problems []Problem
	more     int
}

func (r *report) add(shard int, where string, off uint64, format string, args ...any) {
	if len(r.problems) == maxProblems {
		r.more++
		return
	}
	r.problems = append(r.problems, Problem{shard, where, off, fmt.Sprintf(format, args...)})
}

// take adds what o holds.
func (r *report) take(o *report) {
	n := min(len(o.problems), maxProblems-len(r.problems))
	r.problems = append(r.problems, o.problems[:n]...)
	r.more += o.more + len(o.problems) - n
}

func (r *report) result() []Problem {
	if r.more == 0 {
		return r.problems
	}
	return append(r.problems, Problem{whole, "check", 0, fmt.Sprintf("%d more problems", r.more)})
}

// contain calls f. A panic, or a page that cannot be read, is a problem (K3).
func (r *report) contain(shard int, f func()) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if e := recover(); e != nil {
			r.add(shard, "walk", 0, "ended by: %v", e)
		}
	}()
	f()
}

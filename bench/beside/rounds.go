package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shmap-go/shmap/bench/internal/measure"
)

// A sample is what was measured in one turn.
type sample struct {
	rate  float64 // operations of the storm a second
	stall float64 // longest wait of a worker that lived on, milliseconds
	cpu   float64 // processors that what ran beside it used
	runs  int
}

// samples are those of all rounds.
type samples []sample

func (s samples) of(f func(sample) float64) measure.Samples {
	out := make(measure.Samples, len(s))
	for i := range s {
		out[i] = f(s[i])
	}
	return out
}

func rate(s sample) float64  { return s.rate }
func stall(s sample) float64 { return s.stall }
func cpu(s sample) float64   { return s.cpu }

// A result is what all rounds showed.
type result struct {
	alone   samples
	tools   []measuredTool
	kills   int
	repairs uint64
	turns   int
}

// A measuredTool has a sample of each round for the tool and for its control, a process that does nothing but use as much of the
// processors as the tool did.
type measuredTool struct {
	tool
	beside, control samples
	failures        []string
}

// measured runs the rounds. Each begins with another turn, so that none always follows the same one; a tool and its control stand
// next to each other, now the one first and now the other. An error of the tool is a failure in the result; any other ends it.
func measured(p *place, o options, tools []tool) (*result, error) {
	r := &result{tools: make([]measuredTool, len(tools))}
	for i := range tools {
		r.tools[i].tool = tools[i]
	}
	for round := range o.rounds {
		for i := range len(tools) + 1 {
			at := (round+i)%(len(tools)+1) - 1
			fmt.Fprintf(o.log, "round %d of %d: ", round+1, o.rounds)
			if err := r.pair(p, o, at, round%2 == 1); err != nil {
				return r, err
			}
		}
	}
	var err error
	r.repairs, err = p.repairs()
	return r, err
}

// pair takes the samples of one tool and its control, or of the storm alone if at is -1.
func (r *result) pair(p *place, o options, at int, controlFirst bool) error {
	if at < 0 {
		s, _, err := r.turn(p, o, nil)
		fmt.Fprintf(o.log, "alone %.0f operations/s\n", s.rate)
		r.alone = append(r.alone, s)
		return err
	}
	m := &r.tools[at]
	control := func(processors float64) error {
		s, failure, err := r.turn(p, o, func(t *turn) error {
			cmd := self(t.ctx, "burner", fmt.Sprint(processors), t.d.String())
			if err := cmd.Run(); err != nil {
				return err
			}
			t.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			return nil
		})
		m.control = append(m.control, s)
		return errors.Join(failure, err)
	}
	if controlFirst {
		if err := control(m.beside.of(cpu).Median()); err != nil {
			return err
		}
	}
	s, failure, err := r.turn(p, o, m.use)
	if err != nil {
		return err
	}
	m.beside = append(m.beside, s)
	if failure == nil && m.after != nil {
		failure = m.after(p)
	}
	if failure != nil {
		m.failures = append(m.failures, failure.Error())
		fmt.Fprintf(o.log, "FAILED: %v\n", failure)
	}
	if !controlFirst {
		if err := control(s.cpu); err != nil {
			return err
		}
	}
	fmt.Fprintf(o.log, "beside %s %.0f operations/s, %d runs; control %.0f\n", m.name, s.rate, s.runs, m.control[len(m.control)-1].rate)
	return nil
}

// turn measures a storm while use does something beside it, from its first moment to its last; nil is to do nothing. The map is
// checked when the storm is over.
func (r *result) turn(p *place, o options, use func(*turn) error) (s sample, failure, err error) {
	st, err := raise(p)
	if err != nil {
		return s, nil, err
	}
	ctx, stop := context.WithTimeout(context.Background(), o.turn+3*patience)
	defer stop()
	st.calm()
	before := st.done()
	t := &turn{p: p, ctx: ctx, start: time.Now(), d: o.turn}
	if use != nil {
		failure = use(t)
	}
	time.Sleep(t.d - time.Since(t.start)) // if it failed early, or did nothing
	took := time.Since(t.start).Seconds()
	s = sample{
		rate:  float64(st.done()-before) / took,
		stall: float64(st.stall()) / float64(time.Millisecond),
		cpu:   t.cpu.Seconds() / took,
		runs:  t.runs,
	}
	err = st.end()
	r.kills += st.kills
	r.turns++
	return s, failure, errors.Join(err, p.sound())
}

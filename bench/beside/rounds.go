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
	tools   []measuredTool
	kills   int
	repairs uint64
	turns   int
}

// A measuredTool has three samples of each round, which follow one another: the storm alone, beside the tool, and beside its control,
// a process that does nothing but use as much of the processors as the tool did.
type measuredTool struct {
	tool
	alone, beside, control samples
	failures               []string
}

// alone are the samples of the storm alone.
func (r *result) alone() (all samples) {
	for _, t := range r.tools {
		all = append(all, t.alone...)
	}
	return all
}

// measured runs the rounds. Each begins with another tool, and the three turns of a tool change places from round to round, as a
// machine is not as fast at all times. An error of the tool is a failure in the result; any other ends it.
func measured(p *place, o options, tools []tool) (*result, error) {
	r := &result{tools: make([]measuredTool, len(tools))}
	for i := range tools {
		r.tools[i].tool = tools[i]
	}
	for round := range o.rounds {
		for i := range tools {
			m := &r.tools[(round+i)%len(tools)]
			fmt.Fprintf(o.log, "round %d of %d: ", round+1, o.rounds)
			turns := []func(*measuredTool, *place, options) error{r.besideTool, r.besideControl, r.besideNothing}
			for k := range turns {
				if err := turns[(round+k)%len(turns)](m, p, o); err != nil {
					return r, err
				}
			}
			last := len(m.alone) - 1
			fmt.Fprintf(o.log, "%s %.0f operations/s, %d runs; control %.0f; alone %.0f\n",
				m.name, m.beside[last].rate, m.beside[last].runs, m.control[last].rate, m.alone[last].rate)
		}
	}
	var err error
	r.repairs, err = p.repairs()
	return r, err
}

// besideNothing takes a sample of the storm alone.
func (r *result) besideNothing(m *measuredTool, p *place, o options) error {
	s, _, err := r.turn(p, o, nil)
	m.alone = append(m.alone, s)
	return err
}

// besideControl takes one beside a process that uses as much of the processors as the tool has used so far.
func (r *result) besideControl(m *measuredTool, p *place, o options) error {
	processors := m.beside.of(cpu).Median()
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

// besideTool takes one beside the tool.
func (r *result) besideTool(m *measuredTool, p *place, o options) error {
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

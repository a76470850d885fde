package explore

import (
	"errors"
	"fmt"
	"runtime"
)

// World explores processes that take turns. A process runs until it comes to a point: before a step that others could
// notice. There any process that can go on may be the next to do so, and any may die; a step that nobody can notice needs no
// point, because it makes no difference when it happens.
type World struct {
	Count
	Deaths   int // that may happen in one execution
	Switches int // away from a process that could go on, in one execution; less than 0: any number

	// State is a hash of all that the processes share, and of what they have done so far that matters to the check.
	State func() uint64
	// Died tells of a death: the kernel's part of it.
	Died func(p *Process)

	path     path
	reached  map[uint64]bool
	procs    []*Process
	running  *Process
	deaths   int // left in this execution
	switches int
	stamp    int // counts what sleepers look at
	roused   int // stamp at which all sleepers were woken last
	over     bool
	failure  error
	trace    []string
	done     chan struct{}
	steps    int
}

// Process is one of them.
type Process struct {
	ID     int
	world  *World
	resume chan struct{}
	ended  chan struct{}
	state  uint64 // hash of what it has seen, and so of all that it knows
	status status
	stamp  int  // when it went to sleep
	nap    bool // its sleep has ended though nothing happened
}

type status uint8

const (
	ready status = iota
	asleep
	finished
	dead
)

// errPruned ends an execution where another one has been.
var errPruned = errors.New("explore: been here")

// Explore runs the processes that begin returns along every path. After an execution in which all of them have finished
// or died it calls check. The error is the first that check or Fail reports.
func (w *World) Explore(begin func() []func(p *Process), check func() error) error {
	w.reached = map[uint64]bool{}
	for more := true; more; more = w.path.next() {
		w.begin(begin())
		w.step(nil)
		<-w.done
		w.end()
		w.Executions++
		w.Longest = max(w.Longest, w.steps)
		switch {
		case w.failure == errPruned:
			w.Pruned++
		case w.failure != nil:
			return w.failure
		default:
			if err := check(); err != nil {
				return err
			}
		}
	}
	w.States = len(w.reached)
	return nil
}

func (w *World) begin(bodies []func(p *Process)) {
	w.procs, w.deaths, w.switches, w.stamp, w.roused, w.steps = w.procs[:0], w.Deaths, w.Switches, 0, -1, 0
	w.over, w.failure, w.running, w.trace, w.done = false, nil, nil, w.trace[:0], make(chan struct{})
	for i, body := range bodies {
		p := &Process{ID: i, world: w, resume: make(chan struct{}), ended: make(chan struct{})}
		w.procs = append(w.procs, p)
		go p.run(body)
	}
}

// run is the life of a process.
func (p *Process) run(body func(p *Process)) {
	defer close(p.ended)
	defer func() {
		if r := recover(); r != nil {
			p.world.Fail(fmt.Errorf("process %d: %v", p.ID, r))
		}
		if !p.gone() {
			p.status = finished
			p.world.step(p)
		}
	}()
	<-p.resume
	if p.gone() {
		return
	}
	body(p)
}

// gone reports whether p is not there any more: what its goroutine still does while it unwinds must have no effect.
func (p *Process) gone() bool { return p.status == dead || p.world.over }

// end lets all goroutines of an execution go, one at a time.
func (w *World) end() {
	w.over = true
	for _, p := range w.procs {
		w.running = p
		select {
		case p.resume <- struct{}{}:
		case <-p.ended:
		}
		<-p.ended
	}
	w.running = nil
}

// Running is the process that runs; nil between executions. Gone says that it does so only to unwind.
func (w *World) Running() (p *Process, gone bool) {
	return w.running, w.running != nil && w.running.gone()
}

// Fail ends the execution with an error.
func (w *World) Fail(err error) {
	if w.failure == nil && !w.over {
		w.failure = err
	}
}

// Note adds a line to the trace of the execution.
func (p *Process) Note(format string, args ...any) {
	p.world.trace = append(p.world.trace, fmt.Sprintf("process %d: ", p.ID)+fmt.Sprintf(format, args...))
}

// Trace is what the processes have noted in the last execution.
func (w *World) Trace() []string { return w.trace }

// Saw adds to what p knows.
func (p *Process) Saw(v uint64) { p.state = Mix(p.state, v) }

// Forget says that all p knows from now on is what key stands for.
func (p *Process) Forget(key uint64) { p.state = Mix(key, 0x666f72676574) }

// Notice tells of a change that sleepers look at.
func (w *World) Notice() { w.stamp++ }

// Point is where others may go on first, or p die.
func (p *Process) Point() {
	p.Saw(0x706f696e74) // it has come this far
	p.world.step(p)
	p.settle()
}

// Sleep lets others go on until there is something to notice; or nobody else can go on.
func (p *Process) Sleep() {
	p.Saw(0x736c656570)
	p.status, p.stamp, p.nap = asleep, p.world.stamp, false
	p.world.step(p)
	p.settle()
	p.status = ready
}

// settle ends the goroutine of a process that is gone. Its deferred calls run.
func (p *Process) settle() {
	if p.gone() {
		runtime.Goexit()
	}
}

// awake reports whether p can go on.
func (p *Process) awake() bool {
	return p.status == ready || p.status == asleep && (p.stamp != p.world.stamp || p.nap)
}

// step decides who goes on, and waits in p, which called it, until that is p; p is nil before the first step.
func (w *World) step(p *Process) {
	if p != nil && p.gone() {
		return
	}
	w.steps++
	next := w.next(p)
	if next == p && p != nil {
		return
	}
	if next == nil {
		w.over = true
		close(w.done)
	} else {
		w.running = next
		next.resume <- struct{}{}
	}
	if p != nil && p.status != finished {
		<-p.resume
	}
}

// next is the process that goes on; nil ends the execution.
func (w *World) next(p *Process) *Process {
	for w.failure == nil {
		turns, deaths := w.options(p)
		if len(turns) == 0 {
			if w.alive() && w.roused != w.stamp { // naps end even if nothing happened
				w.rouse()
				continue
			}
			if w.alive() {
				w.Fail(errors.New("nobody can go on"))
			}
			return nil
		}
		n := 0
		if len(turns)+len(deaths) > 1 {
			if w.path.at == len(w.path.choices) && !w.arrive(p) {
				return nil
			}
			n = w.path.choose(len(turns) + len(deaths))
		}
		if n < len(turns) {
			if w.switches > 0 && p != nil && turns[n] != p && p.awake() {
				w.switches--
			}
			return turns[n]
		}
		w.kill(deaths[n-len(turns)])
	}
	return nil
}

// options are who may go on, p first, and who may die.
func (w *World) options(p *Process) (turns, deaths []*Process) {
	if p != nil && p.awake() {
		turns = append(turns, p)
	}
	for _, q := range w.procs {
		if q != p && q.awake() && (len(turns) == 0 || w.switches != 0 || turns[0] != p) {
			turns = append(turns, q)
		}
		if w.deaths > 0 && (q.status == ready || q.status == asleep) {
			deaths = append(deaths, q)
		}
	}
	return turns, deaths
}

// rouse ends every sleep, once as long as nothing happens.
func (w *World) rouse() {
	w.roused = w.stamp
	for _, p := range w.procs {
		p.nap = true
	}
}

func (w *World) alive() bool {
	for _, p := range w.procs {
		if p.status == ready || p.status == asleep {
			return true
		}
	}
	return false
}

func (w *World) kill(p *Process) {
	p.Note("dies")
	p.status = dead
	w.deaths--
	w.stamp++
	w.Died(p)
}

// arrive reports whether nobody has been in this state.
func (w *World) arrive(cur *Process) bool {
	h := Mix(w.State(), uint64(w.deaths))
	for _, p := range w.procs {
		if h = Mix(h, uint64(p.status)); p.status == ready || p.status == asleep {
			h = Mix(h, p.state)
		}
		if p.awake() {
			h = Mix(h, 1)
		}
	}
	if w.roused == w.stamp {
		h = Mix(h, 2)
	}
	if w.Switches >= 0 {
		h = Mix(h, uint64(w.switches))
		if cur != nil {
			h = Mix(h, uint64(cur.ID)+1)
		}
	}
	if w.reached[h] {
		w.failure = errPruned
		return false
	}
	w.reached[h] = true
	return true
}

package main

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
)

// A Machine is what is simulated: cores that work at a map, each on a processor of its own. Times are in nanoseconds.
//
// A core thinks, picks a shard, and takes its lock. If that is free it holds it for Hold, and Transfer longer if another
// core had it last: the lines that the operation writes have to come from there. If it is held, the core spins for Spin; then
// it asks whether the owner lives, which takes Ask, and if that is still the same one, it sleeps. Whoever lets go of a lock
// leaves it free; if somebody may be sleeping, the one that lets go pays Wake, and a sleeper looks again Latency later. This
// is what package lock does, but for the longest nap, which matters only after deaths.
type Machine struct {
	Cores, Shards int
	Hold, Think   float64
	Exponential   bool // Hold and Think are means of exponential times, not the times themselves
	Transfer      float64
	Spin, Ask     float64
	Wake, Latency float64
	Zipf          float64 // exponent of the popularity of shards, 0 for all alike
}

// A Result is what the cores got done.
type Result struct {
	PerSecond float64 // operations of all cores
	Ideal     float64 // of what they would get done if no lock were ever held, a part of 1
	Contended float64 // of the acquisitions, the part that found the lock held
	Slept     float64 // and that slept for it
	Fairness  float64 // operations of the slowest core, as a part of those of the fastest
}

// Event kinds.
const (
	arrive  = iota // a core wants a lock
	release        // a core lets go of it
	ask            // a core has spun for long enough
	answer         // it knows that the owner lives
	awake          // a sleeper asks again
)

type event struct {
	at         float64
	kind, core int
	turn       int // of the core: an event of an earlier one is void
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	*e = old[:len(old)-1]
	return x
}

// A lock is that of one shard.
type lock struct {
	held     bool
	flag     bool // somebody may be sleeping
	last     int  // core that had it last, -1 for none
	spinning []int
	sleeping []int
}

type core struct {
	shard, turn int
	owner       int  // of the lock, when this core asked
	met, slept  bool // in this acquisition
	done        int
}

type run struct {
	Machine
	rng       *rand.Rand
	queue     events
	locks     []lock
	cores     []core
	shares    []float64 // of the shards, summed up
	done      int
	contended int
	slept     int
}

// Simulate lets a machine do about ops operations.
func Simulate(m Machine, seed uint64, ops int) Result {
	r := &run{Machine: m, rng: rand.New(rand.NewPCG(seed, 64)), locks: make([]lock, m.Shards), cores: make([]core, m.Cores)}
	sum := 0.0
	for i := range m.Shards {
		sum += math.Pow(float64(i+1), -m.Zipf)
		r.shares = append(r.shares, sum)
		r.locks[i].last = -1
	}
	for c := range m.Cores {
		r.think(c, 0)
	}
	now := 0.0
	for r.done < ops {
		e := heap.Pop(&r.queue).(event)
		if now = e.at; e.turn == r.cores[e.core].turn {
			r.handle(e)
		}
	}
	least, most := r.cores[0].done, 0
	for _, c := range r.cores {
		least, most = min(least, c.done), max(most, c.done)
	}
	n := float64(r.done)
	return Result{PerSecond: n / now * 1e9, Ideal: n / now * (m.Hold + m.Think) / float64(m.Cores),
		Contended: float64(r.contended) / n, Slept: float64(r.slept) / n, Fairness: float64(least) / float64(most)}
}

func (r *run) handle(e event) {
	c := &r.cores[e.core]
	l := &r.locks[c.shard]
	switch e.kind {
	case arrive:
		if !l.held {
			r.take(e.core, e.at)
			return
		}
		c.met = true
		l.spinning = append(l.spinning, e.core)
		r.plan(e.at+r.Spin, ask, e.core)
	case ask:
		l.spinning = without(l.spinning, e.core)
		r.ask(e.core, e.at)
	case answer, awake:
		switch {
		case !l.held:
			l.flag = true // others may sleep behind it
			r.take(e.core, e.at)
		case e.kind == answer && l.last == c.owner:
			r.sleep(e.core)
		default:
			r.ask(e.core, e.at)
		}
	case release:
		r.release(e.core, e.at)
	}
}

// ask has a core find out whether the owner lives.
func (r *run) ask(i int, now float64) {
	c := &r.cores[i]
	c.turn++
	c.owner = r.locks[c.shard].last
	r.plan(now+r.Ask, answer, i)
}

// sleep puts a core to sleep; the owner will know.
func (r *run) sleep(i int) {
	c := &r.cores[i]
	l := &r.locks[c.shard]
	c.turn++
	c.slept, l.flag = true, true
	l.sleeping = append(l.sleeping, i)
}

// take gives a lock that is free to a core.
func (r *run) take(i int, now float64) {
	c := &r.cores[i]
	l := &r.locks[c.shard]
	hold := r.length(r.Hold)
	if l.last >= 0 && l.last != i {
		hold += r.Transfer
	}
	c.turn++
	l.held, l.last = true, i
	r.plan(now+hold, release, i)
}

// release lets one of those that spin have the lock, or wakes a sleeper, who may find that another core was faster.
func (r *run) release(i int, now float64) {
	c := &r.cores[i]
	l := &r.locks[c.shard]
	l.held = false
	r.done++
	c.done++
	if c.met {
		r.contended++
	}
	if c.slept {
		r.slept++
	}
	if l.flag {
		if l.flag = false; len(l.sleeping) > 0 {
			r.plan(now+r.Wake+r.Latency, awake, l.sleeping[0])
			l.sleeping = l.sleeping[1:]
		}
		r.think(i, now+r.Wake)
	} else {
		r.think(i, now)
	}
	if n := len(l.spinning); n > 0 {
		next := l.spinning[r.rng.IntN(n)]
		l.spinning = without(l.spinning, next)
		r.take(next, now)
	}
}

// think lets a core come to its next operation.
func (r *run) think(i int, now float64) {
	c := &r.cores[i]
	c.turn++
	c.met, c.slept = false, false
	c.shard, _ = slices.BinarySearch(r.shares, r.rng.Float64()*r.shares[len(r.shares)-1])
	r.plan(now+r.length(r.Think), arrive, i)
}

func (r *run) plan(at float64, kind, i int) {
	heap.Push(&r.queue, event{at, kind, i, r.cores[i].turn})
}

// length is how long something takes: as long as it does, give or take a quarter, or any time with that mean.
func (r *run) length(mean float64) float64 {
	if r.Exponential {
		return r.rng.ExpFloat64() * mean
	}
	return mean * (0.75 + r.rng.Float64()/2)
}

func without(list []int, x int) []int {
	i := slices.Index(list, x)
	return slices.Delete(list, i, i+1)
}

package litmus_test

import "slices"

// The models: an outcome of a few threads of loads and stores is possible if its events can be put in relations that break
// no axiom. arm64 is the ARMv8 model (Arm Architecture Reference Manual B2.3; Pulte and others, "Simplifying ARM
// concurrency", POPL 2018) without dependencies and without what it says of two accesses to one word beyond coherence;
// leaving those out allows more, so what is impossible here is impossible there. amd64 is total store order (Sewell and
// others, "x86-TSO", CACM 2010).

// An arch says which accesses of one thread others see in the order of the program.
type arch struct {
	name    string
	ordered func(a, b op, between []op) bool // a is before b in a thread
}

// An op is one step of a program as region compiles it. A load has the value that it finds in the outcome asked about.
type op struct {
	kind   kind
	loc    string
	val    int  // locations begin at 0
	strong bool // a load-acquire or a store-release
	locked bool // half of an atomic operation; the store follows its load
}

type kind uint8

const (
	load kind = iota
	store
	loadFence
	storeFence
)

// A thread is a program and what it is to find. The functions below are the methods of region.Ptr with the instructions
// that they are on arm64; on amd64 only the order counts.
type thread []op

func ld(loc string, v int) thread { return thread{{kind: load, loc: loc, val: v, strong: true}} }
func st(loc string, v int) thread { return thread{{kind: store, loc: loc, val: v, strong: true}} }

// swap is an atomic operation that finds one value and leaves another.
func swap(loc string, old, v int) thread {
	return thread{{load, loc, old, true, true}, {store, loc, v, true, true}}
}

func copyIn(loc string, v int) thread {
	return thread{{kind: storeFence}, {kind: store, loc: loc, val: v}}
}

func copyOut(loc string, v int) thread {
	return thread{{kind: load, loc: loc, val: v}, {kind: loadFence}}
}

// weakly takes the fences and the strength of all but atomic operations from a program, as if they were missing in region.
func weakly(t thread) thread {
	var out thread
	for _, o := range t {
		if o.kind <= store {
			o.strong = o.locked
			out = append(out, o)
		}
	}
	return out
}

func do(parts ...thread) thread { return slices.Concat(parts...) }

var arm64 = arch{"arm64", func(a, b op, between []op) bool {
	fenced := func(k kind) bool { return slices.ContainsFunc(between, func(o op) bool { return o.kind == k }) }
	return a.kind == load && a.strong || b.kind == store && b.strong || // acquire, release
		a.kind == store && a.strong && b.kind == load && b.strong || // LDAR stays behind STLR
		a.kind == load && fenced(loadFence) || a.kind == store && b.kind == store && fenced(storeFence)
}}

var amd64 = arch{"amd64", func(a, b op, between []op) bool {
	isLocked := func(o op) bool { return o.locked }
	return a.kind == load || b.kind == store || a.locked || b.locked || slices.ContainsFunc(between, isLocked)
}}

// An event is an access of the outcome: a step of a thread, or the first content of a location (thread -1).
type event struct {
	thread, at int
	op
}

// An outcome is being checked: its events, where each load has its value from, and the places of stores in the order of
// their location.
type outcome struct {
	arch    arch
	threads []thread
	events  []event
	from    []int
	place   []int
}

// possible reports whether the threads can find what they say they find.
func (m arch) possible(threads ...thread) bool {
	x := outcome{arch: m, threads: threads}
	locs := map[string]bool{}
	for n, t := range threads {
		for i, o := range t {
			if o.kind > store {
				continue
			}
			if !locs[o.loc] {
				locs[o.loc] = true
				x.events = append(x.events, event{-1, 0, op{kind: store, loc: o.loc}})
			}
			x.events = append(x.events, event{n, i, o})
		}
	}
	x.from, x.place = make([]int, len(x.events)), make([]int, len(x.events))
	return x.chooseSources(0)
}

// chooseSources tries every store that the loads from event i on can have their values from.
func (x *outcome) chooseSources(i int) bool {
	if i == len(x.events) {
		return x.chooseOrders(0)
	}
	e := x.events[i]
	if e.kind == store {
		return x.chooseSources(i + 1)
	}
	for w, s := range x.events {
		if x.from[i] = w; s.kind == store && s.loc == e.loc && s.val == e.val && x.chooseSources(i+1) {
			return true
		}
	}
	return false
}

// chooseOrders tries every order of the stores to each location, from event i on.
func (x *outcome) chooseOrders(i int) bool {
	if i == len(x.events) {
		return x.consistent()
	}
	e := x.events[i]
	if e.kind != store || e.thread < 0 {
		x.place[i] = 0
		return x.chooseOrders(i + 1)
	}
	stores, taken := 0, map[int]bool{}
	for k, s := range x.events {
		if s.kind == store && s.loc == e.loc && s.thread >= 0 {
			if stores++; k < i {
				taken[x.place[k]] = true
			}
		}
	}
	for p := 1; p <= stores; p++ {
		if x.place[i] = p; !taken[p] && x.chooseOrders(i+1) {
			return true
		}
	}
	return false
}

// consistent checks the axioms: each location for itself behaves, atomic operations are not interrupted, and what is
// ordered or observed has no cycle.
func (x *outcome) consistent() bool {
	internal, external := newRelation(len(x.events)), newRelation(len(x.events))
	for a, ea := range x.events {
		for b, eb := range x.events {
			if ea.thread >= 0 && ea.thread == eb.thread && ea.at < eb.at {
				if ea.loc == eb.loc {
					internal.add(a, b)
				}
				half := ea.locked && eb.locked && eb.at == ea.at+1 && eb.kind == store
				if half || x.arch.ordered(ea.op, eb.op, x.threads[ea.thread][ea.at+1:eb.at]) {
					external.add(a, b)
				}
				if half && x.interrupted(a, b) {
					return false
				}
			}
			if x.observes(a, b) {
				internal.add(a, b)
				if ea.thread != eb.thread {
					external.add(a, b)
				}
			}
		}
	}
	return internal.acyclic() && external.acyclic()
}

// observes reports whether b is of the same location as a and saw it, replaced it, or replaced what it saw.
func (x *outcome) observes(a, b int) bool {
	ea, eb := x.events[a], x.events[b]
	switch {
	case ea.loc != eb.loc || a == b:
		return false
	case ea.kind == store && eb.kind == load:
		return x.from[b] == a
	case ea.kind == store && eb.kind == store:
		return x.place[a] < x.place[b]
	case ea.kind == load && eb.kind == store:
		return x.place[x.from[a]] < x.place[b]
	}
	return false
}

// interrupted reports whether a store falls between the halves of an atomic operation.
func (x *outcome) interrupted(r, w int) bool {
	for s, e := range x.events {
		if e.kind == store && e.loc == x.events[w].loc && x.place[x.from[r]] < x.place[s] && x.place[s] < x.place[w] {
			return true
		}
	}
	return false
}

// A relation has a bit for every pair of events.
type relation []uint64

func newRelation(n int) relation { return make(relation, n) }

func (r relation) add(a, b int) { r[a] |= 1 << b }

// acyclic closes the relation and looks whether anything comes before itself.
func (r relation) acyclic() bool {
	for k := range r {
		for i := range r {
			if r[i]>>k&1 == 1 {
				r[i] |= r[k]
			}
		}
	}
	for i := range r {
		if r[i]>>i&1 == 1 {
			return false
		}
	}
	return true
}

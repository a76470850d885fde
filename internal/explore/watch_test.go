//go:build explore

package explore

import (
	"fmt"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// watched puts a watcher in front of all words while f runs.
func watched(w region.Watcher, f func()) {
	region.Watch = w
	defer func() { region.Watch = nil }()
	f()
}

// through is the watcher that changes nothing.
type through struct{}

func (through) Load(w *uint64) uint64     { return *w }
func (through) Store(w *uint64, v uint64) { *w = v }
func (through) Or(w *uint64, bits uint64) { *w |= bits }
func (through) And(w *uint64, m uint64)   { *w &= m }
func (through) Futex(w *uint64)           {}
func (through) CompareAndSwap(w *uint64, old, new uint64) bool {
	if *w != old {
		return false
	}
	*w = new
	return true
}

// clockWord stands for the clock in a timeline: a word of the header that maps do not use.
const clockWord = layout.Page/8 - 1

// recorder notes the stores to a region that change something, and lets the clock tick among them.
type recorder struct {
	through
	region *region.Region
	stores []Store
	now    uint64
	tickAt int // how many stores come before the tick; -1 for none
	ticks  uint64
}

// tick lets the clock tick if it is time.
func (r *recorder) tick() {
	if len(r.stores) == r.tickAt {
		r.now += r.ticks
		r.stores = append(r.stores, Store{clockWord, r.now})
	}
}

// clock is the clock of the writer.
func (r *recorder) clock() uint64 {
	r.tick()
	return r.now
}

func (r *recorder) Store(w *uint64, v uint64) {
	if i, ok := r.region.Index(w); ok && *w != v {
		r.tick()
		r.stores = append(r.stores, Store{i, v})
	}
	*w = v
}

func (r *recorder) Or(w *uint64, bits uint64) { r.Store(w, *w|bits) }
func (r *recorder) And(w *uint64, m uint64)   { r.Store(w, *w&m) }
func (r *recorder) CompareAndSwap(w *uint64, old, new uint64) bool {
	if *w != old {
		return false
	}
	r.Store(w, new)
	return true
}

// answering lets a walk answer the loads from a region.
type answering struct {
	through
	region *region.Region
	walk   *Walk
	off    bool // for the moment
}

func (a *answering) Load(w *uint64) uint64 {
	if i, ok := a.region.Index(w); ok && !a.off {
		return a.walk.Load(i)
	}
	return *w // a private copy
}

func (a *answering) refuse(w *uint64, what string) {
	if i, ok := a.region.Index(w); ok {
		panic(fmt.Sprintf("explore: a reader %s word %d", what, i))
	}
}

func (a *answering) Store(w *uint64, v uint64) {
	a.refuse(w, "stores to")
	*w = v
}

func (a *answering) Or(w *uint64, bits uint64) { a.refuse(w, "sets bits of") }
func (a *answering) And(w *uint64, m uint64)   { a.refuse(w, "clears bits of") }
func (a *answering) CompareAndSwap(w *uint64, old, v uint64) bool {
	a.refuse(w, "locks")
	return false
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

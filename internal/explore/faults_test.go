//go:build explore

package explore

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
	"github.com/shmap-go/shmap/internal/region"
)

// Faults of protocols that are no orders of stores: each is explored with the fault and without it. The explorer must find
// it, and nothing else.

// asking is a reader of integer maps with one shard that is wrong in how it asks again.
type asking struct {
	*answering
	film    *film
	late    bool // it asks for the version first and for the level word last
	forgets bool // epochs have come round: of a level word it sees the number of buckets alone

	attempt uint64
	begun   bool       // the level word was loaded
	head    uint64     // the version loaded first behind it; none if there is none yet
	early   *[2]uint64 // version that was loaded before its turn, and its value
	heads   map[uint64]bool
}

// Load implements region.Watcher.
func (a *asking) Load(w *uint64) uint64 {
	word, in := a.region.Index(w)
	if !in {
		return *w
	}
	if a.walk.loads == 0 || a.walk.Attempt != nil && a.walk.Attempt() != a.attempt {
		a.attempt, a.begun, a.head, a.early = a.walk.Attempt(), false, none, nil
	}
	early := a.early
	a.early = nil
	switch {
	case word == layout.ShardAt(0)/8+layout.ShLevel:
		if a.late && a.head != none {
			a.early = &[2]uint64{a.head, a.walk.Load(a.head)}
		}
		a.begun, a.head = !a.begun, none
		v := a.walk.Load(word)
		if a.forgets {
			v = layout.Lo(v)
		}
		return v
	case early != nil && early[0] == word:
		return early[1]
	case a.begun && a.head == none && a.version(word):
		a.head = word
	}
	return a.walk.Load(word)
}

// version reports whether a word is the first of a main bucket.
func (a *asking) version(word uint64) bool {
	is, known := a.heads[word]
	if !known {
		name := a.film.name(word)
		is = strings.HasPrefix(name, "main buckets") && strings.HasSuffix(name, " word 0")
		a.heads[word] = is
	}
	return is
}

// found runs f with a fault and without it.
func found(t *testing.T, f func(fault bool) (Count, error)) (n int) {
	t.Helper()
	if c, err := f(false); err != nil {
		t.Errorf("without the fault, in %d executions: %v", c.Executions, err)
	}
	c, err := f(true)
	if err == nil {
		t.Errorf("not found in %d executions", c.Executions)
		return 0
	}
	t.Logf("found in execution %d: %v", c.Executions, err)
	return 1
}

// TestFaultsOfProtocolsAreFound: those that the order of stores does not show.
func TestFaultsOfProtocolsAreFound(t *testing.T) {
	n := 0
	for _, c := range []struct {
		name          string
		late, forgets bool // without the fault
	}{
		{"6: the level word is asked for last, where epochs have come round", false, true},
		{"6: epochs come round, where the level word is asked for last", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n += found(t, func(fault bool) (Count, error) { return questions(c.late || fault, c.forgets || fault) })
		})
	}
	t.Run("7: a repair does not say that it has undone", func(t *testing.T) { n += found(t, undoneTwice) })
	t.Run("L3: a lock is robbed without the dead one's byte, where incarnations come round", func(t *testing.T) { n += found(t, robbed) })
	record.Count(t, "P4", "explored: faults of protocols found", n)
}

// questions are readers beside a split and a merge.
func questions(late, forgets bool) (Count, error) {
	sc := scene{spec: ints, setup: fill(40, 54), commits: 3, moved: 2,
		steps: steps(maptest.Step{Kind: maptest.Reserve, N: 18}, op(dict.OpInsert, num(40), num(1)), remove(num(40)))}
	f, err := sc.shoot(-1)
	if err != nil {
		return Count{}, err
	}
	f.fault = func(a *answering) region.Watcher {
		return &asking{answering: a, film: f, late: late, forgets: forgets, head: none, heads: map[uint64]bool{}}
	}
	var sum tally
	err = f.watch(&sum)
	return sum.Count, err
}

// undoneTwice are readers beside a repair that dies when the versions are even, and beside the next one.
func undoneTwice(fault bool) (Count, error) {
	sc := scene{spec: hashed(ints, layout.HashConstant), setup: fill(10, 13), steps: steps(many(maptest.StoreMany, true, 12, 15))}
	nothing := func(*dict.Map) error { return nil }
	f, err := sc.shoot(-1)
	if err != nil {
		return Count{}, err
	}
	e := &edit{f, f.stores}
	if f, err = f.die(e.at(0, "committed"), nothing); err != nil {
		return Count{}, err
	}
	if fault {
		f = f.rearranged(func(e *edit) { at := e.last("undone"); e.list = slices.Delete(e.list, at, at+1) })
	}
	e = &edit{f, f.stores}
	if f, err = f.die(e.last("even")+1, nothing); err != nil {
		return Count{}, err
	}
	var sum tally
	err = f.watch(&sum)
	return sum.Count, err
}

// robbed are a robber and two processes that attach one after the other, under the number of the dead one. The second has the
// incarnation of the dead one again: as long as incarnations differ, the word in the lock says who is meant.
func robbed(fault bool) (sum Count, err error) {
	f, err := (&drama{spec: timed}).film()
	for died := 2; err == nil && died < f.line.End(); died += 6 {
		d := drama{spec: timed, numbers: []int{1, -1, -1}, acts: 1, died: died, switches: 2, closes: true, round: true, loose: fault}
		if err = d.perform(); err != nil {
			err = fmt.Errorf("beside one dead at store %d: %w", died, err)
		}
		sum.Add(d.Count)
	}
	return sum, err
}

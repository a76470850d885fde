//go:build explore

package explore

import (
	"slices"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// Orders of stores that are wrong. Each is made from a film by moving some stores, and a reader must notice. The numbers are
// those of the pairs in docs/CONCURRENCY.md.

// wrong is one of them.
type wrong struct {
	name  string
	scene scene
	dies  string // if not empty, the writer dies before the first store of this kind, and the film is that of the repair
	edit  func(e *edit)
}

// edit is a film whose stores are being moved.
type edit struct {
	*film
	list []Store
}

// kinds of stores, by what they do.
func (e *edit) is(s Store, kind string) bool {
	_, head, _ := wordKind(e.scene.spec, s.Word)
	name := e.name(s.Word)
	version := strings.HasPrefix(name, "main buckets") && strings.HasSuffix(name, " word 0")
	switch kind {
	case "odd":
		return version && s.Value&1 == 1
	case "even":
		return version && s.Value&1 == 0
	case "tags":
		return strings.HasPrefix(name, "main buckets") && strings.HasSuffix(name, " word 1")
	case "entry":
		return strings.HasPrefix(name, "journal ") && !head
	case "counted":
		return head && journal.Phase(s.Value) == journal.Active
	case "committed":
		return head && journal.Phase(s.Value) == journal.Committed
	case "undone":
		return head && journal.Phase(s.Value) == journal.Undone
	case "idle":
		return head && journal.Phase(s.Value) == journal.Idle
	case "level":
		return name == "level word"
	case "bytes":
		return strings.HasPrefix(name, "chunks ") && !strings.HasSuffix(name, " word 0") // not the bitmap
	}
	panic("explore: no kind of store " + kind)
}

// at is the place of the first store of a kind from a place on; it must be there.
func (e *edit) at(from int, kind string) int {
	return from + slices.IndexFunc(e.list[from:], func(s Store) bool { return e.is(s, kind) })
}

// last is the place of the last store of a kind.
func (e *edit) last(kind string) int {
	for i := len(e.list) - 1; ; i-- {
		if e.is(e.list[i], kind) {
			return i
		}
	}
}

// move puts the store at one place before the one at another.
func (e *edit) move(from, to int) {
	s := e.list[from]
	e.list = slices.Delete(e.list, from, from+1)
	if from < to {
		to--
	}
	e.list = slices.Insert(e.list, to, s)
}

// rearranged is the film in another order. The moments begin with the same stores as before.
func (f *film) rearranged(how func(e *edit)) *film {
	e := &edit{f, slices.Clone(f.stores)}
	how(e)
	g := *f
	g.stores = e.list
	var times []int
	for m := 1; m < f.line.Moments(); m++ {
		times = append(times, slices.Index(g.stores, f.stores[f.line.Begin(m)-1])+1)
	}
	g.line = NewTimeline(g.before, g.stores, times)
	return &g
}

func wrongOrders() []wrong {
	insert := scene{spec: ints, setup: append(fill(10, 13), store(num(31), num(5))), steps: steps(store(num(20), num(1)))}
	batch := scene{spec: hashed(ints, layout.HashConstant), setup: fill(10, 13), steps: steps(many(maptest.StoreMany, true, 12, 15))}
	split := scene{spec: ints, setup: fill(40, 57), moved: 2, steps: steps(maptest.Step{Kind: maptest.Reserve, N: 18})}
	reuse := scene{spec: texts, setup: fillText(10, 13, 30), steps: steps(remove(num(11)), store(num(20), text(9, 30)))}
	return []wrong{
		{"1: an entry is counted before it is there", insert, "", func(e *edit) {
			for at := e.at(0, "counted"); ; at = e.at(at+1, "counted") {
				first := e.at(0, "entry")
				for first < at && slices.ContainsFunc(e.list[first:at], func(s Store) bool { return e.is(s, "counted") }) {
					first = e.at(first+1, "entry")
				}
				e.move(at, first)
				if at >= e.last("counted") {
					return
				}
			}
		}},
		{"1: a store comes before its entry", insert, "", func(e *edit) { e.move(e.at(0, "tags"), e.at(e.at(0, "odd"), "entry")) }},
		{"2: the version is odd after the change", insert, "", func(e *edit) { e.move(e.at(0, "odd"), e.at(0, "committed")) }},
		{"3: the versions are even before the commit", insert, "", func(e *edit) { e.move(e.at(0, "even"), e.at(0, "committed")) }},
		{"3: the commit comes before the last change", insert, "", func(e *edit) { e.move(e.at(0, "committed"), e.at(0, "tags")) }},
		{"3: the level changes after the versions are even", split, "", func(e *edit) { e.move(e.at(0, "level"), e.at(0, "idle")) }},
		{"4: a freed block is filled while readers may be in it", reuse, "", func(e *edit) {
			for i := e.at(e.at(0, "idle"), "bytes"); i <= e.last("bytes"); i++ {
				if e.is(e.list[i], "bytes") {
					e.move(i, 1)
				}
			}
		}},
		{"7: undone before the words are what they were", insert, "committed", func(e *edit) { e.move(e.last("undone"), e.last("tags")) }},
		{"7: the versions are even before the words are what they were", insert, "committed", func(e *edit) { e.move(e.last("even"), e.last("tags")) }},
		{"8: idle before the versions are even", batch, "", func(e *edit) { e.move(e.at(0, "idle"), e.at(0, "even")) }},
	}
}

// TestWrongOrdersAreFound: the explorer finds each of them.
func TestWrongOrdersAreFound(t *testing.T) {
	found := 0
	for _, w := range wrongOrders() {
		f, err := w.scene.shoot(-1)
		must(t, err)
		if w.dies != "" {
			e := &edit{f, f.stores}
			f, err = f.die(e.at(0, w.dies), func(*dict.Map) error { return nil })
			must(t, err)
		}
		must(t, f.watch(&tally{}))
		var sum tally
		if err := f.rearranged(w.edit).watch(&sum); err != nil {
			found++
			t.Logf("%s: found in execution %d: %v", w.name, sum.Executions, err)
			continue
		}
		t.Errorf("%s: not found in %d executions", w.name, sum.Executions)
	}
	record.Count(t, "P4", "explored: wrong orders of stores found", found)
}

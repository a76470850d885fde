package maptest

import (
	"slices"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/recency"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/table"
)

// The policy s3 in the model. The list of a shard is small from its newest entry to the oldest, then main from its newest
// entry to the one at the hand: going to main from small's end is no move.

// smalls is the number of entries in small.
func smalls(l []*Item) int {
	if n := slices.IndexFunc(l, func(it *Item) bool { return it.Main }); n >= 0 {
		return n
	}
	return len(l)
}

// target is the number that should be there.
func target(l []*Item) int { return max(1, (len(l)+10)/20) }

// enter finds the place of the first entry of l, a new one.
func (m *Model) enter(l []*Item) {
	n := smalls(l)
	switch {
	case m.Known != nil && m.Known(l[0].Key):
		m.turn(l[:n])
	case n > target(l):
		l[n-1].Main = true
	}
}

// turn moves the first entry of small to the head of main.
func (m *Model) turn(l []*Item) {
	it := l[0]
	copy(l, l[1:])
	l[len(l)-1], it.Main = it, true
}

// evictS3 is one eviction: every entry of small that is spared is a unit, and every store where one of main is passed.
func (m *Model) evictS3(l []*Item) {
	for left := 64; ; left-- {
		n, at := smalls(l), len(l)-1
		if n >= target(l) || n == len(l) {
			at = n - 1
		}
		switch it := l[at]; {
		case it.expired(m.Clock.now) || left == 0 || !it.Visited && it.Laps == 0:
			m.remove(it)
			m.unit()
			return
		case !it.Main:
			it.Visited, it.Main = false, true
			m.unit()
		default:
			m.pass(it, l[n:])
		}
	}
}

// pass moves main's hand over the entry that it stands at.
func (m *Model) pass(it *Item, main []*Item) {
	if it.Visited {
		it.Visited = false
		m.unit()
		it.Laps = min(it.Laps+1, 3)
	} else {
		it.Laps--
	}
	m.unit()
	copy(main[1:], main[:len(main)-1])
	main[0] = it
	m.unit()
}

// A medium overhears what ghosts answer when a map asks for the keys of new entries.
type medium struct {
	recency.Policy
	table *table.Table
	said  *answers
}

// answers are what the maps were told of each key and the model has not asked for yet.
type answers struct {
	known map[dict.Datum][]bool
	in    *table.Table // has the entry that came last, if it came by Replace, for nobody knew it. Its key stands there only afterwards
	last  layout.Ref
}

// listen makes a map of the policy s3 tell the answers.
func (a *answers) listen(m *dict.Map) {
	for i := range m.Segment().Shards {
		if t := m.Segment().Shards[i].Table(); t.Config.Policy == layout.PolicyS3 {
			t.Recency = &medium{t.Recency, t, a}
		}
	}
}

// Push implements recency.Policy.
func (m *medium) Push(r layout.Ref, known bool) {
	m.said.settle()
	m.said.hear(m.table, r, known)
	m.Policy.Push(r, known)
}

// Replace implements recency.Policy.
func (m *medium) Replace(r layout.Ref, from region.Span, by layout.Ref, to region.Span) bool {
	m.said.settle()
	if !m.Policy.Replace(r, from, by, to) {
		return false
	}
	m.said.in, m.said.last = m.table, by
	return true
}

// Remove implements recency.Policy.
func (m *medium) Remove(r layout.Ref) {
	m.said.settle()
	m.Policy.Remove(r)
}

// Rename implements recency.Policy.
func (m *medium) Rename(from, to layout.Ref) {
	m.said.settle()
	m.Policy.Rename(from, to)
}

// hear notes the answer for the key of the entry in slot r.
func (a *answers) hear(t *table.Table, r layout.Ref, known bool) {
	pos := t.Locate(r)
	it, err := lookItem(t, pos.Key, pos.Val)
	if err != nil {
		panic(&fault.Corrupt{Where: "a new entry", Want: err.Error()})
	}
	a.known[it.Key] = append(a.known[it.Key], known)
}

// settle hears of the entry that came by Replace, before another one takes its slot.
func (a *answers) settle() {
	if t := a.in; t != nil {
		a.in = nil
		a.hear(t, a.last, false)
	}
}

// forget begins a step.
func (a *answers) forget() {
	a.in = nil
	clear(a.known)
}

// next is the first answer for a key that was not asked for yet.
func (a *answers) next(key dict.Datum) (known bool) {
	if all := a.known[key]; len(all) > 0 {
		known, a.known[key] = all[0], all[1:]
	}
	return known
}

// lasts forgets all answers but the last for each key: a batch in one transaction may have begun several times.
func (a *answers) lasts() {
	for key, all := range a.known {
		a.known[key] = all[len(all)-1:]
	}
}

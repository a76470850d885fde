package explore

import (
	"slices"
	"sort"
)

// Store is one store to a word.
type Store struct{ Word, Value uint64 }

// Timeline is memory, and what is stored to it one after the other. At time t the first t stores have happened.
type Timeline struct {
	before  []uint64
	stores  []Store
	moments []int
	of      []int32    // word -> 1 + its place in history; 0 if it never changes
	history [][]change // of the words that change
}

// change is what a word holds from a time on.
type change struct {
	time  int
	value uint64
}

// NewTimeline makes a timeline of the words before the first store, and the stores. moments are the times at which the
// meaning of the memory changes, rising.
func NewTimeline(before []uint64, stores []Store, moments []int) *Timeline {
	l := &Timeline{before: before, stores: stores, moments: moments, of: make([]int32, len(before))}
	for t, s := range stores {
		if l.of[s.Word] == 0 {
			l.history = append(l.history, []change{{0, before[s.Word]}})
			l.of[s.Word] = int32(len(l.history))
		}
		h := &l.history[l.of[s.Word]-1]
		*h = append(*h, change{t + 1, s.Value})
	}
	return l
}

// End is the time after the last store.
func (l *Timeline) End() int { return len(l.stores) }

// Stores are the stores, in their order.
func (l *Timeline) Stores() []Store { return l.stores }

// Moments is the number of meanings that the memory has one after the other.
func (l *Timeline) Moments() int { return len(l.moments) + 1 }

// Moment is which of the meanings holds at a time.
func (l *Timeline) Moment(t int) int { return sort.SearchInts(l.moments, t+1) }

// Begin is the first time of a moment.
func (l *Timeline) Begin(moment int) int {
	if moment == 0 {
		return 0
	}
	return l.moments[moment-1]
}

// Image is the memory at a time.
func (l *Timeline) Image(t int) []uint64 {
	out := slices.Clone(l.before)
	for _, s := range l.stores[:t] {
		out[s.Word] = s.Value
	}
	return out
}

// At is what a word holds at a time.
func (l *Timeline) At(word uint64, t int) uint64 {
	if !l.Changes(word) {
		return l.before[word]
	}
	h := l.history[l.of[word]-1]
	return h[sort.Search(len(h), func(i int) bool { return h[i].time > t })-1].value
}

// Changes reports whether a word ever changes.
func (l *Timeline) Changes(word uint64) bool { return l.of[word] != 0 }

// answers appends to buf what a load of a word that changes can see from time t on: each different value with the first
// time at which it is there. A later time with the same value leads nowhere that the earlier one does not.
func (l *Timeline) answers(word uint64, t int, buf []change) []change {
	h := l.history[l.of[word]-1]
	i := len(h) - 1
	for h[i].time > t {
		i--
	}
	start := len(buf)
	for _, c := range h[i:] {
		if !slices.ContainsFunc(buf[start:], func(b change) bool { return b.value == c.value }) {
			buf = append(buf, change{max(c.time, t), c.value})
		}
	}
	return buf
}

package explore

import (
	"fmt"
	"testing"
)

// A sequence lock over two words, the reader and the writer in a right order and in wrong ones.

const version, left, right = 0, 1, 2

// writes turns (1, 1) into (2, 2).
var writes = []Store{{version, 1}, {left, 2}, {right, 2}, {version, 2}}

// pair reads both words; recheck says whether it asks the version again.
func pair(w *Walk, recheck bool) error {
	for range 4 {
		v := w.Load(version)
		a, b := w.Load(left), w.Load(right)
		if recheck && (v&1 == 1 || w.Load(version) != v) {
			continue
		}
		if a != b {
			return fmt.Errorf("read %d, %d", a, b)
		}
		return nil
	}
	return ErrGaveUp
}

func explored(t *testing.T, stores []Store, recheck bool) (Count, error) {
	t.Helper()
	w := NewWalk(NewTimeline([]uint64{0, 1, 1}, stores, nil), 0)
	err := w.Explore(func() error { return pair(w, recheck) })
	t.Logf("%+v, %v", w.Count, err)
	return w.Count, err
}

func TestSequenceLock(t *testing.T) {
	c, err := explored(t, writes, true)
	if err != nil {
		t.Error(err)
	}
	if c.Executions < 10 || c.GaveUp == 0 || c.States == 0 {
		t.Errorf("explored %+v", c)
	}
}

func TestSequenceLockWithoutRecheck(t *testing.T) {
	if _, err := explored(t, writes, false); err == nil {
		t.Error("a torn read was not found")
	}
}

func TestSequenceLockStoredInAnotherOrder(t *testing.T) {
	for _, order := range [][4]int{{1, 0, 2, 3}, {0, 1, 3, 2}, {0, 3, 1, 2}} {
		var stores []Store
		for _, i := range order {
			stores = append(stores, writes[i])
		}
		if _, err := explored(t, stores, true); err == nil {
			t.Errorf("order %v: a torn read was not found", order)
		}
	}
}

// TestWalkIsExact compares what a reader of three loads can see with all orders of its loads and the stores, counted by
// hand.
func TestWalkIsExact(t *testing.T) {
	stores := []Store{{0, 1}, {1, 1}, {0, 2}, {1, 0}}
	want := map[[3]uint64]bool{}
	values := func(word uint64, time int) (v uint64) {
		for _, s := range stores[:time] {
			if s.Word == word {
				v = s.Value
			}
		}
		return v
	}
	for a := 0; a <= 4; a++ {
		for b := a; b <= 4; b++ {
			for c := b; c <= 4; c++ {
				want[[3]uint64{values(0, a), values(1, b), values(0, c)}] = true
			}
		}
	}
	seen := map[[3]uint64]bool{}
	w := NewWalk(NewTimeline(make([]uint64, 2), stores, nil), 0)
	if err := w.Explore(func() error {
		seen[[3]uint64{w.Load(0), w.Load(1), w.Load(0)}] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for s := range want {
		if !seen[s] {
			t.Errorf("%v can be seen, and was not", s)
		}
	}
	for s := range seen {
		if !want[s] {
			t.Errorf("%v was seen, and cannot be", s)
		}
	}
}

func TestMoments(t *testing.T) {
	l := NewTimeline(make([]uint64, 1), []Store{{0, 1}, {0, 2}, {0, 3}}, []int{1, 3})
	for time, want := range []int{0, 1, 1, 2} {
		if got := l.Moment(time); got != want {
			t.Errorf("time %d is in moment %d, want %d", time, got, want)
		}
	}
	if l.Begin(0) != 0 || l.Begin(2) != 3 || l.Moments() != 3 || l.Image(2)[0] != 2 {
		t.Errorf("moments %v", l.moments)
	}
}

package lock_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
)

// TestUncontended: an acquisition of a lock that is free is nobody's business.
func TestUncontended(t *testing.T) {
	p := begin(t, &lock.Local{}, region.Of(make([]uint64, 1)), 1, 1, none)
	for range 3 {
		if err := p.tryLock(); err != nil {
			t.Fatal(err)
		}
		p.Unlock(p.Owner)
	}
	if len(p.sleeps) > 0 {
		t.Errorf("counted: %v", p.sleeps)
	}
}

// TestContendedAwake: who finds the lock held, and then free before it went to sleep, has not slept.
func TestContendedAwake(t *testing.T) {
	live, word := &lock.Local{}, region.Of(make([]uint64, 1))
	holder := begin(t, live, word, dead, 1, none) // the one whose life is asked after
	leaves := &bearing{live, func() { holder.Unlock(holder.Owner) }}
	waiter := begin(t, leaves, word, 1, 1, none)
	if err := holder.tryLock(); err != nil {
		t.Fatal(err)
	}
	// without a deadline: one that passed while the lock was looked at would end the wait
	if err := waiter.Lock.Lock(waiter.Owner, time.Time{}); err != nil || !slices.Equal(waiter.sleeps, []int{0}) {
		t.Errorf("%v, sleeps of the acquisitions: %v", err, waiter.sleeps)
	}
}

// TestContendedAsleep: who sleeps for the lock has slept, at least once for each acquisition.
func TestContendedAsleep(t *testing.T) {
	live, word := &lock.Local{}, region.Of(make([]uint64, 1))
	holder, waiter := begin(t, live, word, 1, 1, none), begin(t, live, word, 2, 1, none)
	if err := holder.tryLock(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- waiter.Lock.Lock(waiter.Owner, time.Time{}) }()
	for word.Load(0)&(1<<31) == 0 { // somebody may be sleeping
		runtime.Gosched()
	}
	holder.Unlock(holder.Owner)
	if err := <-done; err != nil || len(waiter.sleeps) != 1 || waiter.sleeps[0] == 0 {
		t.Errorf("%v, sleeps of the acquisitions: %v", err, waiter.sleeps)
	}
}

// TestContendedByDeath: a lock that is taken from a dead owner was held.
func TestContendedByDeath(t *testing.T) {
	live, word := &lock.Local{}, region.Of(make([]uint64, 1))
	die(t, live, word)
	robber := begin(t, live, word, 2, 1, none)
	if err := robber.tryLock(); err != nil || len(robber.sleeps) != 1 {
		t.Errorf("%v, sleeps of the acquisitions: %v", err, robber.sleeps)
	}
}

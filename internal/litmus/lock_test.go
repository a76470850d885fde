package litmus_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/proof/record"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/sys"
)

// Pairs of locks and of what is decided by them.

// holder is a handle on the lock of the tests.
func holder(p region.Ptr, live lock.Liveness, number int, repair func() error) (*lock.Lock, *lock.Owner) {
	l := new(lock.Lock)
	l.Init(p.Word(lockWord), repair, func(int) {})
	return l, lock.NewOwner(live, number, 1)
}

func none() error { return nil }

// TestPair08 is two processes that take the lock in turns: whoever gets it finds the journal idle and all that the other
// did.
func TestPair08(t *testing.T) {
	leave := do(st("head", 1), copyIn("bytes", 1), st("word", 1), st("head", 2), swap("lock", 0, 1))
	enter := swap("lock", 1, 2)
	live := &lock.Local{}
	var sides [2]func(p side, i uint64, wrong string) string
	for n := range sides {
		if got, err := live.Take(n); !got || err != nil {
			t.Fatal(err)
		}
		var l *lock.Lock
		var o *lock.Owner
		sides[n] = func(p side, i uint64, wrong string) string {
			if i == 1 {
				l, o = holder(p.Ptr, live, n, none)
			}
			if err := l.Lock(o, time.Time{}); err != nil {
				return err.Error()
			}
			seen, n := "", p.Load(first)
			if h := p.Load(head); h != 0 {
				seen = sprint("the head is %d", h)
			}
			if b := p.Load(last); b != n || n > 0 && !p.Equal(at(0), text(n)[:compared]) {
				seen = sprint("words %d and %d, or the bytes of another time", n, b)
			}
			p.Store(head, 1)
			p.Store(first, n+1)
			p.CopyIn(at(0), text(n+1))
			p.Store(last, n+1)
			if wrong == "free before idle" {
				l.Unlock(o)
				p.gap(i)
			}
			p.Store(head, 0)
			if wrong == "" {
				l.Unlock(o)
			}
			return seen
		}
	}
	try(t, pair{
		never: [][]thread{
			{leave, do(enter, ld("head", 1))},
			{leave, do(enter, ld("word", 0))},
			{leave, do(enter, copyOut("bytes", 0))},
		},
		weakened: [][]thread{{do(copyIn("bytes", 1), st("lock", 1)), do(thread{{kind: load, loc: "lock", val: 1}}, copyOut("bytes", 0))}},
		write:    sides[0], read: sides[1],
		wrong: []string{"free before idle"},
	})
}

// TestPair09 is an owner of the lock who dies, which here means that the description with its byte is closed, and a robber
// who was waiting: the repair finds every store of the dead one.
func TestPair09(t *testing.T) {
	rob := func(t *testing.T, early bool, limit time.Duration) (seen string, rounds uint64) {
		a, b := mappings(t)
		fd, err := sys.Memfd("shmap-litmus", 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer sys.Close(fd)
		other, err := sys.Reopen(fd, false)
		if err != nil {
			t.Fatal(err)
		}
		defer sys.Close(other)
		for end := time.Now().Add(limit); seen == "" && time.Now().Before(end); {
			rounds++
			robber, o := holder(b, lock.Kernel{FD: other}, 2, func() error {
				x, y, h := b.Load(first), b.Load(last), b.Load(head)
				if x != rounds || y != rounds || h != rounds || !b.Equal(at(0), text(rounds)[:compared]) {
					seen = sprint("round %d: the repair finds %d, %d, %d, or bytes of another time", rounds, x, h, y)
				}
				return nil
			})
			owned, dead := make(chan error), make(chan struct{})
			go func() {
				defer close(dead)
				runtime.LockOSThread()
				owned <- die(a, fd, rounds, early, owned)
			}()
			if err := <-owned; err != nil {
				t.Fatal(err)
			}
			if err := robber.Lock(o, time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			<-owned
			<-dead
			robber.Unlock(o)
		}
		return seen, rounds
	}
	t.Run("kept", func(t *testing.T) {
		seen, rounds := rob(t, false, budget())
		if seen != "" {
			t.Error(seen)
		}
		t.Logf("%d robberies", rounds)
		record.Count(t, "P4", "robberies of a lock", int(rounds))
	})
	t.Run("death before the last store", func(t *testing.T) {
		if seen, rounds := rob(t, true, patience); seen == "" {
			t.Errorf("not noticed in %d robberies", rounds)
		}
	})
}

// die takes the lock under number 1, stores, and leaves it behind.
func die(p region.Ptr, fd int, i uint64, early bool, owned chan<- error) error {
	own, err := sys.Reopen(fd, false)
	if err != nil {
		return err
	}
	l, o := holder(p, lock.Kernel{FD: own}, 1, none)
	if got, err := (lock.Kernel{FD: own}).Take(1); !got {
		return fmt.Errorf("number 1 is taken: %v", err)
	}
	if err := l.Lock(o, time.Time{}); err != nil {
		return err
	}
	owned <- nil
	p.Store(first, i)
	p.Store(head, i)
	p.CopyIn(at(0), text(i))
	if early {
		sys.Close(own)
		for p.Load(lockWord)&0xffff == 2 { // its number plus one: until somebody robs it
			runtime.Gosched()
		}
	}
	p.Store(last, i)
	if !early {
		sys.Close(own)
	}
	return nil
}

// TestPair11 is Close, which says that the handle is closed and then looks whether anybody has the lock, and a writer, who
// takes the lock and then looks whether the handle is closed: one of them must see the other.
func TestPair11(t *testing.T) {
	const rounds = 1 << 12
	var closed [rounds]atomic.Bool
	var saw [2][rounds]atomic.Bool // what each side did not see: all is free, all is open
	word := func(i uint64) uint64 { return bulk/8 + i%rounds*line }
	judge := func(i uint64) string {
		// The round before is over for both sides.
		if k := (i - 1) % rounds; i > 1 && saw[0][k].Load() && saw[1][k].Load() {
			return sprint("round %d: closed, and nobody inside; locked, and not closed", i-1)
		}
		return ""
	}
	never := [][]thread{{do(swap("closed", 0, 1), ld("lock", 0)), do(swap("lock", 0, 1), ld("closed", 0))}}
	try(t, pair{
		never:    never,
		weakened: [][]thread{{do(st("closed", 1), ld("lock", 0)), do(st("lock", 1), ld("closed", 0))}},
		meet:     true,
		write: func(p side, i uint64, wrong string) string {
			k := i % rounds
			pause(i)
			switch wrong {
			case "stored, not swapped":
				p.Store(word(i)+1, 1)
				saw[0][k].Store(p.Load(word(i)) == 0)
			case "":
				closed[k].CompareAndSwap(false, true)
				saw[0][k].Store(p.Load(word(i)) == 0)
			default:
				free := p.Load(word(i)) == 0
				p.gap(i)
				closed[k].CompareAndSwap(false, true)
				saw[0][k].Store(free)
			}
			next := (i + rounds/2) % rounds // nobody is there now
			closed[next].Store(false)
			return judge(i)
		},
		read: func(p side, i uint64, wrong string) string {
			k := i % rounds
			pause(i * 3)
			if wrong == "stored, not swapped" {
				p.Store(word(i), 1)
				saw[1][k].Store(p.Load(word(i)+1) == 0)
			} else {
				p.CompareAndSwap(word(i), 0, 1)
				saw[1][k].Store(!closed[k].Load())
			}
			next := word(i + rounds/2)
			p.Store(next, 0)
			p.Store(next+1, 0)
			return ""
		},
		wrong: []string{"lock looked at before closed"},
		weak:  "stored, not swapped",
	})
}

// TestPair12 is Freeze, which sets a bit and then takes every lock once, and writers, who ask for the bit when they have
// the lock: afterwards nothing changes.
func TestPair12(t *testing.T) {
	freeze := do(swap("state", 0, 1), swap("lock", 0, 1), swap("lock", 1, 2))
	writer := do(swap("lock", 2, 3), ld("state", 0), st("word", 1), swap("lock", 3, 4))
	acquire := func(p side, by uint64) {
		for !p.CompareAndSwap(lockWord, 0, by) {
			runtime.Gosched()
		}
	}
	try(t, pair{
		never:    [][]thread{{freeze, writer}},
		weakened: [][]thread{{do(swap("lock", 0, 1), swap("lock", 1, 2), swap("state", 0, 1)), writer}},
		write: func(p side, i uint64, wrong string) string {
			frozen := p.Load(state)
			if wrong == "state before lock" {
				p.gap(i)
			}
			acquire(p, 1)
			if wrong != "state before lock" {
				frozen = p.Load(state)
			}
			if pause(i); wrong == "locks before bit" {
				p.gap(i) // for the bit
			}
			if frozen == 0 {
				p.Store(first, i)
			}
			p.CompareAndSwap(lockWord, 1, 0)
			if wrong != "" {
				p.gap(i) // else the other side hardly ever gets the lock
			}
			return ""
		},
		read: func(p side, i uint64, wrong string) string {
			if wrong != "locks before bit" {
				p.Or(state, 1)
			}
			acquire(p, 2)
			p.CompareAndSwap(lockWord, 2, 0)
			if wrong == "locks before bit" {
				p.gap(i)
			}
			p.Or(state, 1)
			before := p.Load(first)
			if pause(i); wrong != "" {
				p.gap(i) // for a store
			}
			pause(i + 1)
			after := p.Load(first)
			p.And(state, 0)
			if before != after {
				return sprint("frozen at %d, then %d", before, after)
			}
			if pause(i + 2); wrong == "state before lock" {
				p.gap(i) // for a look at the bit
			}
			return ""
		},
		wrong: []string{"state before lock", "locks before bit"},
	})
}

// TestPair13 is a read-only handle that finds the seal broken: then the identity of the file is there.
func TestPair13(t *testing.T) {
	identify := do(st("identity", 1), st("seal", 1))
	for _, m := range []arch{amd64, arm64} {
		if m.possible(identify, do(ld("seal", 1), ld("identity", 0))) {
			t.Errorf("%s: the seal is broken before the identity is there", m.name)
		}
	}
}

package lock_test

import (
	"errors"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
)

const dead = 3 // number of the owner that dies

// A process is one participant with its handle on the one lock.
type process struct {
	*lock.Owner
	lock.Lock
	sleeps []int // of each acquisition of a lock that was held
}

// begin is a process under a number, which it takes. repair is what it does with a lock that a dead one left.
func begin(t *testing.T, live lock.Liveness, word region.Ptr, number int, incarnation uint32, repair func() error) *process {
	t.Helper()
	if got, err := live.Take(number); !got || err != nil {
		t.Fatalf("number %d is taken: %v", number, err)
	}
	p := &process{Owner: lock.NewOwner(live, number, incarnation)}
	p.Init(word, repair, func(sleeps int) { p.sleeps = append(p.sleeps, sleeps) })
	return p
}

// tryLock waits for the lock for a moment.
func (p *process) tryLock() error { return p.Lock.Lock(p.Owner, time.Now().Add(5*time.Millisecond)) }

func none() error { return nil }

// die leaves the lock behind, owned by a process that is dead.
func die(t *testing.T, live lock.Liveness, word region.Ptr) {
	t.Helper()
	p := begin(t, live, word, dead, 1, none)
	if err := p.tryLock(); err != nil {
		t.Fatal(err)
	}
	live.Drop(dead)
}

// TestRobbery: while a lock is robbed, and what the dead one left is repaired, nobody else gets the lock, and nobody the
// dead one's number (L3). Afterwards everybody may.
func TestRobbery(t *testing.T) {
	live, word := &lock.Local{}, region.Of(make([]uint64, 1))
	die(t, live, word)
	repairs := 0
	repair := func() error { repairs++; return nil }
	other := begin(t, live, word, 1, 1, repair)
	robber := begin(t, live, word, 2, 1, func() error {
		if got, err := live.Take(dead); got || err != nil {
			t.Errorf("a new process could take the number of the owner that is being robbed (%v)", err)
		}
		if err := other.tryLock(); !errors.Is(err, fault.ErrBusy) {
			t.Errorf("another one wants to rob the same owner meanwhile: %v, want %v", err, fault.ErrBusy)
		}
		return repair()
	})
	if err := robber.tryLock(); err != nil || !robber.OwnedBy(robber.Owner) || repairs != 1 {
		t.Fatalf("%v, owned %v, %d repairs", err, robber.OwnedBy(robber.Owner), repairs)
	}
	if got, err := live.Take(dead); !got || err != nil {
		t.Errorf("the number of the dead one is kept after the robbery: %v", err)
	}
	if err := other.tryLock(); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("the robber owns it: %v, want %v", err, fault.ErrBusy)
	}
	robber.Unlock(robber.Owner)
	if err := other.tryLock(); err != nil || repairs != 1 {
		t.Errorf("%v, %d repairs", err, repairs)
	}
	other.Unlock(other.Owner)
}

// bearing is a liveness in which something happens when it has just been found out that the dead one is dead.
type bearing struct {
	lock.Liveness
	then func()
}

func (b *bearing) Held(number int) (bool, error) {
	held, err := b.Liveness.Held(number)
	if then := b.then; number == dead && then != nil {
		b.then = nil
		then()
	}
	return held, err
}

// TestNewHolderIsNotRobbed: between the question whether an owner lives and the robbery a new process may take its number,
// and the lock. It is not robbed, even if its incarnation has come around and its word in the lock is the dead one's.
func TestNewHolderIsNotRobbed(t *testing.T) {
	for _, incarnation := range []uint32{1, 2} {
		live, word := &lock.Local{}, region.Of(make([]uint64, 1))
		die(t, live, word)
		var heir *process
		slow := &bearing{live, func() {
			heir = begin(t, live, word, dead, incarnation, none)
			if incarnation == 1 {
				return // the lock names it already
			}
			if err := heir.Inherit(heir.Owner); err != nil {
				t.Fatal(err)
			}
			if err := heir.tryLock(); err != nil {
				t.Fatal(err)
			}
		}}
		robber := begin(t, slow, word, 2, 1, func() error {
			t.Errorf("incarnation %d: a living owner was robbed", incarnation)
			return nil
		})
		if err := robber.tryLock(); !errors.Is(err, fault.ErrBusy) {
			t.Errorf("incarnation %d: %v, want %v", incarnation, err, fault.ErrBusy)
		}
		if !heir.OwnedBy(heir.Owner) {
			t.Errorf("incarnation %d: the new holder of the number lost the lock", incarnation)
		}
	}
}

// TestInherit: a process that gets the number of a dead one repairs what that one left, once, and frees the lock.
func TestInherit(t *testing.T) {
	live, word := &lock.Local{}, region.Of(make([]uint64, 1))
	die(t, live, word)
	repairs := 0
	heir := begin(t, live, word, dead, 2, func() error { repairs++; return nil })
	for range 2 {
		if err := heir.Inherit(heir.Owner); err != nil || repairs != 1 || word.Load(0) != 0 {
			t.Fatalf("%v, %d repairs, the word is %#x", err, repairs, word.Load(0))
		}
	}
}

// TestFailedRepair: a lock whose repair fails is free again; that there is something to repair is what its caller sees.
func TestFailedRepair(t *testing.T) {
	live, word := &lock.Local{}, region.Of(make([]uint64, 1))
	die(t, live, word)
	broken := errors.New("broken")
	robber := begin(t, live, word, 2, 1, func() error { return broken })
	if err := robber.tryLock(); !errors.Is(err, broken) {
		t.Errorf("%v, want %v", err, broken)
	}
	if word.Load(0) != 0 {
		t.Errorf("the word is %#x", word.Load(0))
	}
}

// Package lock is mutual exclusion between processes that outlives its owners. It knows lock words and who is alive;
// it must not know what a lock guards: the repair of what a dead owner left is the caller's.
//
// A lock word, 0 when free:
//
//	bits 0..15   participant number + 1
//	bits 16..30  low bits of the participant's incarnation, so that a futex wait on the low half notices a new owner
//	bit  31      somebody may be sleeping: the releaser wakes one
//	bits 32..63  incarnation of the participant
//
//	free   -> owned by P          Lock, by P
//	owned  -> owned + waiters     Lock, by a waiter
//	owned  -> free                Unlock, by the owner
//	owned by a dead D -> owned by P   Lock, by P holding D's byte (L3)
//
// Invariants:
//
//	L1  Whoever finds its own number and incarnation in the word may change what the lock guards, nobody else.
//	L2  A participant is alive as long as the kernel says that its byte is locked. PIDs are never asked.
//	L3  A lock leaves a dead owner only by somebody who holds the dead one's byte, so a new process cannot have taken the
//	    number meanwhile; and a new holder of a number uses it only after repairing every lock that names it.
//	L4  What stands in the word may be forged: then a wait ends at the caller's deadline, not earlier, not in a panic.
package lock

import (
	"sync"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/sys"
)

const (
	waiters = 1 << 31
	first   = 32                     // pauses before the second look: a look sooner takes the line from the owner again
	longest = 128                    // pauses between two looks at most; all of them take three to ten microseconds
	nap     = 250 * time.Microsecond // a death wakes nobody: longest sleep before the owner's life is asked after again
)

// Liveness says who is alive. One implementation asks the kernel, one serves regions on the heap.
type Liveness interface {
	Take(number int) (bool, error) // becomes the holder of a number; false if somebody is
	Drop(number int)               // no longer
	Held(number int) (bool, error) // whether somebody else is the holder
	HeldBelow(limit int) int       // how many other holders there are below limit, counted for people
}

// Owner is a participant: one attached, writable handle.
type Owner struct {
	live    Liveness
	number  int
	word    uint64     // as it stands in a lock
	robbery sync.Mutex // one at a time: the byte of a dead owner is held by the handle, not by a goroutine
	retired bool       // guarded by robbery: no more robberies
}

func wordOf(number int, incarnation uint32) uint64 {
	return uint64(number+1) | uint64(incarnation&0x7fff)<<16 | uint64(incarnation)<<32
}

func numberOf(word uint64) int { return int(word&0xffff) - 1 }

// NewOwner makes the owner of a number that live has been asked to take.
func NewOwner(live Liveness, number int, incarnation uint32) *Owner {
	return &Owner{live: live, number: number, word: wordOf(number, incarnation)}
}

// Retire gives the number up. The handle is closed: none of its goroutines holds a lock, and one that is still waiting for
// one lets go of it at once.
func (o *Owner) Retire() {
	o.robbery.Lock()
	defer o.robbery.Unlock()
	o.retired = true
	o.live.Drop(o.number)
}

// Lock is one lock as one handle sees it.
type Lock struct {
	word   region.Ptr
	mine   uint64        // what Try makes of the word; 0: nobody tries
	local  sync.Mutex    // race builds only, see raceEnabled
	queue  chan struct{} // a mutex with a deadline: at most one thread of this handle sleeps in the kernel for this lock
	repair func() error
	met    func(sleeps int)
}

// Init binds l to a word. repair mends what a dead owner left behind; it runs under the lock. met is called by a new owner
// that had found the lock held, with how often it has slept.
func (l *Lock) Init(word region.Ptr, repair func() error, met func(sleeps int)) {
	l.word, l.repair, l.met = word, repair, met
	l.queue = make(chan struct{}, 1)
}

// TryFor makes o the owner for whom Try and TryUnlock are. It is set before l is shared.
func (l *Lock) TryFor(o *Owner) {
	if o != nil {
		l.mine = o.word
	}
}

// Lock acquires l for o. It waits for a live owner, until deadline if that is not zero (ErrBusy), and mends what a dead
// one left. After an error of the repair the lock is free again.
func (l *Lock) Lock(o *Owner, deadline time.Time) error {
	if raceEnabled {
		l.local.Lock()
	}
	if l.word.Load(0) == 0 && l.word.CompareAndSwap(0, 0, o.word) {
		return nil
	}
	err := l.lockSlow(o, deadline)
	if raceEnabled && err != nil {
		l.local.Unlock()
	}
	return err
}

// Try acquires l if it is free. (Not in race builds: see raceEnabled.)
func (l *Lock) Try() bool { return !raceEnabled && l.mine != 0 && l.word.CompareAndSwap(0, 0, l.mine) }

// lockSlow spins a little, then sleeps as often as it must. Between looks it waits twice as long each time (Thomas Anderson, "The
// performance of spin lock alternatives for shared-memory multiprocessors", 1990): a look takes the line from the owner, who
// needs it to let go.
func (l *Lock) lockSlow(o *Owner, deadline time.Time) error {
	for pauses := first; pauses <= longest; pauses *= 2 {
		for range pauses {
			sys.Pause()
		}
		if l.word.Load(0) == 0 && l.word.CompareAndSwap(0, 0, o.word) {
			l.met(0)
			return nil
		}
	}
	if !l.join(deadline) {
		return fault.With(fault.ErrBusy, "other goroutines wait for it")
	}
	defer func() { <-l.queue }()
	for sleeps := 0; ; {
		w := l.word.Load(0)
		if w&^waiters == 0 {
			if l.word.CompareAndSwap(0, w, o.word|waiters) { // others may sleep behind us
				l.met(sleeps)
				return nil
			}
			continue
		}
		robbed, err := l.rob(o, w)
		if robbed && err == nil {
			l.met(sleeps)
		}
		if robbed || err != nil {
			return err
		}
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			return fault.With(fault.ErrBusy, "participant %d holds it", numberOf(w))
		}
		if w&waiters == 0 && !l.word.CompareAndSwap(0, w, w|waiters) {
			continue
		}
		sleeps++
		sys.FutexWait(l.word.Low(0), uint32(w|waiters), nap)
	}
}

// join waits for the place of the one goroutine that waits for the lock; false at the deadline.
func (l *Lock) join(deadline time.Time) bool {
	if deadline.IsZero() {
		l.queue <- struct{}{}
		return true
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case l.queue <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

// rob takes the lock from the owner that w names if that one is dead (L3), and mends what it left behind.
func (l *Lock) rob(o *Owner, w uint64) (bool, error) {
	n := numberOf(w)
	forged := n < 0 || n >= layout.MaxParticipants // nobody can be behind it
	if n == o.number {
		return false, nil // another goroutine of this handle, or forged
	}
	if !forged {
		if held, err := o.live.Held(n); held || err != nil {
			return false, err
		}
	}
	o.robbery.Lock()
	defer o.robbery.Unlock()
	if o.retired {
		return false, fault.ErrClosed
	}
	if !forged {
		if got, err := o.live.Take(n); !got || err != nil {
			return false, err
		}
		defer o.live.Drop(n)
	}
	if !l.word.CompareAndSwap(0, w, o.word|waiters) {
		return false, nil
	}
	return true, l.mend(o)
}

// mend repairs under the lock, which o holds, and lets go of it if that fails.
func (l *Lock) mend(o *Owner) error {
	if err := l.repair(); err != nil {
		l.release(o)
		return err
	}
	return nil
}

// Inherit repairs and frees the lock if it names o's number under an older incarnation (L3).
func (l *Lock) Inherit(o *Owner) error {
	for w := l.word.Load(0); ; w = l.word.Load(0) {
		if numberOf(w) != o.number || w&^waiters == o.word {
			return nil
		}
		if l.word.CompareAndSwap(0, w, o.word|waiters) {
			break
		} // else a waiter has come: to it this number is alive now, so nobody else will take the lock from the dead one
	}
	err := l.mend(o)
	if err == nil {
		l.release(o)
	}
	return err
}

// Unlock releases l. If the word does not name o any more, somebody forged it: then it is left alone.
func (l *Lock) Unlock(o *Owner) {
	if raceEnabled {
		defer l.local.Unlock()
	}
	l.release(o)
}

// TryUnlock is Unlock where nobody waits; false if it did nothing. (Not in race builds: see raceEnabled.)
func (l *Lock) TryUnlock() bool { return !raceEnabled && l.word.CompareAndSwap(0, l.mine, 0) }

// release compares, because a handle that has been closed may find itself robbed meanwhile.
func (l *Lock) release(o *Owner) {
	if !l.word.CompareAndSwap(0, o.word, 0) {
		l.wake(o)
	}
}

// wake is release when somebody may be sleeping.
func (l *Lock) wake(o *Owner) {
	if l.word.CompareAndSwap(0, o.word|waiters, 0) {
		sys.FutexWake(l.word.Low(0), 1)
	}
}

// OwnedBy reports whether o holds l.
func (l *Lock) OwnedBy(o *Owner) bool { return l.word.Load(0)&^waiters == o.word }

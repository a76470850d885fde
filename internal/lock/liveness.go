package lock

import (
	"sync"

	"github.com/shmap-go/shmap/internal/sys"
)

// bytesAt is where the participants' bytes are: far behind any data, byte bytesAt + number.
const bytesAt = 1 << 62

// AttachByte is locked by whoever attaches, closes or reads the header's mutable state as a whole.
const AttachByte = bytesAt - 1

// Kernel is liveness by open-file-description locks. fd must be a description of its own, never handed out: a child
// that inherits it keeps a dead parent alive. A description never conflicts with itself, so do not ask about the own
// number.
type Kernel struct{ FD int }

// Take implements Liveness.
func (k Kernel) Take(n int) (bool, error) { return sys.TryLock(k.FD, bytesAt+int64(n)) }

// Drop implements Liveness.
func (k Kernel) Drop(n int) { _ = sys.Unlock(k.FD, bytesAt+int64(n)) } // cannot fail for a lock that is held

// Held implements Liveness.
func (k Kernel) Held(n int) (bool, error) {
	_, held, err := sys.Locked(k.FD, bytesAt+int64(n), 1)
	return held, err
}

// HeldBelow implements Liveness.
func (k Kernel) HeldBelow(limit int) int { return k.heldIn(bytesAt, bytesAt+int64(limit)) }

// heldIn counts the bytes from from up to to that others hold. The kernel names some lock in a range, not the first.
func (k Kernel) heldIn(from, to int64) int {
	if from >= to {
		return 0
	}
	at, held, err := sys.Locked(k.FD, from, to-from)
	if !held || err != nil {
		return 0
	}
	at = max(at, from) // neighbouring bytes of one holder are one lock
	return k.heldIn(from, at) + 1 + k.heldIn(at+1, to)
}

// Local is liveness among the handles of one process on one heap region.
type Local struct {
	mu   sync.Mutex
	held map[int]bool
}

// Take implements Liveness.
func (l *Local) Take(n int) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[n] {
		return false, nil
	}
	if l.held == nil {
		l.held = map[int]bool{}
	}
	l.held[n] = true
	return true, nil
}

// Drop implements Liveness.
func (l *Local) Drop(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, n)
}

// Held implements Liveness.
func (l *Local) Held(n int) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held[n], nil
}

// HeldBelow implements Liveness.
func (l *Local) HeldBelow(limit int) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.held {
		if i < limit {
			n++
		}
	}
	return n
}

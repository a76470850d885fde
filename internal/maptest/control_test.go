package maptest

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/proof/record"
	"github.com/shmap-go/shmap/internal/sys"
)

// The control of TestP03DeadHolder. What it measures contains what the machine does on its own: the signal, the death of a
// process with a map, the waiter's turn on a processor. So each measurement is made once more with no lock of a map in it:
// a process holds a lock on a file of its own, and somebody asks the kernel for it as often as a waiter would.

const nap = 250 * time.Microsecond // of a waiter (package lock)

// idlerRole has the map args[0] open and holds a lock on the file args[1].
func idlerRole(p *Parent, args []string) error {
	m, err := Open(args[0], holderSpec, nil)
	if err != nil {
		return err
	}
	fd, err := sys.Open(args[1], false)
	if err != nil {
		return err
	}
	if got, err := sys.TryLock(fd, 0); !got || err != nil {
		return fmt.Errorf("the lock: %v %w", got, err)
	}
	p.Tell("held")
	p.Wait()
	runtime.KeepAlive(m)
	return nil
}

// A control kills processes that hold nothing of a map.
type control struct {
	path, file string
	fd         int
}

func newControl(t *testing.T, path string) *control {
	c := &control{path: path, file: path + ".control"}
	if err := os.WriteFile(c.file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if c.fd, err = sys.Open(c.file, false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sys.Close(c.fd) })
	return c
}

// kill says how long it takes until the death of a process is seen.
func (c *control) kill(t *testing.T, i int) time.Duration {
	child := Start(t, "idler", c.path, c.file)
	if line, _ := child.Line(); line != "held" {
		t.Fatalf("the control said %q", line)
	}
	done := make(chan time.Time, 1)
	go func() {
		for {
			if _, held, err := sys.Locked(c.fd, 0, 1); !held || err != nil {
				done <- time.Now()
				return
			}
			<-time.After(nap)
		}
	}()
	wait := killAt(child, i, done)
	child.Kill()
	return wait
}

// killAt kills a process at a moment of a waiter's nap that depends on i, and says how long after it done came.
func killAt(c *Child, i int, done <-chan time.Time) time.Duration {
	killed := time.Now().Add(time.Duration(i*397%1500) * time.Microsecond)
	for time.Now().Before(killed) {
		runtime.Gosched()
	}
	c.Signal(syscall.SIGKILL)
	return (<-done).Sub(killed)
}

// Stalls are how long somebody waited after a kill.
type stalls []time.Duration

const promised = 10 * time.Millisecond

// late counts those that were longer than promised.
func (s stalls) late() (n int) {
	for _, d := range s {
		if d > promised {
			n++
		}
	}
	return n
}

func (s stalls) String() string {
	return fmt.Sprintf("median %v, 99 %% %v, longest %v; %d of %d longer than %v", s[len(s)/2], s[len(s)*99/100], s[len(s)-1], s.late(), len(s), promised)
}

// judge compares stalls with those of the control: what the map adds must keep the promise. In the short form it does not,
// as everything else runs on the machine then.
func (s stalls) judge(t *testing.T, control stalls) {
	slices.Sort(s)
	slices.Sort(control)
	record.Count(t, "P3", "kills", len(s))
	record.Figure(t, "P3", "stall", s.String())
	record.Figure(t, "P3", "control, without a lock", control.String())
	if s[len(s)-1] > time.Second {
		t.Errorf("somebody waited for %v", s[len(s)-1])
	}
	if !long() {
		return
	}
	if median := s[len(s)/2]; median > max(time.Millisecond, 2*control[len(control)/2]) {
		t.Errorf("the median is %v", median)
	}
	if n := s.late(); n > 3+2*control.late() {
		t.Errorf("%d stalls are longer than %v, of the control %d", n, promised, control.late())
	}
}

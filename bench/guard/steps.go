package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// mark is the signal that a program sends to its first thread where a section begins, and where it ends. Nobody sees it
// but the tracer, which keeps it for itself.
const mark = unix.SIGUSR1

// waitFlags are for all threads, but of children of this thread alone: a test has others.
const waitFlags = unix.WALL | unix.WNOTHREAD

// A tracee is a program whose first thread is made to run step by step in its sections.
type tracee struct {
	pid     int
	threads map[int]bool // the others
	steps   atomic.Int64 // in all sections
}

// errStill is the error of a program that did not take a step for long: its first thread waits for one of those that stand still.
var errStill = errors.New("the program stood still")

// patience is how long a step may take, on any machine.
const patience = 10 * time.Second

// watch ends the program when it takes no step for long, until done is closed; then it says whether it has.
func (t *tracee) watch(p *os.Process, patience time.Duration, done <-chan struct{}) <-chan bool {
	ended := make(chan bool, 1)
	go func() {
		tick := time.NewTicker(patience)
		defer tick.Stop()
		for before := int64(-1); ; {
			select {
			case <-done:
				ended <- false
				return
			case <-tick.C:
			}
			now := t.steps.Load()
			if now == before {
				_ = p.Kill()
				ended <- true
				return
			}
			before = now
		}
	}()
	return ended
}

// Steps runs the program, which takes a step at least every so often, and returns how many instructions its first thread executed in each of its sections. The other
// threads stand still meanwhile: else the Go runtime's monitor would find that a goroutine has been running for long, as
// it has by the clock, and have it call the scheduler every few thousand instructions.
func Steps(cmd *exec.Cmd, patience time.Duration) (sections []int, err error) {
	runtime.LockOSThread() // a tracee obeys one thread
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t := &tracee{pid: cmd.Process.Pid, threads: map[int]bool{}}
	done := make(chan struct{})
	ended := t.watch(cmd.Process, patience, done)
	defer func() {
		close(done)
		if <-ended {
			sections, err = nil, errStill
			return
		}
		if err != nil { // it is still there
			_ = cmd.Process.Kill()
			_, _ = unix.Wait4(t.pid, nil, waitFlags, nil)
		}
	}()
	if _, err := t.wait(t.pid); err != nil { // for its exec
		return nil, err
	}
	if err := unix.PtraceSetOptions(t.pid, unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_EXITKILL); err != nil {
		return nil, fmt.Errorf("ptrace: %w", err)
	}
	if err := unix.PtraceCont(t.pid, 0); err != nil {
		return nil, fmt.Errorf("ptrace: %w", err)
	}
	return t.run()
}

// run sees the program through to its end.
func (t *tracee) run() (sections []int, err error) {
	for {
		var ws unix.WaitStatus
		tid, err := unix.Wait4(-1, &ws, waitFlags, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return nil, err
		case tid == t.pid && (ws.Exited() || ws.Signaled()):
			if ws.ExitStatus() != 0 {
				return nil, fmt.Errorf("the program ended with status %d, signal %v", ws.ExitStatus(), ws.Signal())
			}
			return sections, nil
		case !ws.Stopped():
			delete(t.threads, tid)
		case tid == t.pid && ws.StopSignal() == mark:
			n, err := t.section()
			if err != nil {
				return nil, err
			}
			sections = append(sections, n)
		default:
			t.goOn(tid, ws)
		}
	}
}

// goOn lets a thread that has stopped continue, with the signal it stopped for if that is its own affair.
func (t *tracee) goOn(tid int, ws unix.WaitStatus) {
	sig := int(ws.StopSignal())
	if tid != t.pid && !t.threads[tid] && ws.StopSignal() == unix.SIGSTOP || ws.TrapCause() > 0 {
		sig = 0 // a new thread, or the thread that has made one
	}
	if tid != t.pid {
		t.threads[tid] = true
	}
	_ = unix.PtraceCont(tid, sig) // fails only if the thread is gone
}

// section counts to the next mark.
func (t *tracee) section() (n int, err error) {
	for tid := range t.threads {
		if err := t.halt(tid); err != nil {
			return 0, err
		}
	}
	for {
		if err := unix.PtraceSingleStep(t.pid); err != nil {
			return 0, fmt.Errorf("ptrace: %w", err)
		}
		ws, err := t.wait(t.pid)
		if err != nil {
			return 0, err
		}
		switch {
		case ws.Stopped() && ws.StopSignal() == unix.SIGTRAP:
			n++
			t.steps.Add(1)
			continue
		case !ws.Stopped() || ws.StopSignal() != mark:
			return 0, fmt.Errorf("the program stopped in a section: status %#x", uint32(ws))
		}
		for tid := range t.threads {
			_ = unix.PtraceCont(tid, 0)
		}
		return n, unix.PtraceCont(t.pid, 0)
	}
}

// halt makes another thread stand still.
func (t *tracee) halt(tid int) error {
	if err := unix.Tgkill(t.pid, tid, unix.SIGSTOP); errors.Is(err, unix.ESRCH) {
		delete(t.threads, tid)
		return nil
	} else if err != nil {
		return err
	}
	for {
		ws, err := t.wait(tid)
		if err != nil {
			return err
		}
		if !ws.Stopped() {
			delete(t.threads, tid)
			return nil
		}
		if ws.StopSignal() == unix.SIGSTOP {
			return nil
		}
		t.goOn(tid, ws)
	}
}

func (t *tracee) wait(tid int) (ws unix.WaitStatus, err error) {
	for {
		if _, err = unix.Wait4(tid, &ws, unix.WALL, nil); !errors.Is(err, unix.EINTR) {
			return ws, err
		}
	}
}

// Mark begins or ends a section. The caller's goroutine must be locked to the first thread of the program.
func Mark() {
	// raw: the scheduler must not hear of it
	_, _, _ = unix.RawSyscall(unix.SYS_TGKILL, uintptr(os.Getpid()), uintptr(os.Getpid()), uintptr(mark))
}

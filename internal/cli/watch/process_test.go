package watch

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/maptest"
)

// attachRole attaches the map args[0] until it is told to go.
func attachRole(p *maptest.Parent, args []string) error {
	m, err := dict.Open(args[0], numbers)
	if err != nil {
		return err
	}
	p.Tell("%d", os.Getpid())
	p.Wait()
	return m.Close()
}

// attach starts a process that is attached when attach returns.
func attach(t *testing.T, attr *syscall.SysProcAttr, path string) *maptest.Child {
	t.Helper()
	c := maptest.StartIn(t, attr, "attach", path)
	if line, ok := c.Line(); !ok {
		t.Fatalf("the child says %q", line)
	}
	return c
}

// apart are attributes of a process in a PID namespace of its own; whoever is not root needs a user namespace besides.
func apart() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
	if os.Getuid() != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return a
}

// The process of a participant is named, also one in a PID namespace below ours; a killed one is not there any more.
func TestProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	create(t, path, numbers)
	plain, contained := attach(t, nil, path), attach(t, apart(), path)
	w := observe(t, path)
	ps := sample(t, w).Participants
	if len(ps) != 3 {
		t.Fatalf("%+v", ps)
	}
	for i, p := range ps {
		if p.Number != i || !p.Alive || p.Self || p.Process.PID == 0 || !strings.Contains(p.Process.Command, filepath.Base(os.Args[0])) {
			t.Errorf("%d: %+v", i, p)
		}
		if age := time.Since(p.Process.Started); age < 0 || age > time.Hour {
			t.Errorf("%d: started %v ago", i, age)
		}
		if i > 0 && !strings.Contains(p.Process.Command, path) {
			t.Errorf("%d: not all of the command line: %q", i, p.Process.Command)
		}
	}
	if ps[0].PID != os.Getpid() || ps[0].Process.PID != os.Getpid() || ps[1].PID != ps[1].Process.PID {
		t.Errorf("in our namespace: %+v", ps)
	}
	if ps[2].PID != 1 || ps[2].Process.PID == 1 {
		t.Errorf("in a namespace of its own: %+v", ps[2])
	}
	plain.Kill()
	contained.Kill()
	if ps := sample(t, w).Participants; len(ps) != 1 || ps[0].Number != 0 {
		t.Errorf("after two were killed: %+v", ps)
	}
}

func process(p dict.Participant, ino uint64) Process {
	s := search{ino: ino, locks: map[int][]span{}}
	return s.processOf(p)
}

// A PID alone proves nothing: a process that does not hold the lock is not named.
func TestProcessThatHoldsNoLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, numbers)
	_, ino, err := m.Identity()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []dict.Participant{
		{Number: 0, PID: os.Getppid()}, // lives, and does not have the map
		{Number: 1, PID: os.Getpid()},  // has the map, and not this number
		{Number: 0, PID: 0},
	} {
		if got := process(p, ino); got != (Process{}) {
			t.Errorf("%+v: %+v", p, got)
		}
	}
	if got := process(dict.Participant{PID: os.Getpid()}, ino+1); got != (Process{}) {
		t.Errorf("another file: %+v", got)
	}
	if got := process(dict.Participant{PID: os.Getpid()}, ino); got.PID != os.Getpid() {
		t.Errorf("the holder: %+v", got)
	}
}

// A command line is text for a terminal.
func TestPrintable(t *testing.T) {
	if got, want := Printable("a\x1b[2Jb\u202ec\xffd é"), "a\ufffd[2Jb\ufffdc\ufffdd é"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

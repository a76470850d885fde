package proof

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// Containers: processes in PID and mount namespaces of their own, each of which is number 1 in its own, share a map.

// apart are attributes of a process in namespaces of its own; whoever is not root needs a user namespace besides.
func apart(flags uintptr) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Cloneflags: flags | syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return a
}

// settle makes the mounts of this process its own; with proc, /proc shows its own PID namespace.
func settle(proc bool) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if proc {
		if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
			return fmt.Errorf("mounting /proc: %w", err)
		}
	}
	return nil
}

var sideOptions = dict.Options{Key: layout.Int64, Value: layout.String, Shards: 1, Capacity: 1000, LockTimeout: 5 * time.Second}

// sideRole stores key args[2] of the map args[0], told by a line. With a number of a store of the journal in args[1] it
// stops before that one until it gets another line; with "hasty" it waits for a lock for 20 ms.
func sideRole(p *maptest.Parent, args []string) error {
	if err := settle(true); err != nil {
		return err
	}
	if pid := os.Getpid(); pid != 1 {
		return fmt.Errorf("the process is number %d of its namespace", pid)
	}
	o := sideOptions
	if args[1] == "hasty" {
		o.LockTimeout = 20 * time.Millisecond
	}
	m, err := dict.Open(args[0], o)
	if err != nil {
		return err
	}
	if at, err := strconv.Atoi(args[1]); err == nil {
		n := 0
		m.Segment().Shards[0].SetPoint(func() {
			if n++; n == at {
				p.Tell("held")
				p.Wait()
			}
		})
	}
	key, _ := strconv.Atoi(args[2])
	p.Tell("open")
	p.Wait()
	switch err := m.Do(&dict.Op{Key: number(key), Val: sideValue(key)}); {
	case errors.Is(err, fault.ErrBusy):
		p.Tell("busy")
	case err != nil:
		return err
	default:
		p.Tell("stored")
	}
	p.Wait()
	return m.Close()
}

func sideValue(key int) dict.Datum {
	return dict.Datum{S: strings.Repeat(strconv.Itoa(key), 30)}
}

// A sides is a map and the processes on it.
type sides struct {
	t    *testing.T
	path string
}

// start starts a process in namespaces of its own that has the map open and waits.
func (s *sides) start(how string, key int) *maptest.Child {
	s.t.Helper()
	c := maptest.StartIn(s.t, apart(syscall.CLONE_NEWPID), "side", s.path, how, strconv.Itoa(key))
	s.hear(c, "open")
	return c
}

func (s *sides) hear(c *maptest.Child, want string) {
	s.t.Helper()
	if line, _ := c.Line(); line != want {
		s.t.Fatalf("the process said %q, want %q", line, want)
	}
}

// TestP05Containers kills a process in one PID namespace in the middle of a transaction, at every store of its journal;
// one in another namespace, which has the same process id, goes on. While the first one lives it is not robbed.
func TestP05Containers(t *testing.T) {
	s := &sides{t, mapPath(t)}
	m, err := dict.Open(s.path, sideOptions)
	m = maptest.Keep(t, m, err)
	repairs, last := uint64(0), pick(12, 40)
	for at := 1; at <= last; at++ {
		dead, other := 2*at, 2*at+1
		c, w, hasty := s.start(strconv.Itoa(at), dead), s.start("", other), s.start("hasty", other)
		c.Go()
		if line, _ := c.Line(); line != "held" {
			break // there are no more stores
		}
		hasty.Go()
		s.hear(hasty, "busy")
		w.Go()
		c.Kill()
		s.hear(w, "stored")
		l, err := m.Load(number(dead), nil, 0)
		if err != nil || l.Found && string(l.B) != sideValue(dead).S {
			t.Errorf("store %d: the dead one's key: %v %q %v", at, l.Found, l.B, err)
		}
		if l, err = m.Load(number(other), nil, 0); err != nil || string(l.B) != sideValue(other).S {
			t.Errorf("store %d: the living one's key: %v %q %v", at, l.Found, l.B, err)
		}
		st, err := m.Stats(false)
		if err != nil || st.Recoveries <= repairs {
			t.Errorf("store %d: %d repairs before, %d after: %v", at, repairs, st.Recoveries, err)
		}
		repairs = st.Recoveries
		clean(t, m, fmt.Sprint("store ", at))
		w.Kill()
		hasty.Kill()
	}
	record.Count(t, "P5", "kills in another PID namespace", int(repairs))
	if repairs < 8 {
		t.Errorf("only %d repairs", repairs)
	}
}

// TestP05NumberReuse: a process that gets the participant number, and has the process id, of one that died with a lock
// repairs what that one left, and is not taken for it.
func TestP05NumberReuse(t *testing.T) {
	s := &sides{t, mapPath(t)}
	for at := 1; at <= 10; at++ {
		c := s.start(strconv.Itoa(at), at)
		c.Go()
		s.hear(c, "held")
		c.Kill()
		again := s.start("", 100+at)
		ro, err := dict.Open(s.path, dict.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		number := func(n int) uint64 {
			p, _ := ro.Segment().Env.Region.At(uint64(layout.ParticipantsAt+n*layout.ParticipantSize), layout.ParticipantSize)
			return p.Load(layout.PartIncarnation)<<32 | p.Load(layout.PartPID)
		}
		if first, second := number(0), number(1); first != uint64(2*at)<<32|1 || second != 0 {
			t.Errorf("participants are %#x and %#x: the number was not used again", first, second)
		}
		again.Go()
		s.hear(again, "stored")
		clean(t, ro, fmt.Sprint("store ", at))
		if err := ro.Close(); err != nil {
			t.Error(err)
		}
		again.Kill()
	}
	m, err := dict.Open(s.path, sideOptions)
	m = maptest.Keep(t, m, err)
	found, err := all(m)
	record.Count(t, "P5", "participants whose number and process id were used again", 10)
	for at := 1; at <= 10; at++ {
		if found[number(100+at)] != sideValue(100+at) {
			t.Errorf("entry %d is lost: %v", 100+at, err)
		}
	}
}

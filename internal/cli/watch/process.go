package watch

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/segment"
)

// Process is the process of a participant as /proc shows it in our PID namespace. The zero Process is one that is not known:
// of another user, or in a namespace that cannot be seen from here.
type Process struct {
	PID     int // in our PID namespace
	Command string
	Started time.Time // the process, not the handle
}

// holder is one participant for as long as it lives.
type holder struct {
	number      int
	incarnation uint64
}

// Limits of a search in /proc.
const (
	maxProcesses   = 1 << 14
	maxDescriptors = 1 << 12
	maxCommand     = 256 // bytes
)

// search looks for the holders of locks on one file. What it has read of a process it keeps: one may hold many.
type search struct {
	ino   uint64
	locks map[int][]span // of a process
	inner map[int][]int  // processes by what they are called in their own PID namespace; nil before it was asked
}

// span is a range of locked bytes, both ends inclusive.
type span struct{ from, to int64 }

// attached are the participants that live, with their processes.
func (w *Map) attached(all []dict.Participant) []Participant {
	out := []Participant{}
	known, s := map[holder]Process{}, search{ino: w.ino, locks: map[int][]span{}}
	for _, p := range all {
		if !p.Alive {
			continue
		}
		h := holder{p.Number, p.Incarnation}
		proc, ok := w.processes[h]
		if !ok {
			proc = s.processOf(p)
		}
		known[h] = proc
		out = append(out, Participant{p, proc})
	}
	w.processes = known
	return out
}

// processOf finds the process that holds the lock of p: by the PID that it wrote, or, where that is of another namespace,
// among the processes that are called so in theirs.
func (s *search) processOf(p dict.Participant) Process {
	if p.PID == 0 {
		return Process{}
	}
	if proc, ok := s.examine(p.PID, p.Number); ok {
		return proc
	}
	if s.inner == nil {
		s.inner = innerPIDs()
	}
	for _, pid := range s.inner[p.PID] {
		if proc, ok := s.examine(pid, p.Number); ok {
			return proc
		}
	}
	return Process{}
}

// innerPIDs are the processes that are called otherwise in a PID namespace of their own, by what they are called there.
func innerPIDs() map[int][]int {
	out := map[int][]int{}
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, dir := range dirs[:min(len(dirs), maxProcesses)] {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if inner := innerPID(pid); inner != 0 && inner != pid {
			out[inner] = append(out[inner], pid)
		}
	}
	return out
}

// innerPID is what a process is called in its own PID namespace, 0 if that is not known.
func innerPID(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if pids, ok := strings.CutPrefix(line, "NSpid:"); ok {
			f := strings.Fields(pids)
			if len(f) == 0 {
				return 0
			}
			n, _ := strconv.Atoi(f[len(f)-1])
			return n
		}
	}
	return 0
}

// examine describes process pid, if it is the one that holds the lock of a participant.
func (s *search) examine(pid, number int) (Process, bool) {
	began, ok := startOf(pid)
	p := Process{PID: pid, Command: command(pid)}
	if !ok || !s.holds(pid, segment.LockByte(number)) {
		return Process{}, false
	}
	if again, ok := startOf(pid); !ok || again != began {
		return Process{}, false // another process has the PID by now
	}
	var up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) == nil {
		p.Started = time.Now().Add(began - time.Duration(up.Nano())).Round(time.Second / ticks)
	}
	return p, true
}

// holds reports whether a process has the lock on a byte.
func (s *search) holds(pid int, at int64) bool {
	locks, ok := s.locks[pid]
	if !ok {
		locks = locksOf(pid, s.ino)
		s.locks[pid] = locks
	}
	for _, l := range locks {
		if l.from <= at && at <= l.to {
			return true
		}
	}
	return false
}

// locksOf are the locks for writing that the descriptors of a process have on the file with inode ino. The kernel lists the
// locks of a descriptor with it.
func locksOf(pid int, ino uint64) (out []span) {
	dir := fmt.Sprintf("/proc/%d/fdinfo", pid)
	f, err := os.Open(dir)
	if err != nil {
		return nil // of another user, or gone
	}
	defer f.Close()
	names, _ := f.Readdirnames(maxDescriptors) // those that were read before an error will do
	suffix := ":" + strconv.FormatUint(ino, 10)
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			// lock: 1: OFDLCK ADVISORY WRITE -1 fe:00:INODE START END
			f := strings.Fields(line)
			if len(f) != 9 || f[0] != "lock:" || f[2] != "OFDLCK" || f[4] != "WRITE" || !strings.HasSuffix(f[6], suffix) {
				continue
			}
			from, err1 := strconv.ParseInt(f[7], 10, 64)
			to, err2 := strconv.ParseInt(f[8], 10, 64)
			if err1 == nil && err2 == nil {
				out = append(out, span{from, to})
			}
		}
	}
	return out
}

// ticks is the resolution of times in /proc: USER_HZ of amd64 and arm64.
const ticks = 100

// startOf is when a process began, since the boot.
func startOf(pid int) (time.Duration, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])) // the name before may hold anything
	if len(f) < 20 {
		return 0, false
	}
	n, err := strconv.ParseInt(f[19], 10, 64)
	return time.Duration(n) * time.Second / ticks, err == nil
}

// command is the command line of a process, fit for a terminal.
func command(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if len(b) == 0 || err != nil {
		b, _ = os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	}
	b = b[:min(len(b), maxCommand)]
	return Printable(strings.TrimSpace(strings.ReplaceAll(string(b), "\x00", " ")))
}

// Printable replaces what a terminal might take for something else than text.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

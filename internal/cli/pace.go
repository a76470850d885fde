package cli

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// How a command that gives way paces itself. Its first stretch is short enough for nobody to notice; a small map takes no more.
const (
	firstStretch = 10 * time.Millisecond
	freeStretch  = 400 * time.Millisecond // while a processor is idle
	busyStretch  = time.Millisecond       // while all are busy
	shortestNap  = 40 * time.Millisecond  // /proc/stat counts in 10 ms
	longestNap   = 2 * time.Second
	share        = 40 // while all processors are busy it uses one part of so many of one of them
)

// A pace is how a command that passes over a whole map leaves the processors to others: it works in stretches, and naps between
// them. If a processor was idle during the nap the next stretch is long; if none was it is a short one, and the nap becomes so
// much longer that the command uses next to nothing. The priority alone does not do that: the kernel gives what runs at the lowest
// one every gap that others leave, and its work in the gaps slows them by the caches and the memory that they share.
//
// A nil pace does not nap. It is for one goroutine.
type pace struct {
	end  time.Time     // of the stretch
	used time.Duration // CPU time of the process when it began

	// The world, for tests.
	now   func() time.Time
	cpu   func() time.Duration         // of this process
	idle  func() (time.Duration, bool) // of all processors; false: it is not known
	sleep func(time.Duration)
}

// paceOf is the pace of a command; nil if it gives way to nobody.
func paceOf(ctx context.Context, cmd *cobra.Command) *pace {
	if niceOf(cmd) == 0 {
		return nil
	}
	p := &pace{now: time.Now, cpu: processTime, idle: idleTime, sleep: func(nap time.Duration) {
		select {
		case <-ctx.Done(): // somebody waits for the end
		case <-time.After(nap):
		}
	}}
	p.begin(firstStretch)
	return p
}

func (p *pace) begin(stretch time.Duration) {
	p.end, p.used = p.now().Add(stretch), p.cpu()
}

// step is called between any two small pieces of work, where no lock is held. Now and then it naps.
func (p *pace) step() {
	if p == nil || p.now().Before(p.end) {
		return
	}
	before, known := p.idle()
	if !known {
		p.begin(time.Hour) // it cannot tell who else there is
		return
	}
	began := p.now()
	p.sleep(shortestNap)
	if after, _ := p.idle(); after-before >= p.now().Sub(began)*3/4 { // one was idle nearly all the time
		p.begin(freeStretch)
		return
	}
	p.sleep(min((share-1)*(p.cpu()-p.used), longestNap) - shortestNap) // if that is less than 0, not at all
	p.begin(busyStretch)
}

// processTime is the CPU time that this process has used.
func processTime() time.Duration {
	var r unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &r) // cannot fail
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// idleTime is how long all processors of this machine together have been idle.
func idleTime() (time.Duration, bool) {
	b, err := os.ReadFile("/proc/stat") // of proc(5): cpu user nice system idle iowait ..., in 1/100 s
	if err != nil {
		return 0, false
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	fields := bytes.Fields(line)
	if len(fields) < 6 || string(fields[0]) != "cpu" {
		return 0, false
	}
	idle, err1 := strconv.ParseUint(string(fields[4]), 10, 63)
	wait, err2 := strconv.ParseUint(string(fields[5]), 10, 63)
	return time.Duration(idle+wait) * 10 * time.Millisecond, err1 == nil && err2 == nil
}

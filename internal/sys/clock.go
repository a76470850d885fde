package sys

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// bootNanos reads CLOCK_BOOTTIME, which counts suspend and is the same in every process of a boot; the offset of a time
// namespace is taken off.
func bootNanos(nsOffset int64) int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) // cannot fail with this clock and a valid pointer
	return ts.Nano() - nsOffset
}

// timeNamespaceOffset is what the current time namespace adds to CLOCK_BOOTTIME, in nanoseconds.
func timeNamespaceOffset() int64 {
	f, err := os.Open("/proc/self/timens_offsets")
	if err != nil {
		return 0
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		w := strings.Fields(sc.Text())
		if len(w) == 3 && w[0] == "boottime" {
			sec, _ := strconv.ParseInt(w[1], 10, 64)
			ns, _ := strconv.ParseInt(w[2], 10, 64)
			return sec*1e9 + ns
		}
	}
	return 0
}

// BootClock tells nanoseconds since boot, the same in every process up to the noise of reading it. CLOCK_BOOTTIME is a
// system call for Go, so the clock runs on Go's monotonic one and looks at boot time once a second of it. What it sees is
// adopted only if it is a jump, as after a suspend: the monotonic clock stops then, and otherwise the two run alike, while
// a thread that loses its core between the two readings sees a difference that is not there.
type BootClock struct {
	origin   time.Time
	nsOffset int64
	ahead    atomic.Int64 // boot time minus monotonic time since origin
	synced   atomic.Int64 // monotonic time of the last look

	ticks uint64        // no fewer than so many in a millisecond
	seq   atomic.Uint64 // odd while the two below are written
	end   atomic.Uint64 // until this tick it is
	ms    atomic.Uint64 // so many milliseconds since boot
}

const (
	resync = int64(time.Second)
	noise  = int64(200 * time.Microsecond) // longest time between two readings that count as one
	jump   = int64(10 * time.Millisecond)

	shortest = 2000 // nanoseconds left of a millisecond that are worth keeping
)

// NewBootClock starts a clock.
func NewBootClock() *BootClock {
	c := &BootClock{origin: time.Now(), nsOffset: timeNamespaceOffset(), ticks: slowest() / 1000}
	ahead, _ := c.look(100)
	c.ahead.Store(ahead)
	return c
}

// Nanos is the time since boot.
func (c *BootClock) Nanos() int64 {
	mono := int64(time.Since(c.origin))
	if mono-c.synced.Load() >= resync {
		c.synced.Store(mono)
		if ahead, ok := c.look(3); ok && max(ahead-c.ahead.Load(), c.ahead.Load()-ahead) > jump {
			c.ahead.Store(ahead)
		}
	}
	return mono + c.ahead.Load()
}

// Millis is the time since boot in whole milliseconds: Nanos in the same millisecond is not asked again. One reading of Nanos
// serves until the ticks say that what is left of its millisecond may have passed: fewer of them go by meanwhile than do.
func (c *BootClock) Millis() uint64 {
	now := tick()
	seq := c.seq.Load()
	end, ms := c.end.Load(), c.ms.Load()
	if end-now-1 < c.ticks && seq&1 == 0 && c.seq.Load() == seq {
		return ms
	}
	return c.millis()
}

// millis is Millis by Nanos, which it keeps for those who come after.
//
//go:noinline
func (c *BootClock) millis() uint64 {
	began, nanos := tick(), c.Nanos() // in this order: later the millisecond only seems to end earlier
	ms, left := uint64(nanos/1e6), uint64(1e6-nanos%1e6)
	if seq := c.seq.Load(); left > shortest && seq&1 == 0 && c.seq.CompareAndSwap(seq, seq+1) {
		c.end.Store(began + left*c.ticks/1e6)
		c.ms.Store(ms)
		c.seq.Store(seq + 2)
	}
	return ms
}

// look reads both clocks until they were read close enough together, at most n times; else it returns the closest.
func (c *BootClock) look(n int) (ahead int64, ok bool) {
	closest := int64(1) << 62
	for range n {
		before := int64(time.Since(c.origin))
		boot := bootNanos(c.nsOffset)
		gap := int64(time.Since(c.origin)) - before
		if gap < closest {
			closest, ahead = gap, boot-before-gap/2
		}
		if gap < noise {
			return ahead, true
		}
	}
	return ahead, false
}

// BootID identifies this boot of the machine, as two words; zero where it is hidden.
func BootID() (hi, lo uint64) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return 0, 0
	}
	s := strings.ReplaceAll(strings.TrimSpace(string(b)), "-", "")
	if len(s) != 32 {
		return 0, 0
	}
	hi, _ = strconv.ParseUint(s[:16], 16, 64)
	lo, _ = strconv.ParseUint(s[16:], 16, 64)
	return hi, lo
}

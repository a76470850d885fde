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

// bootMillis reads CLOCK_BOOTTIME, which counts suspend and is the same in every process of a boot; the offset of a
// time namespace is taken off.
func bootMillis(nsOffset int64) int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) // cannot fail with this clock and a valid pointer
	return ts.Nano()/1e6 - nsOffset
}

// timeNamespaceOffset is what the current time namespace adds to CLOCK_BOOTTIME, in milliseconds.
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
			return sec*1000 + ns/1e6
		}
	}
	return 0
}

// BootClock tells milliseconds since boot, the same number in every process. CLOCK_BOOTTIME is a system call for Go, so
// it runs on Go's monotonic clock and is set again at least once a second of it; a suspend, which stops the monotonic
// clock, is noticed at the first reading a second later.
type BootClock struct {
	origin   time.Time
	nsOffset int64
	ahead    atomic.Int64 // boot time minus monotonic time since origin, ms
	synced   atomic.Int64 // monotonic ms of the last setting
}

const resyncMillis = 1000

// NewBootClock starts a clock.
func NewBootClock() *BootClock {
	c := &BootClock{origin: time.Now(), nsOffset: timeNamespaceOffset()}
	c.sync(0)
	return c
}

// Millis is the time since boot.
func (c *BootClock) Millis() int64 {
	mono := int64(time.Since(c.origin) / time.Millisecond)
	if mono-c.synced.Load() >= resyncMillis {
		c.sync(mono)
	}
	return mono + c.ahead.Load()
}

func (c *BootClock) sync(mono int64) {
	c.ahead.Store(bootMillis(c.nsOffset) - mono)
	c.synced.Store(mono)
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

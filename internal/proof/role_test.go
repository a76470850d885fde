package proof

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/maptest"
)

// What the tests of promises share.

// roles are the programs of the child processes.
func roles() map[string]maptest.Role {
	return map[string]maptest.Role{
		"historian": historianRole, "side": sideRole, "tight": tightRole, "hammer": hammerRole,
		"dated": datedRole, "cramped": crampedRole, "mounted": mountedRole, "elsewhen": elsewhenRole, "scribbler": scribblerRole, "operator": operatorRole,
	}
}

// long reports whether the tests may take their time.
func long() bool { return os.Getenv("SHMAP_LONG") != "" }

// pick is a when the tests are to be short, b when they may be long.
func pick(a, b int) int {
	if long() {
		return b
	}
	return a
}

// random is a source of numbers that SHMAP_SEED repeats.
func random(t testing.TB) *rand.Rand {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv("SHMAP_SEED"), 10, 64)
	if err != nil {
		n = rand.Uint64()
	}
	t.Logf("SHMAP_SEED=%d", n)
	return rand.New(rand.NewPCG(n, 0))
}

// mapPath is a path for a map in memory.
func mapPath(t *testing.T) string { return filepath.Join(memoryDir(t), "map") }

// mono is the monotonic clock of the machine, in nanoseconds: the same in every process.
func mono() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail with this clock
	return ts.Nano()
}

// shared maps a file of n cells that outlives whoever writes to it.
func shared(path string, n int) (cells, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(int64(n) * 8); err != nil {
		return nil, err
	}
	return unix.Mmap(int(f.Fd()), 0, n*8, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// cells are 64-bit words in a row.
type cells []byte

func (w cells) set(i int, v uint64) { binary.LittleEndian.PutUint64(w[i*8:], v) }
func (w cells) get(i int) uint64    { return binary.LittleEndian.Uint64(w[i*8:]) }

// clean complains about every broken invariant of a map.
func clean(t testing.TB, m *dict.Map, when string) {
	t.Helper()
	problems, err := m.Check()
	if err != nil || len(problems) > 0 {
		t.Errorf("%s: check: %v\n%s", when, err, strings.Join(problems, "\n"))
	}
}

// all lists everything that is in a map.
func all(m *dict.Map) (map[dict.Datum]dict.Datum, error) {
	out := map[dict.Datum]dict.Datum{}
	for c := m.Cursor(); ; {
		e, ok, err := c.Next()
		if !ok || err != nil {
			return out, err
		}
		out[e.Key] = e.Val
	}
}

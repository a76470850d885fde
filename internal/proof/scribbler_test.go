package proof

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// A hostile peer: a process that maps the file and writes whatever it likes, wherever it likes, while others operate.

// scribblerRole scribbles over the file args[0], with seed args[1], with a break of args[2] nanoseconds after each word.
func scribblerRole(p *maptest.Parent, args []string) error {
	seed, _ := strconv.ParseUint(args[1], 10, 64)
	pause, _ := strconv.ParseInt(args[2], 10, 64)
	r := rand.New(rand.NewPCG(seed, 7))
	f, err := os.OpenFile(args[0], os.O_RDWR, 0)
	if err != nil {
		return err
	}
	for {
		st, err := f.Stat()
		if err != nil {
			return err
		}
		w, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return err
		}
		for range 500 {
			scribble(r, w)
			for until := mono() + pause; mono() < until; {
			}
		}
		if err := unix.Munmap(w); err != nil {
			return err
		}
	}
}

// scribble changes one word; those that lead somewhere more often than others.
func scribble(r *rand.Rand, w cells) {
	n := len(w) / 8
	at := r.IntN(n)
	switch r.IntN(8) {
	case 0, 1, 2:
		at = layout.ShardsAt/8 + r.IntN(2)*layout.Page/8 + r.IntN(layout.ShDir+layout.Vecs*layout.Levels)
	case 3:
		at = layout.HdrState + r.IntN(24)
	case 4:
		if r.IntN(500) == 0 {
			at = r.IntN(layout.HdrState)
		}
	}
	switch r.IntN(6) {
	case 0:
		w.set(at, r.Uint64())
	case 1:
		w.set(at, r.Uint64N(1000))
	case 2:
		w.set(at, w.get(r.IntN(n)))
	case 3:
		w.set(at, w.get(at)^1<<r.IntN(64))
	case 4:
		w.set(at, w.get(at)+1-2*r.Uint64N(2))
	case 5:
		w.set(at, layout.Pair(r.Uint64N(200), r.Uint64N(200)))
	}
}

// scribbled are the maps that are scribbled over.
func scribbled() []dict.Options {
	return []dict.Options{
		{Key: layout.String, Value: layout.String, Shards: 2},
		{Key: layout.String, Value: layout.String, Shards: 2, Capacity: 3000, EnableTTL: true, MaxBytes: 16 << 20},
		{Key: layout.Int64, Value: layout.Int64, Shards: 2},
		{Key: layout.Int64, Value: layout.Int64, Shards: 2, Capacity: 700, Policy: layout.PolicyS3},
		{Key: layout.Int32, Value: layout.String, Shards: 2, MaxEntries: 2000, TTL: time.Minute},
	}
}

// furnish makes a map with something of everything.
func furnish(path string, o dict.Options) (*dict.Map, error) {
	m, err := dict.Open(path, o)
	if err != nil {
		return nil, err
	}
	for i := range 1500 {
		op := dict.Op{Key: hostileKey(i), Val: dict.Datum{W: uint64(i), S: strings.Repeat("x", i%400)}}
		if i == 700 || i == 900 {
			op.Val.S = strings.Repeat("large", 30_000)
		}
		if i%7 == 0 {
			op = dict.Op{Code: dict.OpDelete, Key: hostileKey(i / 2)}
		}
		if err := m.Do(&op); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// hostileKey is a key of either kind.
func hostileKey(i int) dict.Datum {
	return dict.Datum{W: uint64(i), S: fmt.Sprint(i, strings.Repeat("k", i%30))}
}

// TestP07Scribbler has processes operate on a map while another one scribbles over it: nothing crashes, no call takes
// long.
func TestP07Scribbler(t *testing.T) {
	r, calls, failed, rounds := random(t), 0, 0, pick(4, 60)
	for round := range rounds {
		path, pause := filepath.Join(memoryDir(t), "map"), []int{0, 3000, 100_000}[round%3]
		m, err := furnish(path, scribbled()[round%len(scribbled())])
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		seed := func() string { return strconv.FormatUint(r.Uint64(), 10) }
		var operators []*maptest.Child
		for i := range 3 {
			c := maptest.Start(t, "operator", path, seed(), strconv.Itoa(pick(400, 2000)), strconv.FormatBool(i == 2))
			c.Line()
			operators = append(operators, c)
		}
		s := maptest.Start(t, "scribbler", path, seed(), strconv.Itoa(pause))
		for _, c := range operators {
			c.Go()
		}
		var told []string
		for i, c := range operators {
			line, _ := c.Line()
			if told = append(told, line); i == 0 { // the others go on with what is left
				s.Kill()
			}
			if err := c.Wait(); err != nil {
				t.Errorf("round %d: an operator ended: %v", round, err)
			}
		}
		t.Logf("pause %d ns: %q", pause, told)
		for _, line := range told {
			var f, n int
			if _, err := fmt.Sscanf(line, "%d of %d calls", &f, &n); err != nil {
				t.Errorf("round %d: an operator said %q", round, line)
			}
			calls, failed = calls+n, failed+f
		}
	}
	record.Count(t, "P7", "maps scribbled over", rounds)
	record.Count(t, "P7", "calls meanwhile", calls)
	record.Count(t, "P7", "of them failed with an error that has a name", failed)
}

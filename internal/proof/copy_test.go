package proof

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

var copyOptions = dict.Options{Key: layout.Int64, Value: layout.String, Shards: 2}

// hammerRole changes the map args[0] without end.
func hammerRole(p *maptest.Parent, args []string) error {
	m, err := dict.Open(args[0], copyOptions)
	if err != nil {
		return err
	}
	p.Tell("open")
	seed, _ := strconv.ParseUint(args[1], 10, 64)
	r := rand.New(rand.NewPCG(seed, 15))
	for {
		if err := m.Do(copyOp(r)); err != nil {
			return err
		}
	}
}

func copyOp(r *rand.Rand) *dict.Op {
	key := r.IntN(500)
	if r.IntN(3) == 0 {
		return &dict.Op{Code: dict.OpDelete, Key: number(key)}
	}
	return &dict.Op{Key: number(key), Val: dict.Datum{S: strings.Repeat(fmt.Sprintf("%04d", key), 1+r.IntN(400))}}
}

// openings are the two ways to open a file.
var openings = []dict.Options{copyOptions, {ReadOnly: true}}

// refused demands that nobody can open an image.
func refused(t *testing.T, path string, image []byte, why string) {
	t.Helper()
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range openings {
		m, err := dict.Open(path, o)
		if !errors.Is(err, fault.ErrUnclean) {
			t.Errorf("%s, read-only %v: error %v, want %v", why, o.ReadOnly, err, fault.ErrUnclean)
		}
		if err == nil {
			_ = m.Close() // the error has been told
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestP15LiveCopies copies a map while a process changes it, and when it has been killed: every copy is refused, pages
// that were lost or not.
func TestP15LiveCopies(t *testing.T) {
	r, path := random(t), mapPath(t)
	rounds := pick(6, 60)
	record.Count(t, "P15", "copies of live maps", 9*rounds)
	record.Count(t, "P15", "copies with lost pages", 4*rounds)
	for range rounds {
		c := maptest.Start(t, "hammer", path, strconv.FormatUint(r.Uint64(), 10))
		if line, _ := c.Line(); line != "open" {
			t.Fatalf("the process said %q", line)
		}
		for range 8 {
			<-time.After(time.Duration(r.IntN(5000)) * time.Microsecond)
			refused(t, path+".copy", read(t, path), "a copy of a live map")
		}
		c.Kill()
		image := read(t, path)
		refused(t, path+".copy", image, "a copy of what a dead process left")
		for range 4 {
			page := r.IntN(len(image)/layout.Page-1) + 1 // a header of zeros is no map
			clear(image[page*layout.Page:][:layout.Page])
			refused(t, path+".copy", image, "a copy with lost pages")
		}
	}
	m, err := dict.Open(path, copyOptions)
	m = maptest.Keep(t, m, err)
	if m.Len() == 0 {
		t.Error("nothing happened")
	}
}

// TestP15SettledCopies: a map that was closed, or frozen, may be copied; a copy of a frozen one also while it is open.
func TestP15SettledCopies(t *testing.T) {
	r, path := random(t), mapPath(t)
	m, err := dict.Open(path, copyOptions)
	if err != nil {
		t.Fatal(err)
	}
	for range 4000 {
		if err := m.Do(copyOp(r)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := all(m)
	if err != nil {
		t.Fatal(err)
	}
	same := func(name, when string) {
		for _, o := range openings {
			c, err := dict.Open(name, o)
			if err != nil {
				t.Errorf("%s, read-only %v: %v", when, o.ReadOnly, err)
				continue
			}
			if got, err := all(c); err != nil || !maps.Equal(got, want) {
				t.Errorf("%s, read-only %v: %d entries, want %d: %v", when, o.ReadOnly, len(got), len(want), err)
			}
			clean(t, c, when)
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	copied := func(when string) {
		if err := os.WriteFile(path+".copy", read(t, path), 0o600); err != nil {
			t.Fatal(err)
		}
		same(path+".copy", when)
	}
	refused(t, path+".copy", read(t, path), "an open map")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	copied("a closed map")
	if m, err = dict.Open(path, copyOptions); err != nil {
		t.Fatal(err)
	}
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	copied("a frozen map that is open")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	copied("a frozen map")
	same(path, "the map itself")
}

// TestP15Straddle: a copy that was begun while the map was closed, and went on after somebody had opened it and written, is
// refused, wherever it was then. At the end it is either.
func TestP15Straddle(t *testing.T) {
	path, copies := mapPath(t), 0
	store := func(round int) {
		m, err := dict.Open(path, dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 4})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3000 {
			if err := m.Do(&dict.Op{Key: dict.Datum{W: uint64(i * round)}, Val: dict.Datum{W: uint64(round)}}); err != nil {
				t.Fatal(err)
			}
		}
		defer func() {
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
		}()
		if round > 1 {
			clean, live := read(t, path+".clean"), read(t, path)
			for at := layout.Page; at < len(clean); at += pick(5, 1) * layout.Page {
				straddles(t, path+".copy", append(slices.Clone(clean[:at]), live[at:]...))
				copies++
			}
		}
	}
	store(1)
	if err := os.WriteFile(path+".clean", read(t, path), 0o600); err != nil {
		t.Fatal(err)
	}
	store(2)
	store(3)
	for _, mix := range [][2][]byte{{read(t, path+".clean"), read(t, path)}} { // and of two sessions, both closed
		for at := layout.Page; at < len(mix[0]); at += pick(5, 1) * layout.Page {
			straddles(t, path+".copy", append(slices.Clone(mix[0][:at]), mix[1][at:]...))
			copies++
		}
	}
	record.Count(t, "P15", "copies that straddle an open", copies)
}

func straddles(t *testing.T, path string, image []byte) {
	t.Helper()
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dict.Open(path, dict.Options{ReadOnly: true}); !errors.Is(err, fault.ErrUnclean) {
		t.Fatalf("a copy that straddles an open: %v", err)
	}
}

// TestPlantedFaultCleanMark: a copy of a live map that says it was closed, and is sealed, is opened, so it is the seal that
// counts.
func TestPlantedFaultCleanMark(t *testing.T) {
	path := mapPath(t)
	c := maptest.Start(t, "hammer", path, "1")
	c.Line()
	image := cells(read(t, path))
	image.set(layout.HdrState, layout.StateClean)
	image.set(layout.HdrSeal, uint64(len(image)))
	image = append(image, make([]byte, layout.Page)...)
	end := (len(image) - layout.Page) / 8
	image.set(end+layout.SealMagic, layout.Magic)
	image.set(end+layout.SealSession, image.get(layout.HdrSession))
	if err := os.WriteFile(path+".copy", image, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dict.Open(path+".copy", dict.Options{ReadOnly: true}); err != nil {
		t.Errorf("a false mark is not believed: %v", err)
	}
}

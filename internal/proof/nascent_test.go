package proof

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
)

// Memory that is refused while a map is made, attached or closed.

var nascentSpecs = []maptest.Spec{
	{Key: layout.Int64, Value: layout.Int64},
	{Key: layout.String, Value: layout.String, LgShards: 3},
	{Key: layout.String, Value: layout.Int32, Capacity: 1000, TTL: 1 << 30, LgShards: 1},
	{Key: layout.Int64, Value: layout.String, MaxBytes: 8 << 20, Policy: layout.PolicyClock},
}

// nascent is how to open a map whose allocations f may refuse.
func nascent(spec maptest.Spec, f *refusal) segment.Options {
	return segment.Options{Create: spec.Config(), Mode: 0o600, Prepare: func(r *region.Region) { r.FailAllocate = f.ask }}
}

// holds are the descriptors of this process, and its mappings, of files under dir or without a name.
func holds(t *testing.T, dir string) (n int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds { // others are the runtime's
		to, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		text = append(text, to...)
	}
	return strings.Count(string(text), dir) + strings.Count(string(text), "memfd:shmap")
}

// refusing opens in every way in which one allocation, or all from one on, can be refused: each time it must be that
// error and leave nothing behind. after looks at the rest.
func refusing(t *testing.T, dir string, spec maptest.Spec, open func(segment.Options) (*segment.Segment, error), after func()) (sites int) {
	t.Helper()
	for _, toTheEnd := range []int{0, 1 << 30} {
		for n := 1; ; n++ {
			f := &refusal{first: n, last: n + toTheEnd}
			before := holds(t, dir)
			seg, err := open(nascent(spec, f))
			if err == nil {
				if err := seg.Close(); err != nil {
					t.Error(err)
				}
				sites += n - 1
				break
			}
			if !errors.Is(err, fault.ErrNoSpace) {
				t.Errorf("allocation %d refused: %v", n, err)
			}
			if held := holds(t, dir); held > before {
				t.Errorf("allocation %d refused: %d descriptors and mappings, %d before", n, held, before)
			}
			after()
		}
	}
	return sites
}

// TestP06EveryAllocationOfOpen refuses each allocation of memory while a map is made, and while it is attached, by a first
// handle and by another one: it is an error of that call, nothing is left behind, and the next call succeeds.
func TestP06EveryAllocationOfOpen(t *testing.T) {
	made, attached := 0, 0
	for _, spec := range nascentSpecs {
		dir := memoryDir(t)
		path := filepath.Join(dir, "map")
		byPath := func(o segment.Options) (*segment.Segment, error) { return segment.Open(path, o) }
		made += refusing(t, dir, spec, segment.Anonymous, func() {})
		made += refusing(t, dir, spec, byPath, func() {
			names, err := filepath.Glob(path + "*") // none, or it was made and only attaching failed
			m, err2 := maptest.Open(path, spec, nil)
			if err := errors.Join(err, err2); err != nil || len(names) > 1 || m.Len() != 0 {
				t.Fatalf("%v: %d files are left: %v", spec, len(names), err)
			}
			clean(t, m, "made again")
			if err := errors.Join(m.Close(), os.Remove(path)); err != nil {
				t.Fatal(err)
			}
		})
		m, err := maptest.Open(path, spec, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := fillNascent(t, m)
		attached += refusing(t, dir, spec, byPath, func() { sameNascent(t, m, want, "beside one that failed") })
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		attached += refusing(t, dir, spec, byPath, func() {
			again, err := maptest.Open(path, spec, nil)
			if err != nil {
				t.Fatal(err)
			}
			sameNascent(t, again, want, "after one that failed")
			if err := again.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	if made < 8*len(nascentSpecs) || attached < 4*len(nascentSpecs) {
		t.Errorf("%d and %d allocations: too few", made, attached)
	}
	record.Count(t, "P6", "allocations refused of maps being made", made)
	record.Count(t, "P6", "allocations refused of maps being attached", attached)
}

// TestP06CloseWithoutSpace: a map for whose seal there is no memory is closed all the same, and opened again.
func TestP06CloseWithoutSpace(t *testing.T) {
	path := mapPath(t)
	f := &refusal{}
	seg, err := segment.Open(path, nascent(nascentSpecs[0], f))
	if err != nil {
		t.Fatal(err)
	}
	m := dict.Attach(seg)
	want := fillNascent(t, m)
	f.first, f.last = 1, 1<<30
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	again, err := maptest.Open(path, nascentSpecs[0], nil)
	again = maptest.Keep(t, again, err)
	sameNascent(t, again, want, "unsealed")
	refused(t, path+".copy", read(t, path), "a copy of a map without a seal")
}

func fillNascent(t *testing.T, m *dict.Map) map[dict.Datum]dict.Datum {
	t.Helper()
	for i := range 100 {
		key, val := dict.Datum{W: uint64(i)}, dict.Datum{W: uint64(i)}
		if m.Options().Key == layout.String {
			key = dict.Datum{S: fmt.Sprint(i)}
		}
		if m.Options().Value == layout.String {
			val = dict.Datum{S: strings.Repeat("v", i)}
		}
		if err := m.Do(&dict.Op{Key: key, Val: val}); err != nil {
			t.Fatal(err)
		}
	}
	want, err := all(m)
	if err != nil || len(want) != 100 {
		t.Fatalf("%d entries: %v", len(want), err)
	}
	return want
}

func sameNascent(t *testing.T, m *dict.Map, want map[dict.Datum]dict.Datum, when string) {
	t.Helper()
	if got, err := all(m); err != nil || !maps.Equal(got, want) {
		t.Fatalf("%s: %d entries, want %d: %v", when, len(got), len(want), err)
	}
	clean(t, m, when)
}

// TestP06SmallDisks makes a map on file systems of every size from one page on, until it fits.
func TestP06SmallDisks(t *testing.T) {
	dir := memoryDir(t)
	c := maptest.StartIn(t, apart(0), "cramped", dir)
	for line, ok := c.Line(); ok; line, ok = c.Line() {
		t.Log(line)
		record.Figure(t, "P6", "sizes of file system too small for a map", line)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// crampedRole tries to make a map in the directory args[0], which it makes a file system of more and more pages.
func crampedRole(p *maptest.Parent, args []string) error {
	if err := settle(false); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", args[0], "tmpfs", 0, fmt.Sprint("size=", layout.Page)); err != nil {
		return err
	}
	path := filepath.Join(args[0], "map")
	for pages := 1; ; pages++ {
		if err := unix.Mount("tmpfs", args[0], "tmpfs", unix.MS_REMOUNT, fmt.Sprint("size=", pages*layout.Page)); err != nil {
			return err
		}
		m, err := dict.Open(path, squeezeOptions)
		if err == nil {
			p.Tell("%d", pages-1)
			return m.Close()
		}
		var left unix.Statfs_t
		names, err2 := os.ReadDir(args[0])
		if err3 := unix.Statfs(args[0], &left); !errors.Is(err, fault.ErrNoSpace) || len(names) != 0 || left.Bfree != left.Blocks {
			return fmt.Errorf("%d pages: %w; %d files, %d of %d pages are free: %w", pages, err, len(names), left.Bfree, left.Blocks, errors.Join(err2, err3))
		}
	}
}

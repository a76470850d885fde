package region_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/sys"
)

// TestBounds: no pointer outside the file is given out, whatever is asked for.
func TestBounds(t *testing.T) {
	r := region.Heap(1 << 16)
	if err := r.Allocate(0, 8192); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		off, n uint64
		ok     bool
	}{
		{0, 8, true}, {8184, 8, true}, {0, 8192, true}, {8192, 0, true},
		{8192, 8, false}, {8185, 8, false}, {0, 8193, false}, {1 << 63, 8, false}, {8, ^uint64(0), false}, {^uint64(0) - 7, 8, false},
	} {
		if _, ok := r.At(c.off, c.n); ok != c.ok {
			t.Errorf("At(%#x, %#x): %v", c.off, c.n, ok)
		}
	}
	if err := r.Allocate(0, 1<<20); !errors.Is(err, fault.ErrNoSpace) {
		t.Errorf("allocating past the capacity: %v", err)
	}
}

// TestGrowth: a file that grows past the reserved addresses is mapped anew, and pointers into the old mapping stay good.
func TestGrowth(t *testing.T) {
	fd, err := sys.Memfd("shmap-region", 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(fd)
	r, err := region.Mapped(fd, true, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Unmap()
	if err := r.Allocate(0, 4096); err != nil {
		t.Fatal(err)
	}
	old, _ := r.At(0, 8)
	old.Store(0, 42)
	if err := r.Allocate(200<<20, 4096); err != nil {
		t.Fatal(err)
	}
	grown, ok := r.At(200<<20, 8)
	if !ok {
		t.Fatal("the new end is out of reach")
	}
	grown.Store(0, 43)
	again, _ := r.At(0, 8)
	if old.Load(0) != 42 || again.Load(0) != 42 || grown.Load(0) != 43 {
		t.Error("the mappings show different files")
	}
	if err := r.Punch(0, 4096); err != nil || old.Load(0) != 0 {
		t.Errorf("punched memory reads %d, %v", old.Load(0), err)
	}
}

// TestBytes: bytes go in and out at any offset and length.
func TestBytes(t *testing.T) {
	ws := make([]uint64, 16)
	p := region.Of(ws)
	for off := range uint64(17) {
		for n := range uint64(40) {
			text := bytes.Repeat([]byte{byte(off + n)}, int(n))
			p.CopyIn(off, string(text))
			out := make([]byte, n)
			p.CopyOut(out, off)
			if !bytes.Equal(out, text) || !p.Equal(off, string(text)) {
				t.Fatalf("%d bytes at %d: %x", n, off, out)
			}
		}
	}
}

package dict

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/vector"
)

// The order in which memory is taken, given back, and accounted for: a process may die in between (package space, S1).

// A place is an offset as a shard header sees it: a vector's element, and the end of the memory that the level may have
// by the watermark.
type place struct {
	which   int
	element uint64
	backed  bool
	marked  uint64
}

func placeOf(m *Map, off uint64) (p place, ok bool) {
	h := rvHeader(m, 0)
	for which, shape := range m.seg.Env.Config.Geometry().Vectors() {
		for level := range layout.Levels {
			base, first := h.Load(vector.DirWord(which, level)), shape.First(level)
			if base == 0 || off < base || off >= base+shape.LevelBytes(level) {
				continue
			}
			element := first + (off-base)/shape.Elem
			dirty := h.Load(layout.ShDirty + uint64(which))
			return place{which, element, element < h.Load(layout.ShBacked+uint64(which)),
				base + layout.PageUp((dirty-min(first, dirty))*shape.Elem)}, true
		}
	}
	return place{}, false
}

// TestMarkedBeforeTaken: when memory is asked for, it has been noted already that there may be some: by the watermark, or,
// for a hole among the chunks, by name. A process that dies between the two has leaked nothing.
func TestMarkedBeforeTaken(t *testing.T) {
	now := uint64(1000)
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 1, Now: func() uint64 { return now }})
	h := rvHeader(m, 0)
	taken, filled := 0, 0
	m.seg.Env.Region.FailAllocate = func(off, n uint64) error {
		p, ok := placeOf(m, off)
		switch {
		case !ok:
			t.Errorf("[%#x, +%#x) belongs to nothing", off, n)
		case p.which == layout.VecChunk && p.backed:
			if filled++; h.Load(layout.ShPunching) != p.element+1 {
				t.Errorf("a hole, chunk %d, gets memory while ShPunching is %d", p.element, h.Load(layout.ShPunching))
			}
		case off+n > p.marked:
			t.Errorf("%s from %d on get memory up to %#x, the watermark says %#x", vector.Name(p.which), p.element, off+n, p.marked)
		default:
			taken++
		}
		return nil
	}
	large := func(code OpCode, n int) {
		for i := range n {
			if err := m.Do(&Op{Code: code, Key: Datum{S: fmt.Sprint("k", i)}, Val: Datum{S: strings.Repeat("x", 32000)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 3 {
		large(OpStore, 100)
		large(OpDelete, 95)
		rvChurn(m, &now, 2000)
	}
	if taken < 20 || filled < 5 {
		t.Errorf("memory was taken %d times, and %d holes filled: this shows little", taken, filled)
	}
}

// TestSaidBeforeGivenBack: elements whose memory is given back do not count as backed when that happens, and count as having
// memory until it has happened. Here the kernel refuses to take any back.
func TestSaidBeforeGivenBack(t *testing.T) {
	now := uint64(1000)
	m, err := Anonymous(Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Now: func() uint64 { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100_000 {
		if err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 1}); err != nil {
			t.Fatal(err)
		}
	}
	h := rvHeader(m, 0)
	marks := func() (backed, dirty uint64) {
		return h.Load(layout.ShBacked + layout.VecMain), h.Load(layout.ShDirty + layout.VecMain)
	}
	_, before := marks()
	refuse(t, m)
	if err := m.Clear(); err != nil {
		t.Fatal(err)
	}
	for range 300 { // epochs of the quarantine pass
		now += 10
		if err := rvStore(m, Datum{W: 1}, Datum{W: 1}); err != nil {
			t.Fatal(err)
		}
	}
	backed, dirty := marks()
	if backed >= before {
		t.Errorf("%d of %d buckets count as backed while their memory is taken away", backed, before)
	}
	if dirty != before {
		t.Errorf("%d of %d buckets count as having memory; none has been taken away", dirty, before)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// refuse makes the kernel refuse to take memory of an anonymous map back: its file may not be written any more, except
// through mappings that are there.
func refuse(t *testing.T, m *Map) {
	t.Helper()
	fd, err := m.FD()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_FUTURE_WRITE); err != nil {
		t.Fatal(err)
	}
	if err := unix.Close(fd); err != nil {
		t.Error(err)
	}
}

// TestLateLoadTouchesNothingGivenBack: a load or store by a handle that has seen the table when it was large does not look where there is no
// memory any more: that would allocate it again.
func TestLateLoadTouchesNothingGivenBack(t *testing.T) {
	for name, o := range map[string]Options{
		"integers":  {Key: layout.Int64, Value: layout.Int64},
		"deadlines": {Key: layout.Int64, Value: layout.Int64, EnableTTL: true},
		"strings":   {Key: layout.String, Value: layout.String},
	} {
		t.Run(name, func(t *testing.T) {
			now := uint64(1000)
			o.Shards, o.Now = 1, func() uint64 { return now }
			m, err := Anonymous(o)
			if err != nil {
				t.Fatal(err)
			}
			keys := make([]Datum, 20_000)
			for i := range keys {
				if keys[i] = of(m, i); i%2 == 0 {
					keys[i].S += strings.Repeat(" and more", len(keys[i].S)) // of strings only
				}
				if err := rvStore(m, keys[i], of(m, 1)); err != nil {
					t.Fatal(err)
				}
			}
			large := []uint64{m.seg.Shards[0].Stat(layout.ShLevel)}
			if err := m.Clear(); err != nil {
				t.Fatal(err)
			}
			there := keys[:10]
			for i := range 300 { // epochs of the quarantine pass
				now += 10
				if err := rvStore(m, there[i%len(there)], of(m, 1)); err != nil {
					t.Fatal(err)
				}
			}
			before, err := m.seg.Blocks()
			if err != nil {
				t.Fatal(err)
			}
			load, q := m.Loader()
			for _, k := range keys {
				q.Note(large)
				if o.Key != layout.String {
					load(q, k.W)
				} else if _, _, _, err := q.LoadText(0, k.S, nil); err != nil {
					t.Fatal(err)
				}
			}
			for _, k := range there {
				q.Note(large)
				if o.Key != layout.String {
					err = m.StoreWord(k.W, 1)
				} else {
					err = m.StoreDatum(k, of(m, 1))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if after, err := m.seg.Blocks(); after > before || err != nil {
				t.Errorf("%d blocks before the loads and stores, %d after them, error %v", before, after, err)
			}
		})
	}
}

// TestQuarantineByAClockBehind: memory that a process has seen free is not given back early by another one whose clock is a little
// behind, nor kept for longer.
func TestQuarantineByAClockBehind(t *testing.T) {
	now := uint64(1000)
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Now: func() uint64 { return now }})
	for i := range 20_000 {
		if err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Clear(); err != nil {
		t.Fatal(err)
	}
	h := rvHeader(m, 0)
	backed := func() uint64 { return h.Load(layout.ShBacked + layout.VecMain) }
	work := func() {
		for range 100 { // upkeep comes every few operations
			if err := rvStore(m, Datum{W: 1}, Datum{W: 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	work() // in the epoch under way the table was large
	now = 1200
	work()
	began, full := h.Load(layout.ShQuarTime), backed()
	if began != now || full < 1000 {
		t.Fatalf("the epoch began at %d, not %d; %d buckets are backed", began, now, full)
	}
	for _, now = range []uint64{began - 20, began - 1, began, began + 99} {
		if work(); backed() != full {
			t.Fatalf("at %d %d of %d buckets are backed; the epoch began at %d", now, backed(), full, began)
		}
	}
	now = began + 100
	if work(); backed() >= full {
		t.Errorf("at %d %d of %d buckets are backed still; the epoch began at %d", now, backed(), full, began)
	}
}

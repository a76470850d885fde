// Faults that a review of the engine found, each with the test that showed it.

package dict

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/space"
	"github.com/shmap-go/shmap/internal/vector"
)

// rvHeap makes a map, the same in every run.
func rvHeap(t *testing.T, o Options) *Map {
	t.Helper()
	o.Seed = cmp.Or(o.Seed, 0x5eed)
	m, err := OnHeap(64<<20, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func rvHeader(m *Map, shard int) region.Ptr {
	p, _ := m.seg.Env.Region.At(layout.ShardAt(shard), layout.ShardSize)
	return p
}

// within fails the test, and leaves the goroutine spinning, if f takes too long.
func within(t *testing.T, d time.Duration, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(d):
		t.Fatalf("%s: no end after %v", what, d)
	}
}

func rvStore(m *Map, k, v Datum) error { return m.Do(&Op{Key: k, Val: v}) }

// at the byte limit one insert that needs an overflow bucket evicts the whole shard.
func TestRegressionBytesLimitEvictsAll(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, MaxBytes: 512 << 10, Policy: layout.PolicyClock, Shards: 1})
	most, worst, fails := 0, 0, 0
	for i := range 20000 {
		before := m.Len()
		err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 1})
		if err != nil {
			fails++
			if fails < 3 {
				t.Logf("%d: len %d -> %d: %v", i, before, m.Len(), err)
			}
		}
		most = max(most, m.Len())
		if before-m.Len() > worst {
			worst = before - m.Len()
			t.Logf("store %d: %d entries before, %d after", i, before, m.Len())
		}
	}
	if worst > most/10 || fails > 0 {
		t.Errorf("one store evicted %d of %d entries; %d stores failed", worst, most, fails)
	}
}

// eviction of a large blob whose frees need a larger journal than the byte limit allows.
func TestRegressionEvictLargeAtByteLimit(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, MaxBytes: 6<<20 + 300<<10, Policy: layout.PolicyClock, Shards: 1})
	if err := rvStore(m, Datum{S: "large"}, Datum{S: strings.Repeat("x", 5<<20)}); err != nil {
		t.Fatal(err)
	}
	within(t, 20*time.Second, "store", func() {
		for i := range 100000 {
			if err := rvStore(m, Datum{S: fmt.Sprint(i)}, Datum{S: "v"}); err != nil {
				t.Errorf("store %d with %d entries: %v", i, m.Len(), err)
				return
			}
		}
	})
}

// delete from a full map.
func TestRegressionDeleteLargeFromFull(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, MaxBytes: 6<<20 + 300<<10, Shards: 1})
	if err := rvStore(m, Datum{S: "large"}, Datum{S: strings.Repeat("x", 5<<20)}); err != nil {
		t.Fatal(err)
	}
	for i := range 100000 {
		if err := rvStore(m, Datum{S: fmt.Sprint(i)}, Datum{S: "v"}); err != nil {
			t.Logf("full after %d: %v", i, err)
			break
		}
	}
	if err := m.Do(&Op{Code: OpDelete, Key: Datum{S: "large"}}); err != nil {
		t.Errorf("delete from a full map: %v", err)
	}
}

// a reader beside a writer that is stopped at any store of the journal.
func TestRegressionStoppedWriterReaders(t *testing.T) {
	for name, final := range map[string]func(m *Map) error{
		"clear":  func(m *Map) error { return m.Clear() },
		"delete": func(m *Map) error { return m.Do(&Op{Code: OpDelete, Key: Datum{W: 7}}) },
	} {
		t.Run(name, func(t *testing.T) {
			live := &lock.Local{}
			c := &layout.Config{Key: layout.Int64, Value: layout.Int64, Hash: layout.HashConstant}
			s0, err := segment.Heap(8<<20, segment.Options{Create: c, Live: live})
			if err != nil {
				t.Fatal(err)
			}
			r := s0.Env.Region
			s1, err := segment.AttachHeap(r, segment.Options{Live: live, LockTimeout: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			w, rd := Attach(s0), Attach(s1)
			for i := range 8 {
				if err := rvStore(w, Datum{W: uint64(i)}, Datum{W: 1}); err != nil {
					t.Fatal(err)
				}
			}
			n, bad := 0, 0
			s0.Shards[0].SetPoint(func() {
				n++
				for i := range 8 {
					if _, err := rd.Load(Datum{W: uint64(i)}, nil, 0); err != nil {
						bad++
						t.Logf("point %d key %d: %v", n, i, err)
						return
					}
				}
			})
			if err := final(w); err != nil {
				t.Fatal(err)
			}
			if bad > 0 {
				t.Errorf("readers were held up at %d of %d points", bad, n)
			}
		})
	}
}

// participants are undercounted.
func TestRegressionParticipants(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m")
	o := Options{Key: layout.Int64, Value: layout.Int64, Shards: 1}
	var ms []*Map
	for range 3 {
		m, err := Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		ms = append(ms, m)
	}
	ms[0].Close()
	d, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	ms[0] = d
	for i, m := range ms {
		if n := m.seg.Participants(); n != 3 {
			t.Errorf("handle %d counts %d participants, 3 are attached", i, n)
		}
	}
}

// the dead hold the space lock.
func TestRegressionCleanWithDeadSpaceLock(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1})
	m.seg.Env.Header.Store(layout.HdrSpaceLock, 8|1<<16|1<<32) // participant 7, dead
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if m.seg.Env.Header.Load(layout.HdrState)&layout.StateClean == 0 {
		t.Error("the last participant closed, all dead ones' locks could be mended, and the file is not clean")
	}
}

// a large value into a map whose other shards are full of small ones.
func TestRegressionLargeAmongSmall(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, MaxBytes: 12 << 20, Policy: layout.PolicyClock, Shards: 4})
	for i := range 120000 {
		if err := rvStore(m, Datum{S: fmt.Sprint("key", i)}, Datum{S: strings.Repeat("v", 40)}); err != nil {
			t.Fatal(i, err)
		}
	}
	before := m.Len()
	start := time.Now()
	err := rvStore(m, Datum{S: "large"}, Datum{S: strings.Repeat("x", 6<<20)})
	t.Logf("%d entries, then %d, %v, %v", before, m.Len(), time.Since(start), err)
	if errors.Is(err, fault.ErrFull) {
		t.Errorf("with %d entries left to evict: %v", m.Len(), err)
	}
}

// memory is what the shard's vectors may have behind them, hole by hole.
func memory(m *Map) (dirtyBytes, holesBelow, holesAll uint64) {
	h := rvHeader(m, 0)
	for w, shape := range m.seg.Env.Config.Geometry().Vectors() {
		dirtyBytes += shape.Bytes(h.Load(layout.ShDirty + uint64(w)))
	}
	var meta vector.Vec
	meta.Init(m.seg.Env.Region, h, layout.VecMeta, m.seg.Env.Config.Geometry().Vectors()[layout.VecMeta])
	for c := uint64(0); c < meta.Backed(); c++ {
		if p, ok := meta.At(c); ok && p.Load(0)&layout.MetaHole != 0 {
			holesAll++
			if c < h.Load(layout.ShDirty+layout.VecChunk) {
				holesBelow++
			}
		}
	}
	return
}

func rvChurn(m *Map, now *uint64, rounds int) {
	for i := range rounds {
		_ = rvStore(m, Datum{S: "churn"}, Datum{S: "v"})
		_ = m.Do(&Op{Code: OpDelete, Key: Datum{S: "churn"}})
		if i%64 == 0 {
			*now += 60
		}
	}
}

// makeHoles makes a map with holes among its chunks.
func makeHoles(t *testing.T, o Options, now *uint64, n int) *Map {
	o.Now = func() uint64 { return *now }
	m := rvHeap(t, o)
	for i := range n {
		if err := rvStore(m, Datum{S: fmt.Sprint("k", i)}, Datum{S: strings.Repeat("x", 32000)}); err != nil {
			t.Fatal(i, err)
		}
	}
	for i := range n {
		_ = m.Do(&Op{Code: OpDelete, Key: Datum{S: fmt.Sprint("k", i)}})
	}
	rvChurn(m, now, 2000)
	return m
}

// holes past the watermark are subtracted from memory that does not contain them.
func TestRegressionUsedAfterClear(t *testing.T) {
	now := uint64(1000)
	m := makeHoles(t, Options{Key: layout.String, Value: layout.String, Shards: 1, MaxBytes: 16 << 20}, &now, 400)
	report := func(when string) {
		d, below, all := memory(m)
		used, want := m.seg.Env.Space.Used(0), layout.Page+d-below<<16
		t.Logf("%s: dirty %d, holes %d (%d below the watermark): used %d, really %d", when, d, all, below, used, want)
		if used != want {
			t.Errorf("%s: the shard believes to hold %d bytes, it holds %d", when, used, want)
		}
	}
	report("holes")
	_ = m.Clear()
	report("clear")
	rvChurn(m, &now, 2000)
	report("later")
	// short strings only: buckets
	i := 0
	for ; i < 3000000; i++ {
		if err := rvStore(m, Datum{S: fmt.Sprint(i)}, Datum{S: "v"}); err != nil {
			t.Log(i, err)
			break
		}
	}
	d, below, _ := memory(m)
	if sum := d - below<<16; sum > 16<<20 {
		t.Errorf("after %d stores the map holds %d bytes of %d", i, sum, 16<<20)
	}
	report("full")
}

// a large value after Clear of a map with holes.
func TestRegressionLargeAfterClearWithHoles(t *testing.T) {
	now := uint64(1000)
	m := makeHoles(t, Options{Key: layout.String, Value: layout.String, Shards: 1}, &now, 60)
	_, below, all := memory(m)
	h := rvHeader(m, 0)
	t.Log("holes", below, all, "backed", h.Load(layout.ShBacked+layout.VecChunk))
	_ = m.Clear()
	for n := 1; n < 30; n++ {
		if err := rvStore(m, Datum{S: "large"}, Datum{S: strings.Repeat("x", n<<16)}); err != nil {
			t.Errorf("%d chunks: %v", n, err)
			break
		}
	}
	for n := 30; n < 40; n++ {
		_ = m.Clear()
		if err := rvStore(m, Datum{S: "large"}, Datum{S: strings.Repeat("x", n<<16)}); err != nil {
			t.Errorf("%d chunks: %v", n, err)
			break
		}
	}
}

// Clear gives bucket memory back at once, under the eyes of readers.
func TestRegressionQuarantineOfClear(t *testing.T) {
	now := uint64(1000000)
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Now: func() uint64 { return now }})
	for i := range 100000 {
		if err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 1}); err != nil {
			t.Fatal(err)
		}
	}
	h := rvHeader(m, 0)
	before := h.Load(layout.ShDirty + layout.VecMain)
	_ = m.Clear()
	after := h.Load(layout.ShDirty + layout.VecMain)
	if after < before {
		t.Errorf("in the instant of Clear %d of %d buckets lost their memory; the quarantine is 100 ms", before-after, before)
	}
}

// R11b: the same by deletes: buckets merged a moment ago.
func TestRegressionQuarantineOfMerge(t *testing.T) {
	now := uint64(1000000)
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Now: func() uint64 { return now }})
	for i := range 100000 {
		_ = rvStore(m, Datum{W: uint64(i)}, Datum{W: 1})
	}
	h := rvHeader(m, 0)
	before := h.Load(layout.ShDirty + layout.VecMain)
	for i := range 100000 {
		_ = m.Do(&Op{Code: OpDelete, Key: Datum{W: uint64(i)}})
	}
	after := h.Load(layout.ShDirty + layout.VecMain)
	if after < before {
		t.Errorf("while the clock stood still %d of %d buckets lost their memory", before-after, before)
	}
}

// No chunk has memory before its record has.
func TestRegressionRecordsBeforeChunks(t *testing.T) {
	for shift := range 4 {
		m, err := OnHeap(256<<20, Options{Key: layout.String, Value: layout.String, Shards: 1})
		if err != nil {
			t.Fatal(err)
		}
		h := rvHeader(m, 0)
		for i := range 1400 {
			if err := rvStore(m, Datum{S: fmt.Sprint(i)}, Datum{S: strings.Repeat("v", 32000)}); err != nil {
				t.Fatal(i, err)
			}
			if h.Load(layout.ShBacked+layout.VecChunk) > 600 && i%20 == 0 {
				_ = rvStore(m, Datum{S: fmt.Sprint("l", i)}, Datum{S: strings.Repeat("v", (6+shift)<<16+100)})
			}
			c, mt := h.Load(layout.ShBacked+layout.VecChunk), h.Load(layout.ShBacked+layout.VecMeta)
			if c > mt {
				t.Errorf("shift %d store %d: %d chunks have memory, %d records", shift, i, c, mt)
				break
			}
		}
	}
}

// A process dies between making a chunk a hole and giving its memory back; the next makes another hole.
func TestRegressionPunchForgotten(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 1, MaxBytes: 16 << 20})
	for i := range 20 {
		_ = rvStore(m, Datum{S: fmt.Sprint("k", i)}, Datum{S: strings.Repeat("x", 32000)})
	}
	for i := range 20 {
		_ = m.Do(&Op{Code: OpDelete, Key: Datum{S: fmt.Sprint("k", i)}})
	}
	h := rvHeader(m, 0)
	var image []uint64
	m.seg.Shards[0].SetPoint(func() {
		if image == nil && h.Load(layout.ShPunching) != 0 && journal.Phase(h.Load(layout.ShJournal)) == journal.Committed {
			image = m.seg.Env.Region.Image()
		}
	})
	_, _ = m.seg.Shards[0].Relieve(&space.Lack{Entries: 1, Bytes: 1}, false)
	if image == nil {
		t.Fatal("no hole was made")
	}
	s, err := segment.AttachHeap(region.HeapFrom(image, 64<<20), segment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m = Attach(s)
	h = rvHeader(m, 0)
	c := h.Load(layout.ShPunching) - 1
	if _, err := s.Shards[0].Relieve(&space.Lack{Entries: 1, Bytes: 1}, false); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		_ = rvStore(m, Datum{S: fmt.Sprint(i)}, Datum{S: "v"})
		_ = m.Do(&Op{Code: OpDelete, Key: Datum{S: fmt.Sprint(i)}})
	}
	var base uint64
	level, off := m.seg.Env.Config.Geometry().Vectors()[layout.VecChunk].Locate(c)
	base = h.Load(layout.ShDir + layout.VecChunk*layout.Levels + uint64(level))
	p, _ := s.Env.Region.At(base+off, layout.ChunkSize)
	for i := range uint64(layout.ChunkSize / 8) {
		if p.Load(i) != 0 {
			t.Fatalf("chunk %d counts as a hole and still has its memory (ShPunching %d)", c, h.Load(layout.ShPunching))
		}
	}
}

// A live process is stopped while it holds the space lock.
func TestRegressionSpaceLockBusy(t *testing.T) {
	live := &lock.Local{}
	c := &layout.Config{Key: layout.Int64, Value: layout.Int64, LgShards: 1, Capacity: 4000, Policy: layout.PolicyClock}
	s, err := segment.Heap(32<<20, segment.Options{Create: c, Live: live, LockTimeout: 2 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	m := Attach(s)
	for i := range 1000 {
		_ = rvStore(m, Datum{W: uint64(i)}, Datum{})
	}
	if _, err := live.Take(5); err != nil {
		t.Fatal(err)
	}
	s.Env.Header.Store(layout.HdrSpaceLock, 6|1<<16|1<<32)
	for i := range 600 {
		before := m.Len()
		err := rvStore(m, Datum{W: uint64(10000 + i)}, Datum{})
		if after := m.Len(); after != before+1 && !(after == before && errors.Is(err, fault.ErrBusy)) {
			t.Errorf("store %d: %d entries of 4000 before, %d after, %v", i, before, after, err)
			break
		}
	}
}

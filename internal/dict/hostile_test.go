package dict

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/space"
)

// hostile level word.
func TestRegressionLevelZero(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1})
	rvHeader(m, 0).Store(layout.ShLevel, 0)
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("panic: %v", r)
		}
	}()
	_, _, err := m.Cursor().Next()
	t.Log(err)
}

// hostile list seen by Relieve.
func TestRegressionRelievePanics(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 2, Capacity: 2, MaxBytes: 4 << 20})
	for i := range 10 {
		_ = rvStore(m, Datum{S: fmt.Sprint(i)}, Datum{S: strings.Repeat("v", 1000)})
	}
	rvHeader(m, 1).Store(layout.ShChunkBump, 0)
	rvHeader(m, 1).Store(layout.ShBacked+layout.VecChunk, 1<<40)
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("panic: %v", r)
		}
	}()
	_, err := m.seg.Shards[1].Relieve(&space.Lack{Entries: 1, Bytes: 1}, true)
	t.Log(err)
}

// a lock word that names us.
func TestRegressionCloseForged(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, LockTimeout: 10 * time.Millisecond})
	h := rvHeader(m, 0)
	var word uint64
	m.seg.Shards[0].SetPoint(func() { word = h.Load(layout.ShLock) })
	_ = rvStore(m, Datum{W: 1}, Datum{W: 1})
	h.Store(layout.ShLock, word)
	within(t, 2*time.Second, "Close", func() { _ = m.Close() })
	h.Store(layout.ShLock, 0)
}

// a forged tag in the lane behind the last slot.
func TestRegressionLaneSix(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int32, Value: layout.Int32, Shards: 1, Hash: layout.HashConstant})
	k := Op{Key: Datum{W: 0}}
	k.Prepare(m.seg.Env.Config)
	h := rvHeader(m, 0)
	base := h.Load(layout.ShDir + layout.VecMain*layout.Levels)
	const index = 0x0123456789abcdef & 3
	b, _ := m.seg.Env.Region.At(base+index*64, 64)
	tag := uint64(0x0123456789abcdef) >> 40 & 0xff
	b.Store(1, tag<<48)
	l, err := m.Load(Datum{W: 0}, nil, 0)
	t.Log(l, err)
	if l.Found {
		t.Error("slot 6 of a bucket with 6 slots was read: 8 bytes behind the bucket")
	}
}

// a chain that bites its tail.
func TestRegressionChainCycle(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Hash: layout.HashConstant})
	for i := range 9 {
		_ = rvStore(m, Datum{W: uint64(i)}, Datum{W: 1})
	}
	h := rvHeader(m, 0)
	base := h.Load(layout.ShDir + layout.VecOver*layout.Levels)
	over, _ := m.seg.Env.Region.At(base, 128)
	over.Store(0, layout.Pair(over.Load(0), 1))
	h.Store(layout.ShOverUsed, 1<<17)
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	start := time.Now()
	var err error
	within(t, 10*time.Second, "Load", func() { _, err = m.Load(Datum{W: 1000}, nil, 0) })
	runtime.ReadMemStats(&b)
	t.Logf("ShOverUsed 2^17 (2^28 is believed): %v, %d MiB allocated, %v", time.Since(start), (b.TotalAlloc-a.TotalAlloc)>>20, err)
	if b.TotalAlloc-a.TotalAlloc > 16<<20 {
		t.Error("a file of", m.seg.Env.Region.Size(), "bytes")
	}
}

// a length that is not there.
func TestRegressionForgedLength(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 1})
	_ = rvStore(m, Datum{S: "k"}, Datum{S: strings.Repeat("v", 100)})
	h := rvHeader(m, 0)
	base := h.Load(layout.ShDir + layout.VecChunk*layout.Levels)
	c, _ := m.seg.Env.Region.At(base, 1<<16)
	for i := range uint64(64) {
		if c.Load(i) == layout.Lens(0, 100) {
			c.Store(i, layout.Lens(0, 1<<24)) // 2^30 is believed
		}
	}
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	start := time.Now()
	_, err := m.Load(Datum{S: "k"}, nil, 0)
	runtime.ReadMemStats(&b)
	t.Logf("length 2^24 (2^30 is believed): %v, %d MiB allocated, %v", time.Since(start), (b.TotalAlloc-a.TotalAlloc)>>20, err)
	if b.TotalAlloc-a.TotalAlloc > 100<<20 {
		t.Error("a file of", m.seg.Env.Region.Size(), "bytes")
	}
}

// recursion without end.
func TestRegressionHoleRecursion(t *testing.T) {
	if os.Getenv("RV_CHILD") == "" {
		c := exec.Command(os.Args[0], "-test.run=TestRegressionHoleRecursion$")
		c.Env = append(os.Environ(), "RV_CHILD=1")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %.300s", err, out)
		}
		return
	}
	debug.SetMaxStack(16 << 20)
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 1})
	rvHeader(m, 0).Store(layout.ShChunkHoles, 0x7fffff)
	err := rvStore(m, Datum{S: "k"}, Datum{S: strings.Repeat("v", 100)})
	t.Log(err)
}

// a count that makes an eviction spare the same entry, which the operation is about, for ever.
func TestRegressionForgedCount(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.String, Shards: 1, Policy: layout.PolicyClock, MaxBytes: 4 << 20})
	value := strings.Repeat("v", 2<<20) // twice is more than the limit
	if err := rvStore(m, Datum{W: 1}, Datum{S: value}); err != nil {
		t.Fatal(err)
	}
	rvHeader(m, 0).Store(layout.ShCount, 1<<62)
	var err error
	within(t, 30*time.Second, "Store", func() { err = rvStore(m, Datum{W: 1}, Datum{S: value}) })
	t.Log(err)
}

// an eviction that meets damage says so: it does not say that the map is full, nor make other shards give up entries.
func TestDamageIsNotFull(t *testing.T) {
	for _, policy := range []layout.Policy{layout.PolicyClock, layout.PolicyS3} {
		m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 2, Capacity: 64, Policy: policy})
		for i := range 200 {
			if err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 1}); err != nil {
				t.Fatal(err)
			}
		}
		gone := uint64(layout.MakeRef(1<<20, false, 0)) // a bucket that is not there
		rvHeader(m, 0).Store(layout.ShRecency, layout.Pair(gone, gone))
		rvHeader(m, 0).Store(layout.ShMain, layout.Pair(gone, layout.Hi(rvHeader(m, 0).Load(layout.ShMain))))
		there := m.seg.Shards[1].Stat(layout.ShCount)
		var err error
		for i := 1000; i < 1200 && err == nil; i++ {
			if key := (Datum{W: uint64(i)}); m.home(key) == 0 {
				err = rvStore(m, key, Datum{W: 1})
			}
		}
		if !errors.Is(err, fault.ErrCorrupt) || m.seg.Shards[1].Stat(layout.ShCount) != there {
			t.Errorf("%v: %v; the other shard had %d entries and has %d", policy, err, there, m.seg.Shards[1].Stat(layout.ShCount))
		}
	}
}

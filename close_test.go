package shmap_test

import (
	"errors"
	"maps"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shmap-go/shmap"
)

// Close may come at any time from any goroutine: what is under way ends well, what comes later says ErrClosed.
func TestCloseWhileInUse(t *testing.T) {
	for range 20 {
		path := tempPath(t)
		m := open[int64, string](t, path, shmap.Options{Shards: 2})
		var wg sync.WaitGroup
		var started atomic.Int64
		work := func(op func(i int64) error) {
			wg.Go(func() {
				for i := int64(0); ; i++ {
					if err := op(i % 1000); errors.Is(err, shmap.ErrClosed) {
						return
					} else if err != nil {
						t.Error(err)
						return
					}
					started.Add(1)
				}
			})
		}
		work(func(i int64) error { return m.Store(i, "a value longer than a slot") })
		work(func(i int64) error { _, err := m.Delete(i); return err })
		work(func(i int64) error {
			v, ok, err := m.TryLoad(i)
			if ok && v != "a value longer than a slot" {
				t.Errorf("Load = %q", v)
			}
			return err
		})
		work(func(int64) error { _, err := m.ToMap(); return err })
		for started.Load() < 2000 {
			runtime.Gosched()
		}
		wg.Go(func() { must(t, m.Close()) })
		must(t, m.Close())
		wg.Wait()
		must(t, open[int64, string](t, path, shmap.Options{}).Close())
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(names)
}

func TestCloseReturnsDescriptors(t *testing.T) {
	path := tempPath(t)
	cycle := func() {
		m, err := shmap.Open[int64, int64](path, shmap.Options{})
		must(t, err)
		must(t, m.Store(1, 1))
		f, err := m.File()
		must(t, err)
		must(t, f.Close())
		must(t, m.Close())
	}
	cycle()
	settled(t, descriptors(t)) // of earlier tests
	before := descriptors(t)
	for range 50 {
		cycle()
	}
	settled(t, before)
}

// A handle that is forgotten is closed by the garbage collector.
func TestForgottenHandle(t *testing.T) {
	path := tempPath(t)
	keep := open[int64, int64](t, path, shmap.Options{})
	before := descriptors(t)
	for range 20 {
		m, err := shmap.Open[int64, int64](path, shmap.Options{})
		must(t, err)
		must(t, m.Store(1, 1))
	}
	settled(t, before)
	for start := time.Now(); keep.Stats().Participants > 1; runtime.GC() {
		if time.Since(start) > 20*time.Second {
			t.Fatalf("%d participants, want 1", keep.Stats().Participants)
		}
	}
	want(t, "content", maps.Collect(keep.All()), map[int64]int64{1: 1})
}

// settled collects garbage until no more than n descriptors are open.
func settled(t *testing.T, n int) {
	t.Helper()
	for start := time.Now(); ; runtime.GC() {
		have := descriptors(t)
		if have <= n {
			return
		}
		if time.Since(start) > 20*time.Second {
			t.Fatalf("%d descriptors are open, want %d", have, n)
		}
	}
}

// TestClosedMapLooksEmpty: of every kind of slot, in use or not.
func TestClosedMapLooksEmpty(t *testing.T) {
	t.Run("int64", func(t *testing.T) { closedLooksEmpty[int64, int64](t, 42, 43, shmap.Options{}) })
	t.Run("int32", func(t *testing.T) { closedLooksEmpty[int32, int32](t, 42, 43, shmap.Options{}) })
	t.Run("int16", func(t *testing.T) { closedLooksEmpty[int16, int16](t, 42, 43, shmap.Options{}) })
	t.Run("cache", func(t *testing.T) { closedLooksEmpty[int64, int64](t, 42, 43, shmap.Options{Capacity: 10}) })
	t.Run("hits", func(t *testing.T) { closedLooksEmpty[int64, int64](t, 42, 43, shmap.Options{CountHits: true}) })
	t.Run("string", func(t *testing.T) { closedLooksEmpty[string, string](t, "k", "a value that is long", shmap.Options{}) })
	t.Run("counter", func(t *testing.T) { closedLooksEmpty[string, int64](t, "k", 43, shmap.Options{}) })
}

func closedLooksEmpty[K shmap.Key, V interface {
	shmap.Value
	comparable
}](t *testing.T, k K, v V, o shmap.Options) {
	m := create[K, V](t, o)
	must(t, m.Store(k, v))
	if got, ok := m.Load(k); got != v || !ok {
		t.Fatalf("%v, %v before it is closed", got, ok)
	}
	must(t, m.Close())
	var none V
	if got, ok := m.Load(k); got != none || ok {
		t.Errorf("Load: %v, %v", got, ok)
	}
	if got, ok, err := m.TryLoad(k); got != none || ok || !errors.Is(err, shmap.ErrClosed) {
		t.Errorf("TryLoad: %v, %v, %v", got, ok, err)
	}
	vals, found := make([]V, 1), make([]bool, 1)
	if n, err := m.LoadMany([]K{k}, vals, found); n != 0 || vals[0] != none || found[0] || !errors.Is(err, shmap.ErrClosed) {
		t.Errorf("LoadMany: %d, %v, %v, %v", n, vals, found, err)
	}
	if _, ok := m.AppendLoad(nil, k); ok {
		t.Error("AppendLoad finds it")
	}
}

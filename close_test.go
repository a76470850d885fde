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

package check_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/check"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/segment"
)

// The referee walks while others write: under the locks from a writable handle, without from a read-only one, which may
// have to give up but never sees anything wrong.
func TestLiveMapIsClean(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "map")
			open := func(dict.Options) (*dict.Map, error) { return dict.Open(path, k.Options) }
			p := playOn(t, k.Options, 1, open)
			writer := playOn(t, k.Options, 2, open)
			reader, err := dict.Open(path, dict.Options{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = reader.Close() })
			var wg sync.WaitGroup
			wg.Add(1)
			go func() {
				defer wg.Done()
				for round := range 5 {
					writer.ops(100, 400, []int{90, 20}[round%2])
				}
			}()
			for range 5 {
				p.clean("while it is written to")
				problems, err := reader.Check()
				if len(problems) > 0 || err != nil && !errors.Is(err, fault.ErrBusy) {
					t.Fatalf("read-only: %v %q", err, problems)
				}
			}
			wg.Wait()
			p.clean("when it is quiet")
			if problems, err := reader.Check(); len(problems) > 0 || err != nil {
				t.Fatalf("read-only and quiet: %v %q", err, problems)
			}
		})
	}
}

// The same on the heap, where the race detector sees it: by turns under the lock and without, as it happens to be free.
func TestRaceCheckWhileOthersWrite(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			live := &lock.Local{}
			p := playOn(t, k.Options, 1, func(o dict.Options) (*dict.Map, error) {
				m, err := dict.OnHeap(1<<20, o) // for its configuration
				if err != nil {
					return nil, err
				}
				so := segment.Options{Create: m.Segment().Env.Config, Live: live, Now: o.Now}
				seg, err := segment.Heap(heapBytes, so)
				if err != nil {
					return nil, err
				}
				return dict.Attach(seg), nil
			})
			seg, err := segment.AttachHeap(p.m.Segment().Env.Region, segment.Options{LockTimeout: time.Nanosecond, Live: live})
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			wg.Add(1)
			go func() {
				defer wg.Done()
				p.ops(400, 300, 60)
			}()
			for range 5 {
				if problems, err := check.Run(seg, nil); len(problems) > 0 || err != nil && !errors.Is(err, fault.ErrBusy) {
					t.Errorf("%v %v", err, problems)
				}
			}
			wg.Wait()
			p.clean("quiet")
		})
	}
}

// A writer that stopped in the middle of a transaction is nothing wrong, and nothing to wait for.
func TestReadOnlyBehindAStoppedWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	o := kinds()[11].Options
	p := playOn(t, o, 1, func(o dict.Options) (*dict.Map, error) { return dict.Open(path, o) })
	reader, err := dict.Open(path, dict.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	p.ops(300, 300, 90)
	stores := 0
	look := func() {
		if stores++; stores%97 != 0 {
			return
		}
		if problems, err := reader.Check(); err != nil || len(problems) > 0 {
			t.Errorf("store %d: %v %q", stores, err, problems)
		}
	}
	for i := range p.m.Segment().Shards {
		p.m.Segment().Shards[i].SetPoint(look)
	}
	p.ops(200, 300, 50)
}

func TestFrozenAndClosedMaps(t *testing.T) {
	p := play(t, kinds()[3].Options, 1)
	p.ops(300, 200, 90)
	if err := p.m.Freeze(); err != nil {
		t.Fatal(err)
	}
	p.clean("frozen")
	if err := p.m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.m.Check(); !errors.Is(err, fault.ErrClosed) {
		t.Fatalf("closed: %v", err)
	}
}

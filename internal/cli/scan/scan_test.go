package scan_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

func open(t *testing.T, path string, o dict.Options) *dict.Map {
	t.Helper()
	m, err := dict.Open(path, o)
	must(t, err)
	t.Cleanup(func() { must(t, m.Close()) })
	return m
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// busy runs f in a loop beside the test until stop is called, which returns how often it ran.
func busy(t *testing.T, f func(n uint64) error) (stop func() uint64) {
	t.Helper()
	done, n := make(chan struct{}), uint64(0)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			n++
			if err := f(n); err != nil {
				t.Error(err)
				return
			}
		}
	})
	return func() uint64 {
		close(done)
		wg.Wait()
		return n
	}
}

// Entries that are there throughout come exactly once while the table grows and shrinks around them, on a handle that only
// reads.
func TestEachBesideWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := open(t, path, dict.Options{Key: layout.Int64, Value: layout.String, Shards: 2, EnableTTL: true})
	const stable = 2000
	for i := range uint64(stable) {
		must(t, m.Do(&dict.Op{Key: dict.Datum{W: i}, Val: dict.Datum{S: fmt.Sprint("a string of some length ", i)}}))
	}
	stop := busy(t, func(n uint64) error {
		k := dict.Datum{W: stable + n%20000}
		code := dict.OpStore
		if n/20000%2 == 1 {
			code = dict.OpDelete
		}
		return m.Do(&dict.Op{Code: code, Key: k, Val: dict.Datum{S: "passes by"}})
	})
	defer stop()
	reader := open(t, path, dict.Options{ReadOnly: true})
	for range 20 {
		seen := map[uint64]int{}
		must(t, scan.Each(context.Background(), reader, func(e scan.Entry) error {
			if seen[e.Key.W]++; e.Key.W < stable && e.Val.S != fmt.Sprint("a string of some length ", e.Key.W) {
				t.Errorf("the value of %d is %q", e.Key.W, e.Val.S)
			}
			return nil
		}))
		for i := range uint64(stable) {
			if seen[i] != 1 {
				t.Fatalf("entry %d came %d times", i, seen[i])
			}
		}
	}
}

// With its lock held a shard is seen at one moment: of two counters that a writer raises in turn, the second is never ahead,
// nor more than one behind.
func TestHeldIsOneMoment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := open(t, path, dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 1})
	for i := range uint64(5000) { // between the two in the order of a pass, somewhere
		must(t, m.StoreWord(i, 0))
	}
	locks, reader := open(t, path, dict.Options{}), open(t, path, dict.Options{ReadOnly: true})
	for pair := range uint64(20) { // whichever comes first
		a, b := 2*pair, 2*pair+1
		stop := busy(t, func(uint64) error {
			_, err := m.AddWord(a, 1)
			if err == nil {
				_, err = m.AddWord(b, 1)
			}
			return err
		})
		for range 5 {
			got := map[uint64]uint64{}
			must(t, scan.Held(context.Background(), locks, reader, func(e scan.Entry) error {
				got[e.Key.W] = e.Val.W
				return nil
			}))
			if d := got[a] - got[b]; d > 1 || len(got) != 5000 {
				t.Errorf("the counters are %d and %d, of %d entries", got[a], got[b], len(got))
			}
		}
		stop()
	}
}

// A pass without locks is not held up by who holds one.
func TestEachWaitsForNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := open(t, path, dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 1})
	must(t, m.StoreWord(1, 1))
	reader := open(t, path, dict.Options{ReadOnly: true})
	must(t, m.Hold(0, time.Time{}, func() error {
		n := 0
		err := scan.Each(context.Background(), reader, func(scan.Entry) error { n++; return nil })
		if n != 1 {
			t.Errorf("%d entries", n)
		}
		return err
	}))
	if err := reader.Hold(0, time.Time{}, func() error { return nil }); !errors.Is(err, fault.ErrReadOnly) {
		t.Errorf("a handle for reading held a lock: %v", err)
	}
}

// The deadline comes with the value, and an expired entry does not come.
func TestDeadlines(t *testing.T) {
	m := open(t, filepath.Join(t.TempDir(), "map"), dict.Options{Key: layout.Int64, Value: layout.Int64, EnableTTL: true})
	at := time.Now().Add(time.Hour)
	must(t, m.Do(&dict.Op{Key: dict.Datum{W: 1}, Val: dict.Datum{W: 5}, Mode: dict.TTLAt, At: at}))
	must(t, m.Do(&dict.Op{Key: dict.Datum{W: 2}, Val: dict.Datum{W: 6}}))
	must(t, m.Do(&dict.Op{Key: dict.Datum{W: 3}, Mode: dict.TTLAt, At: time.Now().Add(-time.Second)}))
	got := map[uint64]scan.Entry{}
	must(t, scan.Each(context.Background(), m, func(e scan.Entry) error { got[e.Key.W] = e; return nil }))
	if e := got[1]; e.Val.W != 5 || e.Until.Sub(at).Abs() > time.Minute || e.Left() > 3_600_100 || e.Left() < 3_500_000 {
		t.Errorf("entry 1 is %+v, %d ms left, want until %v", e, e.Left(), at)
	}
	if e := got[2]; e.Val.W != 6 || !e.Permanent() || e.Left() != 0 {
		t.Errorf("entry 2 is %+v", e)
	}
	if len(got) != 2 {
		t.Errorf("%d entries", len(got))
	}
	if _, found, err := scan.One(m, dict.Datum{W: 3}); found || err != nil {
		t.Errorf("an expired entry is found: %v, %v", found, err)
	}
}

// A pass ends with the context, and with the error of who is called.
func TestEachEnds(t *testing.T) {
	m := open(t, filepath.Join(t.TempDir(), "map"), dict.Options{Key: layout.Int64, Value: layout.Int64})
	must(t, m.StoreWord(1, 1))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := scan.Each(ctx, m, func(scan.Entry) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	enough := errors.New("enough")
	if err := scan.Each(context.Background(), m, func(scan.Entry) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("stopped: %v", err)
	}
}

// A pass over a frozen map ends with an error if entries were lost, and with none if some have only expired.
func TestEachCountsTheFrozen(t *testing.T) {
	for _, ttl := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "map")
		m, err := dict.Open(path, dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 2, EnableTTL: ttl})
		must(t, err)
		for i := range uint64(5000) {
			op := dict.Op{Key: dict.Datum{W: i}}
			if ttl && i < 100 {
				op.Mode, op.TTL = dict.TTLExplicit, time.Millisecond
			}
			must(t, m.Do(&op))
		}
		must(t, m.Freeze())
		must(t, m.Close())
		pass := func() (n int, err error) {
			m := open(t, path, dict.Options{ReadOnly: true})
			for deadline := time.Now().Add(time.Minute); ttl && time.Now().Before(deadline); {
				if l, err := m.Load(dict.Datum{W: 99}, nil, 0); err == nil && !l.Found {
					break
				}
			}
			err = scan.Each(t.Context(), m, func(scan.Entry) error { n++; return nil })
			again := 0
			if held := scan.Held(t.Context(), m, m, func(scan.Entry) error { again++; return nil }); again != n || errors.Is(held, fault.ErrCorrupt) != (err != nil) {
				t.Errorf("ttl %v: with locks %d entries, %v", ttl, again, held)
			}
			return n, err
		}
		want := 5000
		if ttl {
			want = 4900
		}
		if n, err := pass(); n != want || err != nil {
			t.Fatalf("ttl %v: %d entries, %v, want %d", ttl, n, err, want)
		}
		// The second half reads as zero, as behind a copy that ended early and was filled up.
		st, err := os.Stat(path)
		must(t, err)
		must(t, os.Truncate(path, st.Size()/2))
		must(t, os.Truncate(path, st.Size()))
		if n, err := pass(); !errors.Is(err, fault.ErrCorrupt) {
			t.Errorf("ttl %v: %d entries of a damaged file, %v", ttl, n, err)
		}
	}
}

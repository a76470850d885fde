package dict

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/table"
)

// two are two handles on one map with two shards and a few entries.
func two(t *testing.T) (a, b *Map) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "map")
	open := func() *Map {
		m, err := Open(path, Options{Key: layout.Int64, Value: layout.Int64, Shards: 2, Seed: 0x5eed})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Close() })
		for i := range 20 {
			if err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 7}); err != nil {
				t.Fatal(err)
			}
		}
		return m
	}
	return open(), open()
}

// stats are the counters of m.
func stats(t *testing.T, m *Map) Stats {
	t.Helper()
	st, err := m.Stats(false)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// in is a key of shard i, with its bucket.
func in(t *testing.T, m *Map, i int) (key uint64, b region.Span) {
	t.Helper()
	for m.index(m.hash(key)) != i {
		key++
	}
	s := &m.seg.Shards[i]
	b, ok := s.Table().Main.Find(table.IndexOf(s.Stat(layout.ShLevel), m.hash(key)))
	if !ok {
		t.Fatal("no bucket")
	}
	return key, b
}

// look loads a key whose value is 7.
func look(t *testing.T, m *Map, key uint64) {
	t.Helper()
	if w, ok, err := m.LoadWord(key); w != 7 || !ok || err != nil {
		t.Fatalf("%d, %v, %v", w, ok, err)
	}
}

// TestStatsOfContention: a writer waits for a lock; that is counted in the map, in that shard, once, whoever asks.
func TestStatsOfContention(t *testing.T) {
	a, b := two(t)
	const which = 1
	s := &a.seg.Shards[which]
	key, _ := in(t, a, which)
	done := make(chan error)
	err := s.Inspect(time.Time{}, func() {
		go func() { done <- rvStore(b, Datum{W: key}, Datum{W: 8}) }()
		for s.Stat(layout.ShLock)&(1<<31) == 0 { // b may be sleeping
			runtime.Gosched()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, m := range []*Map{a, b} {
		st := stats(t, m)
		for i, one := range st.Shards {
			if want := uint64(i / which); one.Contended != want || one.LockWaits != want || (one.LockSleeps > 0) != (want > 0) {
				t.Errorf("shard %d: %+v", i, one)
			}
		}
		if st.Contended != 1 || st.LockWaits != 1 || st.LockSleeps != st.Shards[which].LockSleeps {
			t.Errorf("%+v", st)
		}
	}
}

// TestStatsOfReads: a reader comes while a writer is in the middle of a transaction, and answers through the journal; that is
// counted in its handle, in that shard. Nothing is when nobody writes.
func TestStatsOfReads(t *testing.T) {
	a, b := two(t)
	const which = 1
	key, bucket := in(t, a, which)
	look(t, b, key)
	if st := stats(t, b); st.ReadRetries+st.JournalReads+st.LockedReads != 0 {
		t.Errorf("nobody writes: %+v", st)
	}
	reads := 0
	a.seg.Shards[which].SetPoint(func() {
		if bucket.Load(layout.BkHead)&1 == 1 && reads == 0 {
			reads++
			look(t, b, key)
		}
	})
	if _, err := a.StoreMany([]Datum{{W: key}}, []Datum{{W: 8}}, TTLDefault, 0, true); err != nil {
		t.Fatal(err)
	}
	a.seg.Shards[which].SetPoint(nil)
	st := stats(t, b)
	if one := st.Shards[which]; reads != 1 || one.JournalReads != 1 || one.ReadRetries == 0 || one.LockedReads != 0 ||
		st.JournalReads != 1 || st.ReadRetries != one.ReadRetries {
		t.Errorf("%d reads: %+v", reads, st)
	}
	if st := stats(t, a); st.ReadRetries+st.JournalReads+st.LockedReads != 0 {
		t.Errorf("the writer has read nothing: %+v", st)
	}
}

// TestStatsOfLockedReads: a version is odd though nobody writes, which only the lock's holder can mend.
func TestStatsOfLockedReads(t *testing.T) {
	a, _ := two(t)
	key, bucket := in(t, a, 0)
	bucket.Store(layout.BkHead, bucket.Load(layout.BkHead)|1)
	look(t, a, key)
	if st := stats(t, a); st.LockedReads != 1 || st.Shards[0].LockedReads != 1 || st.JournalReads != 0 {
		t.Errorf("%+v", st)
	}
}

// TestAMissCountsOnce: by every way to load, and so does a hit.
func TestAMissCountsOnce(t *testing.T) {
	for _, kind := range []layout.Kind{layout.Int64, layout.Int32, layout.String} {
		m := rvHeap(t, Options{Key: kind, Value: kind, CountHits: true})
		if err := rvStore(m, of(m, 1), of(m, 1)); err != nil {
			t.Fatal(err)
		}
		load, q := m.Loader()
		for i := range 2 { // absent, present
			ways := uint64(1)
			if _, _, ok, err := m.LoadDatum(of(m, i), nil); ok != (i == 1) || err != nil {
				t.Errorf("%v: %d is found %v, error %v", kind, i, ok, err)
			}
			if kind != layout.String {
				ways = 3
				load(q, uint64(i))
				if _, ok, err := m.LoadWord(uint64(i)); ok != (i == 1) || err != nil {
					t.Errorf("%v: %d is found %v, error %v", kind, i, ok, err)
				}
			}
			if hits, misses := m.hits.Load(), m.misses.Load(); misses != ways || hits != uint64(i)*ways {
				t.Errorf("%v, after %d: %d hits and %d misses by %d ways to load", kind, i, hits, misses, ways)
			}
		}
	}
}

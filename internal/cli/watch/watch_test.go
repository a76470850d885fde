package watch

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
)

func TestMain(m *testing.M) { maptest.Main(m, map[string]maptest.Role{"attach": attachRole}) }

// create makes a map.
func create(t *testing.T, path string, o dict.Options) *dict.Map {
	t.Helper()
	m, err := dict.Open(path, o)
	return maptest.Keep(t, m, err)
}

// store puts an entry into m.
func store(t *testing.T, m *dict.Map, key, val dict.Datum) {
	t.Helper()
	do(t, m, dict.Op{Code: dict.OpStore, Key: key, Val: val})
}

func do(t *testing.T, m *dict.Map, op dict.Op) {
	t.Helper()
	if err := m.Do(&op); err != nil {
		t.Fatal(err)
	}
}

func number(n int) dict.Datum { return dict.Datum{W: uint64(n)} }

// observe opens path with a clock that steps a second with every sample.
func observe(t *testing.T, path string) *Map {
	t.Helper()
	w, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() }) // read-only
	return w
}

// clock makes the time that w sees.
func clock(w *Map) (set func(seconds float64)) {
	now := time.Unix(1e9, 0)
	w.now = func() time.Time { return now }
	return func(s float64) { now = time.Unix(1e9, 0).Add(time.Duration(s * float64(time.Second))) }
}

// sample takes a sample without an error.
func sample(t *testing.T, w *Map) *Sample {
	t.Helper()
	s := w.Sample(true)
	if s.Err != nil || s.Trouble != nil {
		t.Fatal(s.Err, s.Trouble)
	}
	return s
}

var numbers = dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 2}

// Rates are exact: what the map counts between two samples, by the time between them, in all and in each shard.
func TestRates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, numbers)
	w := observe(t, path)
	at := clock(w)
	if s := sample(t, w); s.Elapsed != 0 || s.Rates != (Rates{}) {
		t.Errorf("the first sample: %v, %+v", s.Elapsed, s.Rates)
	}
	for i := range 20 {
		store(t, m, number(i), number(1))
	}
	for i := range 6 {
		do(t, m, dict.Op{Code: dict.OpDelete, Key: number(i)})
	}
	before := sample(t, w) // at the same time: no rates
	if before.Elapsed != 0 {
		t.Errorf("no time between: %v", before.Elapsed)
	}
	for i := range 20 {
		store(t, m, number(100+i), number(1))
	}
	for i := range 10 {
		do(t, m, dict.Op{Code: dict.OpDelete, Key: number(100 + i)})
	}
	at(2)
	s := sample(t, w)
	if s.Elapsed != 2*time.Second || s.Rates.Entries != 5 || s.Stats.Entries != 24 {
		t.Errorf("%v, %+v of %d entries", s.Elapsed, s.Rates, s.Stats.Entries)
	}
	if want := float64(s.Stats.Transactions-before.Stats.Transactions) / 2; s.Rates.Transactions != want || want < 15 {
		t.Errorf("%v transactions a second, want %v", s.Rates.Transactions, want)
	}
	sum := Rates{}
	for i := range s.Shards {
		sum.add(s.Shards[i].Rates)
	}
	if sum != s.Rates {
		t.Errorf("the shards have %+v, the map %+v", sum, s.Rates)
	}
}

// The generation of a journal has 32 bits: one that came round is no leap.
func TestRatesComeRound(t *testing.T) {
	s := &Sample{Shards: make([]Shard, 1)}
	at := time.Unix(1e9, 0)
	reading := func(after time.Duration, n uint64) *reading {
		return &reading{at.Add(after), dict.Stats{Shards: []dict.ShardStats{{Transactions: n, Entries: n}}}}
	}
	s.compare(reading(0, 1<<32-3), reading(time.Second, 2))
	if s.Rates.Transactions != 5 {
		t.Errorf("%v a second, want 5", s.Rates.Transactions)
	}
	if s.Rates.Entries != 5-1<<32 {
		t.Errorf("entries are no such count: %v", s.Rates.Entries)
	}
}

// Observing changes no byte of the file and gives it no memory, whatever is looked at.
func TestObserverStoresNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, dict.Options{Key: layout.Int64, Value: layout.Int64, Capacity: 5000, TTL: time.Hour})
	for i := range 3000 {
		store(t, m, number(i), number(1))
	}
	look := func() ([]byte, uint64) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		blocks, err := m.Segment().Blocks()
		if err != nil {
			t.Fatal(err)
		}
		return b, blocks
	}
	before, blocks := look()
	w := observe(t, path)
	for range 3 {
		sample(t, w)
	}
	if p, err := w.List(&Listing{}, 0, 3000); err != nil || len(p.Rows) != 3000 {
		t.Errorf("%d rows, %v", len(p.Rows), err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	after, now := look()
	if !bytes.Equal(before, after) || blocks != now {
		t.Errorf("the file has changed; %d bytes of memory, before %d", now, blocks)
	}
}

// Where there are more chains than one sample looks at, it says how many it has seen, and the next go on.
func TestChainsOverSeveralSamples(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, numbers)
	if err := m.Reserve(100_000); err != nil {
		t.Fatal(err)
	}
	for i := range 100_000 {
		store(t, m, number(i), number(1))
	}
	w := observe(t, path)
	s := sample(t, w)
	if s.Chains.Full || s.Chains.Walked() != walkChains || s.Chains.Of != s.Stats.Buckets {
		t.Errorf("the first: %+v", s.Chains)
	}
	for n := 0; !s.Chains.Full && n < 100; n++ {
		s = sample(t, w)
	}
	st, err := m.Stats(true)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Chains.Full || s.Chains.Walked() != st.Buckets || s.Chains.Longest != st.LongestChain {
		t.Errorf("after the whole round: %+v, want %d chains, the longest %d", s.Chains, st.Buckets, st.LongestChain)
	}
	if load := s.Load(); load < 0.1 || load > 1 || s.Shards[0].Load < 0.1 {
		t.Errorf("load %v, %v in a shard", load, s.Shards[0].Load)
	}
}

// A map whose file goes, comes back as another, is cut off or is no map any more: each is an error, or the new map.
func TestFollowsThePath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	store(t, create(t, path, numbers), number(1), number(1))
	w := observe(t, path)
	sample(t, w)
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if s := w.Sample(true); !errors.Is(s.Err, ErrGone) || !strings.Contains(s.Err.Error(), path) {
		t.Errorf("gone: %v", s.Err)
	}
	other, err := dict.Open(path, dict.Options{Key: layout.String, Value: layout.String})
	if err != nil {
		t.Fatal(err)
	}
	if s := sample(t, w); s.Options.Key != layout.String || s.Stats.Entries != 0 || s.Elapsed != 0 || s.Replaced != 1 {
		t.Errorf("another file: %v, %d entries, %v, replaced %d times", s.Options.Key, s.Stats.Entries, s.Elapsed, s.Replaced)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".old", path); err != nil { // at once in the place of the other
		t.Fatal(err)
	}
	if s := sample(t, w); s.Options.Key != layout.Int64 || s.Stats.Entries != 1 || s.Replaced != 2 {
		t.Errorf("the first again: %v, %d entries, replaced %d times", s.Options.Key, s.Stats.Entries, s.Replaced)
	}
	sample(t, w)
	if err := os.WriteFile(path+".text", []byte("not a map"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".text", path); err != nil {
		t.Fatal(err)
	}
	if s := w.Sample(true); !errors.Is(s.Err, fault.ErrNotMap) || strings.Contains(s.Err.Error(), "shmap:") {
		t.Errorf("no map: %v", s.Err)
	}
}

// A file that is cut off under its mapping is an error of that sample, and of the next, not the end of the process.
func TestCutOff(t *testing.T) {
	for _, size := range []int64{0, layout.Page, layout.ShardsAt, layout.ShardsAt + layout.Page} {
		path := filepath.Join(t.TempDir(), "map")
		m, err := dict.Open(path, numbers)
		if err != nil {
			t.Fatal(err)
		}
		store(t, m, number(1), number(1))
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		w := observe(t, path)
		sample(t, w)
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		l := &Listing{}
		_, err = w.List(l, 0, 10)
		if err == nil {
			t.Errorf("cut off at %d: a listing without an error", size)
		}
		for range 2 {
			if s := w.Sample(true); s.Err == nil {
				t.Errorf("cut off at %d: no error", size)
			}
		}
	}
}

// A path with no map: the error names it.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]error{filepath.Join(dir, "none"): ErrGone, dir: fault.ErrNotMap} {
		if _, err := Open(path); !errors.Is(err, want) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// What a map of each kind of value shows of its values.
func TestCounters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, dict.Options{Key: layout.String, Value: layout.Int16, Shards: 1})
	key := func(i int) dict.Datum { return dict.Datum{S: fmt.Sprint("key", i)} }
	for i := range 10 {
		store(t, m, key(i), number(0))
	}
	w := observe(t, path)
	at := clock(w)
	if c := sample(t, w).Counters; c.Walked != 0 || c.Hot != nil {
		t.Errorf("the first look: %+v", c)
	}
	add := func(i, n int) {
		do(t, m, dict.Op{Code: dict.OpAdd, Key: key(i), Val: dict.Datum{W: layout.Int16.Truncate(uint64(n))}})
	}
	add(1, 10)
	add(2, -30)
	add(3, 32767)
	add(3, 1) // wraps around, as Go's int16: a fall by 32768
	store(t, m, key(10), number(5))
	do(t, m, dict.Op{Code: dict.OpDelete, Key: key(4)})
	at(2)
	c := sample(t, w).Counters
	want := []Counter{{key(3), dict.Datum{W: 0x8000}, -16384}, {key(2), dict.Datum{W: 0xffe2}, -15}, {key(1), number(10), 5}}
	if !reflect.DeepEqual(c.Hot, want) || c.Walked != 9 || !c.All || c.Sum != -16394 {
		t.Errorf("%+v, want %+v", c, want)
	}
	add(1, 3)
	at(3)
	c = sample(t, w).Counters
	if c.Hot[0].PerSecond != 3 || c.Hot[0].Key != key(1) || c.Walked != 10 || len(c.Hot) != 3 {
		t.Errorf("%+v", c)
	}
	for i := range 2 * coolAfter {
		at(float64(4 + i))
		c = sample(t, w).Counters
	}
	if len(c.Hot) != 0 {
		t.Errorf("nothing changes any more: %+v", c.Hot)
	}
}

// In a map with more keys than one look compares, a hot key is found after a while, and followed from then on.
func TestCountersOfLargeMap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, numbers)
	const n = 2*walkEntries + 5
	for i := range n {
		store(t, m, number(i), number(0))
	}
	w := observe(t, path)
	at := clock(w)
	hot, found := 0, 0
	for round := range 20 {
		do(t, m, dict.Op{Code: dict.OpAdd, Key: number(hot), Val: number(7)})
		at(float64(round))
		c := sample(t, w).Counters
		if c.All {
			t.Fatal("all keys cannot have been compared")
		}
		switch {
		case len(c.Hot) > 0:
			found++
			if len(c.Hot) != 1 || c.Hot[0].Key != number(hot) || c.Hot[0].PerSecond != 7 {
				t.Fatalf("%+v", c.Hot)
			}
		case found > 0:
			t.Fatal("it was lost again")
		}
	}
	if found < 10 {
		t.Errorf("found in %d of 20 samples", found)
	}
}

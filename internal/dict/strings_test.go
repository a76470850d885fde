package dict

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
)

// TestStringsAtEveryStore: before every store of a transaction that replaces a string, a reader gets the old one whole until
// the transaction is committed, and the new one then, by either way to read.
func TestStringsAtEveryStore(t *testing.T) {
	for name, o := range map[string]Options{"plain": {}, "ttl": {TTL: time.Hour}, "clock": {Capacity: 100}} {
		t.Run(name, func(t *testing.T) {
			o.Key, o.Value, o.Shards, o.LockTimeout = layout.String, layout.String, 1, time.Millisecond
			stringsAtEveryStore(t, rvHeap(t, o), "the key of the string")
			stringsAtEveryStore(t, rvHeap(t, o), "key") // in the slot
		})
	}
}

func stringsAtEveryStore(t *testing.T, m *Map, name string) {
	key, old, points := Datum{S: name}, "", 0
	for i, size := range []int{20, 20, 30, 100, 100, 60, 100, 8, 5, 100, 3000, 1500, 3000, 5, 5, 150_000, 150_000, 100, 90, 0, 90} {
		val := strings.Repeat(string(rune('a'+i)), size)
		want := old
		look := func() {
			points++
			if journal.Phase(m.seg.Shards[0].Stat(layout.ShJournal)) == journal.Committed {
				want = val
			}
			l, err := m.Load(key, nil, 0)
			if err != nil || string(l.B) != want {
				t.Fatalf("%d bytes by %d: %d bytes %.10q, want %d %.10q, error %v", len(old), size, len(l.B), l.B, len(want), want, err)
			}
			buf := bytes.Repeat([]byte("#"), 4096) // room for most of them
			b, _, _, err := m.LoadDatum(key, buf[:0])
			if err != nil || string(b) != want {
				t.Fatalf("%d bytes by %d, the short way: %d bytes %.10q, want %d %.10q, error %v", len(old), size, len(b), b, len(want), want, err)
			}
			if behind := bytes.Trim(buf[min(len(b), len(buf)):], "#"); len(b) <= len(buf) && len(behind) > 0 {
				t.Fatalf("%d bytes by %d: %d bytes behind the value are written to", len(old), size, len(behind))
			}
		}
		m.seg.Shards[0].SetPoint(look)
		if err := rvStore(m, key, Datum{S: val}); err != nil {
			t.Fatal(err)
		}
		m.seg.Shards[0].SetPoint(nil)
		want = val
		look()
		old = val
	}
	t.Logf("%d stores", points)
}

// TestBatchAtEveryStore: the same of several strings that are replaced in one transaction.
func TestBatchAtEveryStore(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 1, LockTimeout: time.Millisecond})
	var keys, vals []Datum
	for i := range 6 {
		keys = append(keys, Datum{S: fmt.Sprint("a key that is long ", i)})
	}
	for round := range 5 {
		old := vals
		vals = nil
		for i := range keys {
			vals = append(vals, Datum{S: strings.Repeat(string(rune('a'+round)), 60+(i+round)%2*100)})
		}
		if old == nil {
			old = make([]Datum, len(keys))
		}
		m.seg.Shards[0].SetPoint(func() {
			if journal.Phase(m.seg.Shards[0].Stat(layout.ShJournal)) == journal.Committed {
				old = vals
			}
			for i, key := range keys {
				if l, err := m.Load(key, nil, 0); err != nil || string(l.B) != old[i].S {
					t.Fatalf("round %d, key %d: %.4q, want %.4q, error %v", round, i, l.B, old[i].S, err)
				}
			}
		})
		if _, err := m.StoreMany(keys, vals, TTLDefault, 0, true); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLargeValuesAreWhole reads a value that takes a while to copy, and that somebody replaces all the time, so that it is
// hardly ever the same at the end.
func TestLargeValuesAreWhole(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.String, Shards: 1})
	const size, loads = 256 << 10, 1500
	store := func(b byte) error {
		return rvStore(m, Datum{W: 1}, Datum{S: strings.Repeat(string(rune(b)), size)})
	}
	if err := store('a'); err != nil {
		t.Fatal(err)
	}
	stop, stored := make(chan struct{}), make(chan error)
	go func() {
		for b := byte(0); ; b++ {
			select {
			case <-stop:
				stored <- nil
				return
			default:
			}
			if err := store('a' + b%26); err != nil {
				stored <- err
				return
			}
		}
	}()
	var buf []byte
	torn := ""
	for i := 0; i < loads && torn == ""; i++ {
		l, err := m.Load(Datum{W: 1}, buf[:0], 0)
		if buf = l.B; err != nil || len(buf) != size || bytes.Count(buf, buf[:1]) != size {
			torn = fmt.Sprintf("load %d: %d bytes, from %.4q to %.4q, error %v", i, len(buf), buf, buf[max(len(buf)-4, 0):], err)
		}
	}
	close(stop)
	if err := <-stored; err != nil {
		t.Error(err)
	}
	if torn != "" {
		t.Error(torn)
	}
}

// TestAtomicBatchesOverStrings: an atomic batch writes strings over others only as far as the journal has room from the beginning, so it
// needs no more memory than one that gives each a new block: at a limit of bytes it would be refused.
func TestAtomicBatchesOverStrings(t *testing.T) {
	for seed := range uint64(8) { // whether a chunk is free just then depends on the hashes
		for _, policy := range []layout.Policy{layout.PolicyNone, layout.PolicyClock, layout.PolicyS3} {
			batchesOverStrings(t, Options{Key: layout.Int64, Value: layout.String, Shards: 1, MaxBytes: 8 << 20, Policy: policy, Seed: seed + 1})
		}
	}
}

func batchesOverStrings(t *testing.T, o Options) {
	m := rvHeap(t, o)
	n := 0
	for ; n < 9000 && (o.Policy != layout.PolicyNone || n < 4000); n++ { // without a policy it is half full
		if err := rvStore(m, Datum{W: uint64(n)}, Datum{S: strings.Repeat("v", 1000)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int{100, 500, 1000, 2000} {
		var keys, vals []Datum
		for i := range size {
			keys = append(keys, Datum{W: uint64(n - 1 - i)})
			vals = append(vals, Datum{S: strings.Repeat("w", 1000)})
		}
		if _, err := m.StoreMany(keys, vals, TTLDefault, 0, true); err != nil {
			t.Errorf("policy %v, %d values: %v", o.Policy, size, err)
		}
	}
	if journal := m.seg.Shards[0].Backed(layout.VecJournal); journal > 512<<10 {
		t.Errorf("policy %v: the journal has %d bytes", o.Policy, journal)
	}
}

// TestAtomicBatchBeginsAgainSeldom: an atomic batch that needs memory is undone and begins again, but not for each chunk. What is counted
// is stores, of which the batch makes a few for each entry.
func TestAtomicBatchBeginsAgainSeldom(t *testing.T) {
	const n = 4000 // 95 chunks
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.String, Shards: 1})
	var keys, vals []Datum
	for i := range uint64(n) {
		keys, vals = append(keys, Datum{W: i}), append(vals, Datum{S: strings.Repeat("v", 1500)})
	}
	stores := 0
	m.seg.Shards[0].SetPoint(func() { stores++ })
	if _, err := m.StoreMany(keys, vals, TTLDefault, 0, true); err != nil {
		t.Fatal(err)
	}
	if t.Logf("%d stores", stores); stores > 400*n {
		t.Errorf("%d stores for %d entries", stores, n)
	}
}

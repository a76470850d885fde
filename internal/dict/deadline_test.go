package dict

import (
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
)

// TestDeadlineIsExact: until its last millisecond an entry is there for every way to read and to write, and then for none.
func TestDeadlineIsExact(t *testing.T) {
	const deadline = 1050
	for _, at := range []uint64{deadline - 1, deadline, deadline + 1} {
		now := uint64(1000)
		m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, EnableTTL: true, Now: func() uint64 { return now }})
		if err := m.Do(&Op{Key: Datum{W: 1}, Val: Datum{W: 5}, Mode: TTLExplicit, TTL: 50 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		now = at
		want := at < deadline
		if l, err := m.Load(Datum{W: 1}, nil, 0); l.Found != want || err != nil {
			t.Errorf("at %d a load finds it: %v, error %v", at, l.Found, err)
		}
		for range 2 { // the first one draws the chart that the second goes by
			if _, ok, err := m.LoadWord(1); ok != want || err != nil {
				t.Errorf("at %d the short way finds it: %v, error %v", at, ok, err)
			}
		}
		found := make([]bool, 1)
		if _, err := m.LoadWords([]uint64{1}, make([]uint64, 1), found); found[0] != want || err != nil {
			t.Errorf("at %d the short way for many finds it: %v, error %v", at, found[0], err)
		}
		if _, ok, err := m.Cursor().Next(); ok != want || err != nil {
			t.Errorf("at %d it is iterated: %v, error %v", at, ok, err)
		}
		if op := (Op{Code: OpReplace, Key: Datum{W: 1}}); m.Do(&op) != nil || op.Found != want {
			t.Errorf("at %d a store finds it: %v", at, op.Found)
		}
	}
}

// TestDeadlineOfStringIsExact: the same of strings, in the slot and behind it.
func TestDeadlineOfStringIsExact(t *testing.T) {
	const deadline = 1050
	now := uint64(1000)
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 1, EnableTTL: true, Now: func() uint64 { return now }})
	const long = "one that is too long for a slot"
	for _, c := range [][2]string{{"short", "short"}, {"long", long}, {long, long}, {long + "er", "short"}} {
		key, text := c[0], c[1]
		now = 1000
		if err := m.Do(&Op{Key: Datum{S: key}, Val: Datum{S: text}, Mode: TTLExplicit, TTL: 50 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		for now = range uint64(deadline + 2) {
			b, _, ok, err := m.LoadDatum(Datum{S: key}, nil)
			if want := now < deadline; ok != want || ok && string(b) != text || err != nil {
				t.Errorf("%s, %s: at %d the short way finds it: %v, %q, error %v", key, text, now, ok, b, err)
			}
		}
	}
}

// TestExpiredMeanwhile: an entry that expires while an operation changes it was absent when the operation happened: others
// may have seen that it was gone.
func TestExpiredMeanwhile(t *testing.T) {
	for _, code := range []OpCode{OpStore, OpAdd, OpSwap, OpLoadOrStore, OpReplace, OpTouch, OpPersist, OpExpire, OpDelete} {
		now := uint64(1000)
		m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, TTL: 50 * time.Millisecond, Now: func() uint64 { return now }})
		if err := rvStore(m, Datum{W: 1}, Datum{W: 5}); err != nil {
			t.Fatal(err)
		}
		now = 1049 // the last millisecond
		m.seg.Shards[0].SetPoint(func() { now = 1050 })
		op := Op{Code: code, Key: Datum{W: 1}, Val: Datum{W: 1}}
		if code == OpExpire {
			op.Mode, op.TTL = TTLExplicit, time.Hour
		}
		if err := m.Do(&op); err != nil {
			t.Fatal(err)
		}
		if now != 1050 {
			t.Fatalf("operation %d stored nothing", code)
		}
		w, ok, err := m.LoadWord(1)
		stores := code != OpReplace && code < OpTouch && code != OpDelete
		if op.Found || ok != stores || stores && w != 1 || err != nil {
			t.Errorf("operation %d found it: %v; afterwards %d, %v, %v", code, op.Found, w, ok, err)
		}
	}
}

// TestExpiredIsCounted: a store over an entry that has expired is not one over an entry, also by the short way.
func TestExpiredIsCounted(t *testing.T) {
	now := uint64(1000)
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, TTL: 50 * time.Millisecond, Now: func() uint64 { return now }})
	for i := range uint64(3) { // the second is in time, the third is not
		if err := m.StoreWord(1, i); err != nil {
			t.Fatal(err)
		}
		now += 49 + i
	}
	if n := m.seg.Shards[0].Stat(layout.ShExpirations); n != 1 {
		t.Errorf("%d expired", n)
	}
}

// TestExpiredGoesAsExpired: the entry that goes for a new one has expired or is evicted, also by the short way; at its deadline, and not before.
func TestExpiredGoesAsExpired(t *testing.T) {
	for _, policy := range []layout.Policy{layout.PolicyClock, layout.PolicyS3} {
		now := uint64(1000)
		m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Capacity: 100, Policy: policy, TTL: 50 * time.Millisecond, Now: func() uint64 { return now }})
		key := uint64(0)
		store := func(n int, wantEvicted, wantExpired uint64) {
			t.Helper()
			evicted, expired := m.seg.Shards[0].Stat(layout.ShEvictions), m.seg.Shards[0].Stat(layout.ShExpirations)
			for range n {
				if err := m.StoreWord(key, 1); err != nil {
					t.Fatal(err)
				}
				key++
			}
			evicted, expired = m.seg.Shards[0].Stat(layout.ShEvictions)-evicted, m.seg.Shards[0].Stat(layout.ShExpirations)-expired
			if evicted != wantEvicted || expired != wantExpired {
				t.Errorf("%v: %d evicted and %d expired, want %d and %d", policy, evicted, expired, wantEvicted, wantExpired)
			}
		}
		store(100, 0, 0)
		now = 1049
		store(20, 20, 0)
		now = 1099 // all have expired by now; with s3 the five stored last go first
		store(5, 0, 5)
	}
}

// TestStringExpiredMeanwhile: the same of a string that is written over another one in its block.
func TestStringExpiredMeanwhile(t *testing.T) {
	for _, code := range []OpCode{OpSwap, OpReplace, OpCompareAndSwap} {
		now := uint64(1000)
		m := rvHeap(t, Options{Key: layout.Int64, Value: layout.String, Shards: 1, TTL: 50 * time.Millisecond, Now: func() uint64 { return now }})
		const old, text = "a string that takes a block", "a string that fits that block"
		if err := rvStore(m, Datum{W: 1}, Datum{S: old}); err != nil {
			t.Fatal(err)
		}
		now = 1049
		m.seg.Shards[0].SetPoint(func() { now = 1050 })
		op := Op{Code: code, Key: Datum{W: 1}, Val: Datum{S: text}, Old: Datum{S: old}}
		if err := m.Do(&op); err != nil || now != 1050 {
			t.Fatalf("operation %d, now %d: %v", code, now, err)
		}
		l, err := m.Load(Datum{W: 1}, nil, 0)
		if stores := code == OpSwap; op.Found || l.Found != stores || stores && string(l.B) != text || err != nil {
			t.Errorf("operation %d found it: %v; afterwards %q, %v, %v", code, op.Found, l.B, l.Found, err)
		}
	}
}

// TestExpiredBesideClear: the shortest way, which does not look at deadlines where no entry has one, finds none that has passed at
// any store of a clear, which sets their number to 0.
func TestExpiredBesideClear(t *testing.T) {
	const n = 100
	for at, stores := 1, 1; at <= stores; at++ {
		now := uint64(1000)
		m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, TTL: 50 * time.Millisecond, Now: func() uint64 { return now }})
		load, q := m.Loader()
		for i := range uint64(n) {
			if err := m.Do(&Op{Key: Datum{W: i}, Mode: TTLExplicit, TTL: 50 * time.Millisecond}); err != nil {
				t.Fatal(err)
			}
		}
		q.Note([]uint64{m.seg.Shards[0].Stat(layout.ShLevel)}) // as if it had been there without deadlines
		now = 1050
		stores = 0
		m.seg.Shards[0].SetPoint(func() {
			if stores++; stores != at {
				return
			}
			for i := range uint64(n) {
				if _, ok := load(q, i); ok {
					t.Fatalf("before store %d of the clear %d is there", at, i)
				}
			}
		})
		if err := m.Clear(); err != nil {
			t.Fatal(err)
		}
		if stores < 5 {
			t.Fatalf("%d stores: this shows little", stores)
		}
	}
}

package dict

import (
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
)

// TestScanMeetsWhatStays: entries that stay come exactly once, though others come and go and the table grows and shrinks
// between the calls; and positions stay small.
func TestScanMeetsWhatStays(t *testing.T) {
	const stay, others = 2000, 20000
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 4})
	for k := uint64(0); k < stay; k++ {
		if err := m.StoreWord(k, k); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[uint64]int{}
	calls, most := 0, uint64(0)
	for at := uint64(0); ; calls++ {
		entries, next, err := m.Scan(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Val.W != e.Key.W {
				t.Fatalf("key %d has value %d", e.Key.W, e.Val.W)
			}
			seen[e.Key.W]++
		}
		switch calls { // twice up, twice down, while the scan is under way
		case 20, 300:
			for k := uint64(stay); k < others; k++ {
				if err := m.StoreWord(k, k); err != nil {
					t.Fatal(err)
				}
			}
		case 150, 600:
			for k := uint64(stay); k < others; k++ {
				if err := m.Do(&Op{Code: OpDelete, Key: Datum{W: k}}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if at, most = next, max(most, next); at == 0 {
			break
		}
	}
	if calls < 600 {
		t.Errorf("only %d calls: the table never shrank under the scan", calls)
	}
	for k := uint64(0); k < stay; k++ {
		if seen[k] != 1 {
			t.Errorf("key %d came %d times", k, seen[k])
		}
	}
	if limit := uint64(4 * others); most > limit {
		t.Errorf("position %d, above %d", most, limit)
	}
}

// TestScanTakesAnyNumber: a position comes from a client, which may say anything.
func TestScanTakesAnyNumber(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 4})
	for k := uint64(0); k < 100; k++ {
		if err := m.StoreWord(k, k); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []uint64{1, 3, 4, 5, 1 << 40, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		n := 0
		for calls := 0; ; calls++ {
			entries, next, err := m.Scan(at)
			if err != nil || calls > 1000 {
				t.Fatalf("from %d: call %d, error %v", at, calls, err)
			}
			if n += len(entries); next == 0 {
				break
			}
			at = next
		}
		if n > 100 {
			t.Errorf("%d entries of 100", n)
		}
	}
}

// TestKeepDeadlines: a handle that keeps deadlines changes none by changing a value, and gives none to a new entry, while another
// handle on the same map goes on as the map says.
func TestKeepDeadlines(t *testing.T) {
	ms := twoHandles(t, Options{Key: layout.String, Value: layout.String, Shards: 1, TTL: time.Hour})
	plain, keeps := ms[0], ms[1]
	if ttl := keeps.KeepDeadlines(); ttl != time.Hour {
		t.Fatalf("the default is %v", ttl)
	}
	left := func(key string) time.Duration {
		t.Helper()
		l, err := plain.Load(Datum{S: key}, nil, ReadTTL)
		if err != nil || !l.Found {
			t.Fatalf("%s: %v, %v", key, l.Found, err)
		}
		return l.TTL
	}
	do := func(m *Map, op Op) {
		t.Helper()
		if err := m.Do(&op); err != nil || !op.Done {
			t.Fatalf("operation %d on %s: done %v, %v", op.Code, op.Key.S, op.Done, err)
		}
	}
	a, b := Datum{S: "a"}, Datum{S: "b"}
	do(plain, Op{Code: OpStore, Key: a, Val: Datum{S: "1"}, Mode: TTLExplicit, TTL: time.Minute})
	do(keeps, Op{Code: OpStore, Key: a, Val: Datum{S: "2"}})
	do(keeps, Op{Code: OpCompareAndSwap, Key: a, Old: Datum{S: "2"}, Val: Datum{S: "a value too long for a slot"}})
	if ttl := left("a"); ttl > time.Minute || ttl < 30*time.Second {
		t.Errorf("two changes of the value later %v are left of a minute", ttl)
	}
	do(keeps, Op{Code: OpStore, Key: b, Val: Datum{S: "1"}})
	if ttl := left("b"); ttl != Permanent {
		t.Errorf("a new entry has %v", ttl)
	}
	do(keeps, Op{Code: OpStore, Key: b, Val: Datum{S: "1"}, Mode: TTLNew, TTL: time.Minute})
	if ttl := left("b"); ttl != Permanent {
		t.Errorf("an entry that was there has %v", ttl)
	}
	do(plain, Op{Code: OpStore, Key: a, Val: Datum{S: "3"}})
	if ttl := left("a"); ttl < 59*time.Minute {
		t.Errorf("the other handle's store leaves %v, not the default", ttl)
	}
}

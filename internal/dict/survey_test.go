package dict

import (
	"path/filepath"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
)

// surveyed walks through all shards of m, limit chains at a time.
func surveyed(t *testing.T, m *Map, limit int) (all Survey) {
	t.Helper()
	for i := range m.seg.Shards {
		for from, done := uint64(0), false; !done; {
			var err error
			if from, done, err = m.Survey(&all, i, from, limit); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all
}

// TestSurvey: every chain is counted once, however many at a time, in a read-only handle too.
func TestSurvey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m, err := Open(path, Options{Key: layout.Int64, Value: layout.Int64, Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for i := range 5000 {
		if err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 7}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	st, err := m.Stats(true)
	if err != nil {
		t.Fatal(err)
	}
	whole := surveyed(t, m, 1<<30)
	buckets := uint64(0)
	for i, n := range whole.Chains {
		buckets += uint64(i+1) * n
	}
	if whole.Walked() != st.Buckets || whole.Longest != st.LongestChain || whole.Missed != 0 || buckets != st.Buckets+st.Overflows {
		t.Errorf("%+v, want %d chains, the longest of %d buckets, %d in all", whole, st.Buckets, st.LongestChain, st.Buckets+st.Overflows)
	}
	for _, limit := range []int{1, 7} {
		if got := surveyed(t, r, limit); got != whole {
			t.Errorf("%d at a time: %+v, want %+v", limit, got, whole)
		}
	}
}

// TestSurveyBesideWriter: a chain in the middle of a transaction is read as it was before.
func TestSurveyBesideWriter(t *testing.T) {
	a, b := two(t)
	key, bucket := in(t, a, 0)
	want, n := surveyed(t, b, 100), 0
	a.seg.Shards[0].SetPoint(func() {
		if bucket.Load(layout.BkHead)&1 == 1 && n == 0 {
			n++
			if got := surveyed(t, b, 100); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
	})
	if _, err := a.StoreMany([]Datum{{W: key}}, []Datum{{W: 8}}, TTLDefault, 0, true); err != nil {
		t.Fatal(err)
	}
	a.seg.Shards[0].SetPoint(nil)
	if n != 1 {
		t.Errorf("looked %d times", n)
	}
}

// TestSurveyOfForgedChain: a chain that leads back into itself ends, and is missed.
func TestSurveyOfForgedChain(t *testing.T) {
	a, b := two(t)
	_, bucket := in(t, a, 0)
	bucket.Store(layout.BkHead, bucket.Load(layout.BkHead)&layout.VersionMask|1<<32)
	if over, ok := a.seg.Shards[0].Table().Over.Find(0); ok {
		over.Store(layout.BkHead, 1<<32)
	}
	if got := surveyed(t, b, 100); got.Missed != 1 {
		t.Errorf("%+v, want one missed", got)
	}
	bucket.Store(layout.BkHead, bucket.Load(layout.BkHead)&layout.VersionMask)
}

// TestStatsOfTransactions: insertions and deletions count, in the shard of the key; an integer that is overwritten does not.
func TestStatsOfTransactions(t *testing.T) {
	a, b := two(t)
	key, _ := in(t, a, 1)
	before := stats(t, b)
	if err := rvStore(a, Datum{W: key}, Datum{W: 8}); err != nil {
		t.Fatal(err)
	}
	if st := stats(t, b); st.Transactions != before.Transactions {
		t.Errorf("an overwritten integer: %d transactions, before %d", st.Transactions, before.Transactions)
	}
	op := Op{Code: OpDelete, Key: Datum{W: key}}
	if err := a.Do(&op); err != nil {
		t.Fatal(err)
	}
	st := stats(t, b)
	if st.Shards[0].Transactions != before.Shards[0].Transactions || st.Shards[1].Transactions <= before.Shards[1].Transactions ||
		st.Transactions != st.Shards[0].Transactions+st.Shards[1].Transactions {
		t.Errorf("after a deletion in shard 1: %+v, before %+v", st.Shards, before.Shards)
	}
}

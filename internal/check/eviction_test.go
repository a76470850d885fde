package check_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// TestBehindAStoppedEviction: a read-only check finds nothing wrong wherever a process stops that stores a string in a full cache,
// where key and value are written over those of another entry.
func TestBehindAStoppedEviction(t *testing.T) {
	for _, value := range []layout.Kind{layout.String, layout.Int64} {
		path := filepath.Join(t.TempDir(), "map")
		m, err := dict.Open(path, dict.Options{Key: layout.String, Value: value, Shards: 1, Capacity: 50, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		reader, err := dict.Open(path, dict.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		store := func(i int) {
			val := dict.Datum{W: uint64(i)}
			if value == layout.String {
				val = dict.Datum{S: strings.Repeat(string(rune('a'+i%26)), 60)}
			}
			if err := m.StoreDatum(dict.Datum{S: fmt.Sprintf("key of some length %06d", i)}, val); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 100 {
			store(i)
		}
		points, before := 0, transactions(t, m)
		m.Segment().Shards[0].SetPoint(func() {
			points++
			if problems, err := reader.Check(); err != nil || len(problems) > 0 {
				t.Errorf("value %v, store %d of the journal: %v %v", value, points, err, problems)
			}
		})
		const stores = 10
		for i := range stores {
			store(100 + i)
		}
		m.Segment().Shards[0].SetPoint(nil)
		if n := transactions(t, m) - before; points < 100 || n >= 2*stores {
			t.Errorf("value %v: %d points in %d transactions for %d stores: the short way is not tried", value, points, n, stores)
		}
	}
}

func transactions(t *testing.T, m *dict.Map) uint64 {
	t.Helper()
	st, err := m.Stats(false)
	if err != nil {
		t.Fatal(err)
	}
	return st.Transactions
}

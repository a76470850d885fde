package dict_test

import (
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// TestSpread: a map that is filled up to its limit by one handle, shard after shard, evicts nothing.
func TestSpread(t *testing.T) {
	const limit = 4000
	for _, policy := range []layout.Policy{layout.PolicyClock, layout.PolicyS3} {
		m, err := dict.Anonymous(dict.Options{Key: layout.Int64, Value: layout.Int64, Capacity: limit, Policy: policy, Shards: 8})
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(limit) {
			if err := m.Spread(dict.Datum{W: i}); err != nil {
				t.Fatal(err)
			}
			if err := m.StoreWord(i, i); err != nil {
				t.Fatal(err)
			}
		}
		if n := m.Len(); n != limit {
			t.Errorf("%v: %d entries, want %d", policy, n, limit)
		}
		if problems, err := m.Check(); err != nil || len(problems) > 0 {
			t.Errorf("%v: check: %q, %v", policy, problems, err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

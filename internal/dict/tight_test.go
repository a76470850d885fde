package dict

import (
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/space"
)

// TestFullShardAsksAgain: a shard that evicts for each new entry, since the limit was all given out, soon finds that another one has given
// some of it back, whatever its policy and however few entries it has.
func TestFullShardAsksAgain(t *testing.T) {
	for _, policy := range []layout.Policy{layout.PolicyClock, layout.PolicyS3} {
		for _, n := range []int{1, 20, 40} {
			m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 2, Capacity: 100, Policy: policy})
			last := uint64(0)
			fresh := func(shard int) uint64 { // a key that nobody has had
				for last++; m.index(m.hash(last)) != shard; last++ {
				}
				return last
			}
			store := func(k uint64) {
				if err := m.StoreWord(k, 1); err != nil {
					t.Fatal(err)
				}
			}
			for range n {
				store(fresh(0))
			}
			var others []uint64
			for range 150 {
				others = append(others, fresh(1))
				store(last)
			}
			for range 30 { // into a full map: entries go for them
				store(fresh(0))
			}
			for _, k := range others {
				if err := m.Do(&Op{Code: OpDelete, Key: Datum{W: k}}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := m.seg.Shards[1].Relieve(&space.Lack{Entries: 1}, false); err != nil {
				t.Fatal(err)
			}
			before, stores := m.seg.Shards[0].Stat(layout.ShCount), 0
			for ; stores < 1000 && m.seg.Shards[0].Stat(layout.ShCount) == before; stores++ {
				store(fresh(0))
			}
			if stores > 100 {
				t.Errorf("policy %v: a shard of %d entries grew after %d stores, with %d of the limit free", policy, before, stores, 100-before)
			}
		}
	}
}

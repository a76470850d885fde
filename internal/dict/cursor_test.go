package dict

import (
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
)

// TestCursorOverMerges: a cursor whose place is in the middle of a bucket, since the table has shrunk, gives what lies behind
// it, and nothing that it has given.
func TestCursorOverMerges(t *testing.T) {
	const stable, others = 40, 1500
	for stop := range 30 {
		m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1})
		for i := range stable + others {
			if err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 1}); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[uint64]int{}
		cur, full := m.Cursor(), m.seg.Shards[0].Buckets()
		for n := 0; ; n++ {
			if n == (stop+1)*(stable+others)/32 {
				for i := range others {
					if err := m.Do(&Op{Code: OpDelete, Key: Datum{W: uint64(stable + i)}}); err != nil {
						t.Fatal(err)
					}
				}
			}
			e, ok, err := cur.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			seen[e.Key.W]++
		}
		if now := m.seg.Shards[0].Buckets(); now*4 > full {
			t.Fatalf("the table has shrunk from %d buckets to %d only", full, now)
		}
		for k := range uint64(stable) {
			if seen[k] != 1 {
				t.Errorf("stopped after %d of 32 parts: %d came %d times", stop+1, k, seen[k])
			}
		}
	}
}

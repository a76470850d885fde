package dict

import (
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
)

// inherited attaches a copy of a map whose participants 0 to dead-1 have died.
func inherited(t *testing.T, image []uint64, dead int) *Map {
	t.Helper()
	live := &lock.Local{}
	for n := range dead {
		if got, err := live.Take(n); !got || err != nil {
			t.Fatal("the dead one's number is taken")
		}
	}
	seg, err := segment.AttachHeap(region.HeapFrom(image, 0), segment.Options{Live: live, LockTimeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for n := range dead {
		live.Drop(n)
	}
	return Attach(seg)
}

// mended has m repaired, and calls at before every store of that.
func mended(t *testing.T, m *Map, at func()) {
	t.Helper()
	s := &m.seg.Shards[0]
	s.SetPoint(at)
	defer s.SetPoint(nil)
	if err := s.Mend(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
}

// TestReadersOfRepairs: a writer dies in the middle of a transaction, and so does who repairs it, at every store; readers see
// nothing of the transaction at any store of the repair after that (journal J4: what was undone is not undone again, or they
// would see what stood between under versions that are even already).
func TestReadersOfRepairs(t *testing.T) {
	m, err := OnHeap(1<<20, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	const entries = 5
	for i := range entries {
		if err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 7}); err != nil {
			t.Fatal(err)
		}
	}
	var images [][]uint64
	m.seg.Shards[0].SetPoint(func() { images = append(images, m.seg.Env.Region.Image()) })
	keys, vals := []Datum{{W: 0}, {W: 1}, {W: 0}, {W: 99}}, []Datum{{W: 8}, {W: 8}, {W: 9}, {W: 9}} // one word twice
	if _, err := m.StoreMany(keys, vals, TTLDefault, 0, true); err != nil {
		t.Fatal(err)
	}
	last := len(images) - 1
	for ; journal.Phase(images[last][layout.ShardAt(0)/8+layout.ShJournal]) != journal.Active; last-- {
		// the last moment at which nothing was committed
	}
	var repairs [][]uint64
	repairer := inherited(t, images[last], 1)
	mended(t, repairer, func() { repairs = append(repairs, repairer.seg.Env.Region.Image()) })
	points := 0
	for died, image := range repairs {
		next := inherited(t, image, 2)
		look := func() {
			points++
			for i := range uint64(entries) {
				if w, ok, err := next.LoadWord(i); w != 7 || !ok || err != nil {
					t.Fatalf("the repairer died at store %d; %d is %d, found %v, error %v", died, i, w, ok, err)
				}
			}
			if _, ok, err := next.LoadWord(99); ok || err != nil {
				t.Fatalf("the repairer died at store %d; what was never committed is there: %v", died, err)
			}
		}
		mended(t, next, look)
		look()
	}
	t.Logf("%d moments of the transaction, %d of its repair, %d of the repairs after that", last, len(repairs), points)
	if len(repairs) < 5 { // how many there are depends on which buckets the keys share
		t.Error("this shows little")
	}
}

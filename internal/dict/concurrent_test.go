package dict

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/segment"
)

// twoHandles are two participants on one heap region: what two processes are to a file, but the race detector sees it.
func twoHandles(t *testing.T, o Options) [2]*Map {
	t.Helper()
	o.Seed = cmp.Or(o.Seed, 0x5eed)
	c, err := o.config()
	if err != nil {
		t.Fatal(err)
	}
	live := &lock.Local{}
	first, err := segment.Heap(64<<20, segment.Options{Create: c, Live: live})
	if err != nil {
		t.Fatal(err)
	}
	second, err := segment.AttachHeap(first.Env.Region, segment.Options{Live: live})
	if err != nil {
		t.Fatal(err)
	}
	ms := [2]*Map{Attach(first), Attach(second)}
	t.Cleanup(func() {
		if problems, err := ms[0].Check(); err != nil || len(problems) > 0 {
			t.Errorf("check: %v, %v", problems, err)
		}
		for _, m := range ms {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return ms
}

// stamped is a value that says which key it belongs to and repeats one byte: a torn one shows.
func stamped(key uint64, r *rand.Rand) string {
	sizes := []int{9, 40, 200, 3000}
	b := make([]byte, sizes[r.IntN(len(sizes))])
	fill := byte(r.Uint32())
	for i := range b {
		b[i] = fill
	}
	binary.LittleEndian.PutUint64(b, key)
	return string(b)
}

func checkStamp(key uint64, b []byte) error {
	if len(b) < 9 || binary.LittleEndian.Uint64(b) != key {
		return fmt.Errorf("key %d has the value of another: %.20x", key, b)
	}
	for _, c := range b[8:] {
		if c != b[8] {
			return fmt.Errorf("key %d has a torn value of %d bytes", key, len(b))
		}
	}
	return nil
}

// TestHeapConcurrent runs every kind of access at once over two handles. Under -race it is the proof that readers and
// writers meet only through ordered words.
func TestHeapConcurrent(t *testing.T) {
	for _, o := range []Options{
		{Key: layout.Uint64, Value: layout.String, Shards: 1},
		{Key: layout.Uint64, Value: layout.String, Shards: 4, Capacity: 150},
		{Key: layout.Uint64, Value: layout.String, Shards: 2, EnableTTL: true, MaxBytes: 4 << 20, Policy: layout.PolicyClock},
		{Key: layout.Uint64, Value: layout.String, Shards: 2, EnableTTL: true, Capacity: 160, Policy: layout.PolicyS3},
	} {
		t.Run(fmt.Sprintf("shards=%d,capacity=%d,bytes=%d", o.Shards, o.Capacity, o.MaxBytes), func(t *testing.T) {
			ms := twoHandles(t, o)
			var wg sync.WaitGroup
			for g := range 4 {
				wg.Go(func() {
					if err := hammer(ms[g%2], rand.New(rand.NewPCG(uint64(g), 7)), 1500); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
	}
}

func hammer(m *Map, r *rand.Rand, rounds int) error {
	const universe = 300
	for range rounds {
		key := r.Uint64N(universe)
		d := Datum{W: key}
		var err error
		switch r.IntN(12) {
		case 0, 1, 2, 3:
			err = m.Do(&Op{Key: d, Val: Datum{S: stamped(key, r)}})
		case 4, 5:
			err = m.Do(&Op{Code: OpDelete, Key: d})
		case 6:
			op := Op{Code: OpSwap, Key: d, Val: Datum{S: stamped(key, r)}}
			if err = m.Do(&op); err == nil && op.Found {
				err = checkStamp(key, op.B)
			}
		case 7:
			err = walkOnce(m)
		case 8:
			if r.IntN(200) == 0 {
				err = m.Clear()
			}
		default:
			var l Loaded
			if l, err = m.Load(d, nil, ReadVisit); err == nil && l.Found {
				err = checkStamp(key, l.B)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func walkOnce(m *Map) error {
	c := m.Cursor()
	for {
		e, ok, err := c.Next()
		if !ok || err != nil {
			return err
		}
		if err := checkStamp(e.Key.W, []byte(e.Val.S)); err != nil {
			return err
		}
	}
}

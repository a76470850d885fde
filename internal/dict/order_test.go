package dict

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/table"
)

// What readers rely on, looked at before every store of a transaction: sampling with several processes meets the moments
// that matter only now and then.

var errEnough = errors.New("enough")

// find is the place that a key leads to.
func find(m *Map, key uint64) (pos table.Pos) {
	k := shard.ReadyKey(m.seg.Env.Config, Datum{W: key})
	m.seg.Shards[0].Table().Find(&k, &pos)
	return pos
}

// TestVersionsGoForward: a version that was odd is another one when it is even again, whether the transaction was committed
// or rolled back (journal J3): a reader that met it before and asks for it afterwards may have seen a part of it.
func TestVersionsGoForward(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Hash: layout.HashFourBit})
	s := &m.seg.Shards[0]
	ended := map[bool]int{} // by: committed
	for i := range 600 {
		op := Op{Key: Datum{W: uint64(i * 7 % 50)}}
		if i%3 == 2 {
			op.Code = OpDelete
		}
		pos, stores, odd := find(m, op.Key.W), 0, false
		s.SetPoint(func() {
			odd = odd || pos.Main.Load(layout.BkHead)&1 == 1
			if stores++; i%2 == 0 && stores == 1+i/2%12 {
				s.SetPoint(nil)
				panic(errEnough)
			}
		})
		err := m.Do(&op)
		s.SetPoint(nil)
		if err != nil && !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
		if !odd {
			continue
		}
		ended[err == nil]++
		before, after := layout.Lo(pos.Head), layout.Lo(pos.Main.Load(layout.BkHead))
		if after <= before || after&1 == 1 {
			t.Fatalf("operation %d, error %v: the version was %d, odd, and is %d", i, err, before, after)
		}
	}
	if ended[true] < 50 || ended[false] < 50 {
		t.Errorf("%d committed, %d rolled back: this shows little", ended[true], ended[false])
	}
}

// TestJournalIsAskedTwice: what was read through the journal does not count once the journal has moved.
func TestJournalIsAskedTwice(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1})
	s := &m.seg.Shards[0]
	asked := map[bool]int{} // by: unmoved
	var snap table.Snap
	head, read := uint64(0), false
	s.SetPoint(func() {
		if read {
			unmoved := s.Stat(layout.ShJournal) == head
			if snap.Still() != unmoved {
				t.Errorf("the journal was %#x, is %#x, and what was read counts: %v", head, s.Stat(layout.ShJournal), !unmoved)
			}
			asked[unmoved]++
		}
		head = s.Stat(layout.ShJournal)
		ok, err := s.Table().Copy(&snap, 1, true)
		if read = ok && snap.Still(); err != nil {
			t.Error(err)
		}
	})
	for i := range 60 {
		if err := rvStore(m, Datum{W: uint64(i)}, Datum{W: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if asked[true] < 20 || asked[false] < 20 {
		t.Errorf("the journal was the same %d times, and had moved %d times: this shows little", asked[true], asked[false])
	}
}

// TestShortLoadsAtEveryStore: the short way to load an integer finds what nobody changes, at every store of those who
// split, merge and fill the chain that it is in.
func TestShortLoadsAtEveryStore(t *testing.T) {
	for name, o := range map[string]Options{
		"wide":     {Key: layout.Int64, Value: layout.Int64},
		"wide,ttl": {Key: layout.Int64, Value: layout.Int64, EnableTTL: true},
		"narrow":   {Key: layout.Int32, Value: layout.Int32},
		"texts":    {Key: layout.String, Value: layout.String},
	} {
		t.Run(name, func(t *testing.T) {
			o.Shards, o.LockTimeout = 1, time.Millisecond
			shortLoads(t, rvHeap(t, o))
		})
	}
}

func shortLoads(t *testing.T, m *Map) {
	const stable = 20
	var keys, vals [stable]uint64
	var found [stable]bool
	for i := range stable {
		keys[i] = uint64(i)
		if err := rvStore(m, of(m, i), of(m, i*3)); err != nil {
			t.Fatal(err)
		}
	}
	points := 0
	load, q := m.Loader()
	m.seg.Shards[0].SetPoint(func() {
		points++
		for i := range stable {
			b, w, ok, err := m.LoadDatum(of(m, i), make([]byte, 0, 16))
			if (Datum{W: w, S: string(b)}) != of(m, i*3) || !ok || err != nil {
				t.Fatalf("store %d: %d is %d or %q, found %v, error %v", points, i, w, b, ok, err)
			}
			if m.texts {
				continue
			}
			if w, ok := load(q, keys[i]); w != 3*keys[i] || !ok {
				t.Fatalf("store %d: %d is %d by the shortest way, found %v", points, i, w, ok)
			}
			if w, ok, err := m.LoadWord(keys[i]); w != 3*keys[i] || !ok || err != nil {
				t.Fatalf("store %d: %d is %d, found %v, error %v", points, i, w, ok, err)
			}
			if n, err := m.LoadWords(keys[:], vals[:], found[:]); n != stable || vals[i] != 3*keys[i] || err != nil {
				t.Fatalf("store %d: %d of %d found in a batch, %d is %d, error %v", points, n, stable, i, vals[i], err)
			}
		}
	})
	for _, code := range []OpCode{OpStore, OpDelete} {
		for i := range 80 {
			if err := m.Do(&Op{Code: code, Key: of(m, 1000+i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d stores", points)
}

// TestBatchesOfAnySize: keys that are there, in main and in overflow buckets, and keys that are not, in batches of any size,
// into the memory of the keys as well.
func TestBatchesOfAnySize(t *testing.T) {
	for _, h := range []layout.Hash{layout.HashStrong, layout.HashFourBit} {
		m := rvHeap(t, Options{Key: layout.Int64, Value: layout.Int64, Shards: 2, Hash: h})
		const n = 600
		for i := range n {
			if i%3 != 0 {
				if err := rvStore(m, of(m, i), of(m, i*7)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for size := range n {
			words, found, there := make([]uint64, size), make([]bool, size), 0
			for i := range words {
				if words[i] = uint64((i*5 + size) % n); words[i]%3 != 0 {
					there++
				}
			}
			got, err := m.LoadWords(words, words, found)
			if got != there || err != nil {
				t.Fatalf("%v, %d keys: %d found of %d, error %v", h, size, got, there, err)
			}
			for i, w := range words {
				key := uint64((i*5 + size) % n)
				if want := key % 3; found[i] != (want != 0) || found[i] && w != 7*key || !found[i] && w != 0 {
					t.Fatalf("%v, %d keys: %d is %d, found %v", h, size, key, w, found[i])
				}
			}
		}
	}
}

// of is a key or value of the kind that m has.
func of(m *Map, i int) Datum {
	if m.Options().Key == layout.String {
		return Datum{S: fmt.Sprint(i)}
	}
	return Datum{W: uint64(i)}
}

// TestLengthsAreBelievedLate: the bytes behind a string word are not touched, nor is memory allocated for them, before it
// was asked whether the word, found without the lock, still counts.
func TestLengthsAreBelievedLate(t *testing.T) {
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 1})
	key, val := strings.Repeat("k", 50), strings.Repeat("v", 90)
	if err := rvStore(m, Datum{S: key}, Datum{S: val}); err != nil {
		t.Fatal(err)
	}
	tab := m.seg.Shards[0].Table()
	k := shard.ReadyKey(m.seg.Env.Config, Datum{S: key})
	var pos table.Pos
	if tab.Find(&k, &pos) != table.Found {
		t.Fatal("the key is not there")
	}
	for _, still := range []bool{true, false} {
		asked := func() bool { return still }
		b, ok := tab.AppendKey(nil, table.Item{Key: pos.Key}, asked)
		if ok != still || ok != bytes.Equal(b, []byte(key)) {
			t.Errorf("asked: %v; key of %d bytes: %v", still, len(b), ok)
		}
		b, ok = tab.AppendVal(nil, table.Item{Val: pos.Val}, asked)
		if ok != still || ok != bytes.Equal(b, []byte(val)) {
			t.Errorf("asked: %v; value of %d bytes: %v", still, len(b), ok)
		}
	}
}

// TestPlainStoresWait: a store that is a single one waits for the lock like any other. Here somebody stands before every
// store of his transactions and holds it.
func TestPlainStoresWait(t *testing.T) {
	for _, kind := range []layout.Kind{layout.Int64, layout.String} {
		t.Run(kind.String(), func(t *testing.T) { plainStoresWait(t, &layout.Config{Key: kind, Value: kind}) })
	}
}

func plainStoresWait(t *testing.T, c *layout.Config) {
	live := &lock.Local{}
	first, err := segment.Heap(1<<20, segment.Options{Create: c, Live: live})
	if err != nil {
		t.Fatal(err)
	}
	second, err := segment.AttachHeap(first.Env.Region, segment.Options{Live: live, LockTimeout: time.Microsecond})
	if err != nil {
		t.Fatal(err)
	}
	holder, hasty := Attach(first), Attach(second)
	one, two := of(holder, 1), of(holder, 2)
	if err := rvStore(holder, one, one); err != nil {
		t.Fatal(err)
	}
	if _, _, ok, err := hasty.LoadDatum(one, nil); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, ok, err := hasty.LoadWord(1); c.Key == layout.Int64 && (!ok || err != nil) { // from now on it knows where the bucket is
		t.Fatal(ok, err)
	}
	points := 0
	first.Shards[0].SetPoint(func() {
		points++
		all := map[string]error{"Do": rvStore(hasty, one, two), "StoreDatum": hasty.StoreDatum(one, two)}
		if c.Key == layout.Int64 {
			_, all["AddWord"] = hasty.AddWord(1, 1)
			all["StoreWord"] = hasty.StoreWord(1, 3)
		}
		for name, err := range all {
			if !errors.Is(err, fault.ErrBusy) {
				t.Fatalf("store %d of the holder: %s: %v, want %v", points, name, err, fault.ErrBusy)
			}
		}
	})
	for i := range 3 {
		if err := rvStore(holder, of(holder, 10+i), Datum{}); err != nil {
			t.Fatal(err)
		}
	}
	b, w, ok, err := holder.LoadDatum(one, nil)
	if (Datum{W: w, S: string(b)}) != one || !ok || err != nil || points < 10 {
		t.Errorf("%q, %d, %v, %v, %d stores", b, w, ok, err, points)
	}
}

// TestRaceLoadsOfNewMap: a load, or a store, that is the first use of a map meets a chart without places. The race detector's
// checks of pointers would see one that is made of none.
func TestRaceLoadsOfNewMap(t *testing.T) {
	for _, kind := range []layout.Kind{layout.Int64, layout.String} {
		for i := range 50 {
			loaded := rvHeap(t, Options{Key: kind, Value: kind, Shards: 1})
			if _, _, ok, err := loaded.LoadDatum(of(loaded, i), nil); ok || err != nil {
				t.Fatal(ok, err)
			}
			if _, ok, err := loaded.LoadWord(uint64(i)); kind == layout.Int64 && (ok || err != nil) {
				t.Fatal(ok, err)
			}
			stored := rvHeap(t, Options{Key: kind, Value: kind, Shards: 1})
			if err := stored.StoreDatum(of(stored, i), of(stored, 1)); err != nil {
				t.Fatal(err)
			}
			if err := stored.StoreWord(uint64(i), 1); kind == layout.Int64 && err != nil {
				t.Fatal(err)
			}
		}
	}
}

//go:build explore

package explore

import (
	"math/rand/v2"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/table"
)

// sleeper calls wake before the word is loaded the next time.
type sleeper struct {
	through
	region *region.Region
	word   uint64
	wake   func()
}

// Load implements region.Watcher.
func (s *sleeper) Load(w *uint64) uint64 {
	if i, in := s.region.Index(w); in && i == s.word && s.wake != nil {
		wake := s.wake
		s.wake = nil
		region.Watch = nil
		wake()
		region.Watch = s
	}
	return *w
}

// life is a map of integers that is emptied, gives its memory back, and is filled again in one of two orders; the values of each
// life are its own.
type life struct {
	t      *testing.T
	m      *dict.Map
	now    uint64
	orders [2][]int
}

func (l *life) do(op dict.Op) {
	l.t.Helper()
	if err := l.m.Do(&op); err != nil {
		l.t.Fatal(err)
	}
}

func (l *life) value(key, order int) uint64 { return uint64(key*10 + order) }

func (l *life) live(order int) {
	s := &l.m.Segment().Shards[0]
	for _, k := range l.orders[order] {
		l.do(dict.Op{Code: dict.OpDelete, Key: num(k)})
	}
	for i := 0; s.Stat(layout.ShDirty+layout.VecMain) > 700; i++ {
		if i == 1000 {
			l.t.Fatalf("%d buckets have memory still", s.Stat(layout.ShDirty+layout.VecMain))
		}
		l.now += 10
		l.do(dict.Op{Key: num(-1), Val: num(0)})
		l.do(dict.Op{Code: dict.OpDelete, Key: num(-1)})
	}
	for _, k := range l.orders[order] {
		l.do(dict.Op{Key: num(k), Val: dict.Datum{W: l.value(k, order)}})
	}
}

func (l *life) find(key int) (pos table.Pos) {
	k := shard.ReadyKey(l.m.Segment().Env.Config, num(key))
	l.m.Segment().Shards[0].Table().Find(&k, &pos)
	return pos
}

// TestSleeper: a reader sleeps between key and value while the map gives its memory back, with the versions in it, and grows again, until
// the bucket has the version that the reader knows. What it returns is a value that the key has had.
func TestSleeper(t *testing.T) {
	const n = 6000
	l := &life{t: t, now: 1000}
	for i := range l.orders {
		l.orders[i] = rand.New(rand.NewPCG(uint64(i), 1)).Perm(n)
	}
	var err error
	l.m, err = dict.OnHeap(64<<20, dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Now: func() uint64 { return l.now }})
	if err != nil {
		t.Fatal(err)
	}
	l.live(0)
	l.live(0)
	at := make([]table.Pos, n)
	for k := range at {
		at[k] = l.find(k)
	}
	l.live(1)
	var met []int // keys that are in another slot of the same bucket, under the same version
	for k, was := range at {
		is := l.find(k)
		if !was.Over && !is.Over && was.Index > 800 && was.Main.Off == is.Main.Off && was.Head == is.Head && was.I != is.I && len(met) < 4 {
			met = append(met, k)
		}
	}
	tried := 0
	for _, k := range met {
		for _, way := range []struct {
			name string
			read func() (uint64, bool)
		}{
			{"load", func() (uint64, bool) {
				w, ok, err := l.m.LoadWord(uint64(k))
				return w, ok && err == nil
			}},
			{"load of many", func() (uint64, bool) {
				var val [1]uint64
				var found [1]bool
				_, err := l.m.LoadWords([]uint64{uint64(k)}, val[:], found[:])
				return val[0], found[0] && err == nil
			}},
		} {
			l.live(0)
			is := l.find(k)
			if is.Head != at[k].Head || is.I != at[k].I {
				continue
			}
			way.read() // so that the next one goes the shortest way
			tried++
			r := l.m.Segment().Env.Region
			s := &sleeper{region: r, word: is.B.Off/8 + 3 + 2*is.I, wake: func() { l.live(1) }}
			var got uint64
			var ok bool
			watched(s, func() { got, ok = way.read() })
			if s.wake != nil {
				t.Errorf("%s of %d: the value was not loaded", way.name, k)
			}
			if ok && got != l.value(k, 0) && got != l.value(k, 1) {
				t.Errorf("%s of %d: %d, which is no value that it has had", way.name, k, got)
			}
		}
	}
	if tried == 0 {
		t.Errorf("%d keys are in another slot under the same version, none of them twice: this shows nothing", len(met))
	}
	t.Logf("%d reads", tried)
}

package cases

import (
	"fmt"
	"strings"

	"github.com/VictoriaMetrics/fastcache"
	"github.com/coocood/freecache"

	"github.com/shmap-go/shmap"
)

// Strings of both kinds that a map tells apart: short ones lie in the slot of the entry, long ones elsewhere.
func short(i int) string { return fmt.Sprintf("%07x", i) }

// long strings have 50 to 100 bytes.
func long(i int) string { return fmt.Sprintf("%0*x", 50+i%51, i) }

// texts returns make(0) to make(n-1). Two calls give equal strings in different places, as a program has that stores a
// key and later reads the same key from somewhere: a built-in map is faster where it finds the very same string.
func texts(n int, make func(int) string) []string {
	out := []string{}
	for i := range n {
		out = append(out, make(i))
	}
	return out
}

// slicesOf returns the strings as byte slices, for the peers whose keys they are.
func slicesOf(texts []string) [][]byte {
	out := make([][]byte, len(texts))
	for i, t := range texts {
		out[i] = []byte(t)
	}
	return out
}

// A stringTrial holds n strings, each under itself as key, in every peer.
type stringTrial struct {
	m     *shmap.Map[string, string]
	rw    *rwLocked[string, string]
	free  *freecache.Cache
	fast  *fastcache.Cache
	order []string // the keys as they are asked for
	bytes [][]byte // the same
	last  string   // the last value read: that it is kept makes the copy of it a real one
	blob  []byte
}

func newStringTrial(n int, make func(int) string) *stringTrial {
	t := &stringTrial{
		m:     anonymous[string, string](shmap.Options{}),
		rw:    newRW[string, string](),
		free:  freecache.NewCache(16 << 20),
		fast:  fastcache.New(32 << 20),
		order: shuffled(texts(n, make)),
	}
	t.bytes = slicesOf(t.order)
	for _, k := range texts(n, make) {
		check(t.m.Store(k, k))
		t.rw.store(k, strings.Clone(k)) // a value has bytes of its own, as in the other maps: those of the key are in the cache
		check(t.free.Set([]byte(k), []byte(k), 0))
		t.fast.Set([]byte(k), []byte(k))
	}
	return t
}

// close ends the maps that are not on the heap.
func (t *stringTrial) close() {
	check(t.m.Close())
	t.fast.Reset()
}

// stringGets compares reads that return a copy of the value.
func stringGets(name string, n int, make func(int) string) func(*Session) error {
	return func(s *Session) error {
		t := newStringTrial(n, make)
		defer t.close()
		s.compare(name,
			over(s, "shmap", t.order, func(keys []string) (sum int64) {
				last := ""
				for _, k := range keys {
					last, _ = t.m.Load(k)
					sum += int64(len(last))
				}
				t.last = last
				return sum
			}),
			over(s, rwMap, t.order, func(keys []string) (sum int64) {
				last := ""
				for _, k := range keys {
					v, _ := t.rw.load(k)
					last = strings.Clone(v)
					sum += int64(len(last))
				}
				t.last = last
				return sum
			}),
			over(s, freeCache, t.bytes, func(keys [][]byte) (sum int64) {
				var last []byte
				for _, k := range keys {
					v, err := t.free.Get(k)
					check(err)
					last = v
					sum += int64(len(last))
				}
				t.blob = last
				return sum
			}))
		return nil
	}
}

// stringAppends compares reads into a buffer of the caller's.
func stringAppends(name string, n int, make func(int) string) func(*Session) error {
	return func(s *Session) error {
		t := newStringTrial(n, make)
		defer t.close()
		s.compare(name,
			over(s, "shmap", t.order, func(keys []string) (sum int64) {
				for _, k := range keys {
					t.blob, _ = t.m.AppendLoad(t.blob[:0], k)
					sum += int64(len(t.blob))
				}
				return sum
			}),
			over(s, fastCache, t.bytes, func(keys [][]byte) (sum int64) {
				for _, k := range keys {
					t.blob = t.fast.Get(t.blob[:0], k)
					sum += int64(len(t.blob))
				}
				return sum
			}))
		return nil
	}
}

// stringStores compares overwriting by a value of the same size, which is copied into the map.
func stringStores(name string, n int, make func(int) string) func(*Session) error {
	return func(s *Session) error {
		t := newStringTrial(n, make)
		defer t.close()
		s.compare(name,
			over(s, "shmap", t.order, func(keys []string) int64 {
				for _, k := range keys {
					check(t.m.Store(k, k))
				}
				return 0
			}),
			over(s, rwMap, t.order, func(keys []string) int64 {
				for _, k := range keys {
					t.rw.store(k, strings.Clone(k))
				}
				return 0
			}),
			over(s, freeCache, t.bytes, func(keys [][]byte) int64 {
				for _, k := range keys {
					check(t.free.Set(k, k, 0))
				}
				return 0
			}),
			over(s, fastCache, t.bytes, func(keys [][]byte) int64 {
				for _, k := range keys {
					t.fast.Set(k, k)
				}
				return 0
			}))
		return nil
	}
}

package dict

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// TestCountersOfStrings: stores, sums and loads by the shortest way are those of the general one, for keys in the slot and behind
// it, alone in their chain and in a long one.
func TestCountersOfStrings(t *testing.T) {
	for name, kind := range map[string]layout.Hash{"spread": layout.HashStrong, "in one chain": layout.HashConstant} {
		t.Run(name, func(t *testing.T) {
			m := rvHeap(t, Options{Key: layout.String, Value: layout.Int32, Shards: 2, Hash: kind})
			const keys = 30
			for round := range uint64(3) {
				for i := range uint64(keys) {
					key := Datum{S: strings.Repeat("k", int(i%5)*4) + fmt.Sprint(i)}
					if sum, err := m.AddDatum(key, i); sum != (2*round+1)*i || err != nil {
						t.Fatalf("%q: the sum is %d, error %v", key.S, sum, err)
					}
					if err := m.StoreDatum(key, Datum{W: (2*round + 2) * i}); err != nil {
						t.Fatal(err)
					}
					_, w, ok, err := m.LoadDatum(key, nil)
					if l, e := m.Load(key, nil, 0); w != (2*round+2)*i || !ok || err != nil || l.W != w || !l.Found || e != nil {
						t.Fatalf("%q: %d, %v, %v; the general way %+v, %v", key.S, w, ok, err, l, e)
					}
				}
			}
			if _, _, ok, err := m.LoadDatum(Datum{S: "a key that is nowhere"}, nil); ok || err != nil || m.Len() != keys {
				t.Errorf("found: %v, error %v; %d entries", ok, err, m.Len())
			}
			var wraps Datum
			for i := range keys { // of which few are in overflow buckets, if they are not in one chain
				wraps = Datum{S: fmt.Sprint("it wraps at the width of the value ", i)}
				if err := m.StoreDatum(wraps, Datum{W: 1<<32 - 1}); err != nil {
					t.Fatal(err)
				}
				for _, want := range []uint64{1, 3} {
					if sum, err := m.AddDatum(wraps, 2); sum != want || err != nil {
						t.Errorf("the sum is %d, want %d, error %v", sum, want, err)
					}
				}
			}
			if problems, err := m.Check(); len(problems) > 0 || err != nil {
				t.Error(problems, err)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			_, errAdd := m.AddDatum(wraps, 1)
			_, _, _, errLoad := m.LoadDatum(wraps, nil)
			for _, err := range []error{errAdd, errLoad, m.StoreDatum(wraps, Datum{})} {
				if !errors.Is(err, fault.ErrClosed) {
					t.Errorf("of a closed map: %v", err)
				}
			}
		})
	}
}

// TestShortTexts: strings of every size up to a few words, appended to buffers with much, little and no room, come whole, leave
// what is behind them in the buffer alone, and are not nil.
func TestShortTexts(t *testing.T) {
	for name, kinds := range map[string]Options{"of strings": {Key: layout.String, Value: layout.String}, "of integers": {Key: layout.Int16, Value: layout.String}} {
		t.Run(name, func(t *testing.T) {
			kinds.Shards = 1
			m := rvHeap(t, kinds)
			for n := range 40 {
				key, val := Datum{S: strings.Repeat("k", n)}, strings.Repeat("v", n)[n/2:]+"w"[:n&1]
				if kinds.Key != layout.String {
					key = Datum{W: uint64(n)}
				}
				for range 2 {
					if err := m.StoreDatum(key, Datum{S: val}); err != nil {
						t.Fatal(err)
					}
				}
				for room := range len(val) + 12 {
					buf := []byte("before|" + strings.Repeat("#", room))
					b, _, ok, err := m.LoadDatum(key, buf[:7])
					if string(b) != "before|"+val || !ok || err != nil {
						t.Fatalf("%d bytes into %d: %q, %v, %v", len(val), room, b, ok, err)
					}
					if rest := buf[7+min(len(val), room):]; room >= len(val) && strings.Trim(string(rest), "#") != "" {
						t.Fatalf("%d bytes into %d: behind them %q", len(val), room, rest)
					}
				}
				if b, _, ok, err := m.LoadDatum(key, nil); b == nil || string(b) != val || !ok || err != nil {
					t.Fatalf("%d bytes: %q, %v, %v", len(val), b, ok, err)
				}
			}
		})
	}
}

// TestSumsOfFullMap: a counter that there is no room for has no sum.
func TestSumsOfFullMap(t *testing.T) {
	for _, kind := range []layout.Kind{layout.String, layout.Int64} {
		m := rvHeap(t, Options{Key: kind, Value: layout.Int64, Shards: 1, MaxEntries: 1})
		add := func(i int) (uint64, error) {
			if kind == layout.Int64 {
				return m.AddWord(uint64(i), 7)
			}
			return m.AddDatum(of(m, i), 7)
		}
		if sum, err := add(1); sum != 7 || err != nil {
			t.Errorf("the first: %d, %v", sum, err)
		}
		if sum, err := add(2); sum != 0 || !errors.Is(err, fault.ErrFull) {
			t.Errorf("the second: %d, %v", sum, err)
		}
	}
}

package dict

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
)

// TestStringsStayInTheirBlocks: a string that is stored over another one, and fits its block, leaves all records and lists of slabs as they
// are, as long as it needs half of the block; what needs less moves.
func TestStringsStayInTheirBlocks(t *testing.T) {
	const keys = 4000
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 1})
	key := func(i int) Datum { return Datum{S: fmt.Sprintf("a key of some length %06d", i)} }
	store := func(i, n int, of string) {
		t.Helper()
		if err := m.StoreDatum(key(i), Datum{S: strings.Repeat(of, n)}); err != nil {
			t.Fatal(err)
		}
		if got, _, ok, err := m.LoadDatum(key(i), nil); string(got) != strings.Repeat(of, n) || !ok || err != nil {
			t.Fatalf("%d: %q, %v, %v", i, got, ok, err)
		}
	}
	s := &m.seg.Shards[0]
	taken := func() string {
		var words []uint64
		for class := range uint64(layout.Classes) {
			words = append(words, s.Stat(layout.ShClass+class), s.Stat(layout.ShClassCount+class))
		}
		return fmt.Sprint(words)
	}
	for i := range keys {
		store(i, 200, "v") // with the key and 16 bytes before it 243 of 256
	}
	before := taken()
	for i := range keys {
		store(i, 85+i%129, "w") // 128 to 256
		if after := taken(); after != before {
			t.Fatalf("%d: lists of slabs and counts of classes were\n%s and are\n%s", i, before, after)
		}
	}
	for _, n := range []int{84, 214} {
		store(0, n, "x")
		after := taken()
		if after == before {
			t.Errorf("a value of %d bytes stays in a block of 256, or goes to one", n)
		}
		before = after
	}
	for i := range keys { // each block goes by the class that it has, whatever the lengths say
		if err := m.Do(&Op{Code: OpDelete, Key: key(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for class := range uint64(layout.Classes) {
		if n := s.Stat(layout.ShClassCount + class); n != 0 {
			t.Errorf("class %d counts %#x after the last delete", class, n)
		}
	}
}

package dict

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
)

// TestStringsStayInTheirWords: a string that is stored again, of the same size, takes a block that one word of a slab's bitmap
// has to give: no record of a slab changes, and no list, however full the slabs are.
func TestStringsStayInTheirWords(t *testing.T) {
	const keys = 4000
	m := rvHeap(t, Options{Key: layout.String, Value: layout.String, Shards: 1})
	key := func(i int) Datum { return Datum{S: fmt.Sprintf("a key of some length %06d", i)} }
	for i := range keys {
		if err := rvStore(m, key(i), Datum{S: strings.Repeat("v", 60)}); err != nil {
			t.Fatal(err)
		}
	}
	s := &m.seg.Shards[0]
	taken := func() (words []uint64) {
		for class := range uint64(layout.Classes) {
			words = append(words, s.Stat(layout.ShClass+class), s.Stat(layout.ShClassCount+class))
		}
		return words
	}
	before := fmt.Sprint(taken())
	for i := range keys {
		if err := m.StoreDatum(key(i), Datum{S: strings.Repeat("w", 60)}); err != nil {
			t.Fatal(err)
		}
		if after := fmt.Sprint(taken()); after != before {
			t.Fatalf("%d: lists of slabs and counts of classes were\n%s and are\n%s", i, before, after)
		}
		if got, _, ok, err := m.LoadDatum(key(i), nil); string(got) != strings.Repeat("w", 60) || !ok || err != nil {
			t.Fatalf("%d: %q, %v, %v", i, got, ok, err)
		}
	}
}

package vector_test

import (
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/vector"
)

// TestForgedDirectory: a directory word that is no place for a level leads nowhere (V2). Words at an odd address would be
// a fault on arm64.
func TestForgedDirectory(t *testing.T) {
	r := region.Heap(1 << 20)
	if err := r.Allocate(0, 1<<20); err != nil {
		t.Fatal(err)
	}
	shard, _ := r.At(0, layout.Page)
	c := layout.Config{Key: layout.Int64, Value: layout.Int64}
	shape := c.Geometry().Vectors()[layout.VecMain]
	for base, want := range map[uint64]bool{
		layout.Page: true, 3 * layout.Page: true,
		0: false, 8: false, layout.Page + 1: false, layout.Page + 8: false,
		1 << 20: false, layout.MaxFile - layout.Page: false, layout.MaxFile: false, 1 << 62: false,
	} {
		var v vector.Vec
		v.Init(r, shard, layout.VecMain, shape)
		v.Place(0, base)
		for range 2 { // the second time it is known already
			if _, ok := v.At(1); ok != want {
				t.Errorf("level at %#x: found %v, want %v", base, ok, want)
			}
		}
	}
}

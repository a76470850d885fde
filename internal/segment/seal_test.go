package segment_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
)

// TestSealAndDisk: everything but the seal is written to the disk before the file is sealed, and the seal afterwards; when
// the next one attaches, that there is no seal any more is written before anything else changes.
func TestSealAndDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	c := &layout.Config{Key: layout.Int64, Value: layout.Int64, Seed: 1}
	var clean []bool // at each writing: the header says that the file is clean
	watch := func(r *region.Region) {
		header, _ := r.At(0, layout.Page)
		r.FailSync = func(uint64) error {
			clean = append(clean, header.Load(layout.HdrState)&layout.StateClean != 0)
			return nil
		}
	}
	for round := range 3 {
		clean = nil
		s, err := segment.Open(path, segment.Options{Create: c, Mode: 0o600, Prepare: watch})
		if err != nil {
			t.Fatal(err)
		}
		if len(clean) == 0 || slices.Contains(clean, true) {
			t.Errorf("round %d: when it was opened it was written while it was clean: %v", round, clean)
		}
		clean = nil
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(clean, []bool{false, true}) {
			t.Errorf("round %d: when it was closed it was written while it was clean: %v, want before and after", round, clean)
		}
	}
}

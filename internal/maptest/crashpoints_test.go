package maptest

import (
	"os"
	"runtime/debug"
	"sync/atomic"
	"testing"

	"github.com/shmap-go/shmap/internal/proof/record"
)

// long reports whether tests that can be longer should be: they try every combination then.
func long() bool { return os.Getenv("SHMAP_LONG") != "" }

// TestP01CrashPoints kills a writer at every store that its journal makes, in every operation and a few variants of map,
// and the repairer at a store that its repair makes (at every one with SHMAP_LONG set).
func TestP01CrashPoints(t *testing.T) {
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(600<<20) // many short-lived images
	var points, again, n atomic.Int64
	t.Cleanup(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
		record.Count(t, "P1", "scenarios", int(n.Load()))
		record.Count(t, "P1", "crash points", int(points.Load()))
		record.Count(t, "P1", "deaths of the repairer", int(again.Load()))
	})
	for _, spec := range variants() {
		t.Run(spec.String(), func(t *testing.T) {
			t.Parallel()
			for _, sc := range scenarios(spec) {
				c := crasher{sc: &sc, all: long()}
				if err := c.run(); err != nil {
					t.Errorf("%s, %v: %v", sc.name, &sc.step, err)
				}
				points.Add(int64(c.points))
				again.Add(int64(c.again))
				n.Add(1)
			}
		})
	}
}

// TestPlantedJournalOff shows that TestP01CrashPoints fails where it should: with repairs that undo nothing.
func TestPlantedJournalOff(t *testing.T) {
	t.Parallel()
	caught, able := 0, 0
	for _, sc := range scenarios(variants()[0]) {
		c := crasher{sc: &sc, fault: true}
		err := c.run()
		if c.undone > 0 {
			able++
		}
		if err != nil {
			caught++
		}
	}
	t.Logf("caught in %d of %d scenarios", caught, able)
	if caught < able*9/10 {
		t.Errorf("repairs undo nothing, and only %d of %d scenarios notice", caught, able)
	}
}

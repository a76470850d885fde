package check_test

import (
	"testing"

	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/vector"
)

func TestDamagedFrameIsFound(t *testing.T) {
	const main, over = layout.VecMain, layout.VecOver
	found(t, cached(t), []damage{
		{"header", func(m *memory) { m.raise(8*layout.HdrSeed, 1) }, "header checksum"},
		{"state", func(m *memory) { m.or(8*layout.HdrState, 1<<40) }, "unknown bits"},
		{"frozen", func(m *memory) { m.or(8*layout.HdrState, layout.StateFrozen) }, "frozen without freezing"},
		{"clean", func(m *memory) { m.or(8*layout.HdrState, layout.StateClean) }, "this handle is"},
		{"space lock", func(m *memory) { m.store(8*layout.HdrSpaceLock, 0xffff) }, "space lock"},
		{"lock", func(m *memory) { m.set(1, layout.ShLock, 0x1234_0001_0002) }, "shard 1: lock"},
		{"journal active", func(m *memory) { m.set(0, layout.ShJournal, journal.Head(9, journal.Active, 0)) }, "not idle"},
		{"journal of a frozen map", func(m *memory) {
			m.or(8*layout.HdrState, layout.StateFreezing|layout.StateFrozen)
			m.set(0, layout.ShJournal, journal.Head(9, journal.Committed, 0))
		}, "closed or frozen"},
		{"journal phase", func(m *memory) { m.set(0, layout.ShJournal, journal.Head(9, 77, 0)) }, "no known phase"},
		{"journal entries", func(m *memory) { m.set(0, layout.ShJournal, journal.Head(9, journal.Idle, 3)) }, "idle with entries"},
		{"journal length", func(m *memory) { m.set(0, layout.ShJournal, journal.Head(9, journal.Active, 1<<20)) }, "more entries than"},
		{"no buckets", func(m *memory) { m.set(0, layout.ShLevel, 0) }, "level word"},
		{"many buckets", func(m *memory) { m.set(0, layout.ShLevel, 1<<31) }, "level word"},
		{"unbacked buckets", func(m *memory) { m.set(0, layout.ShLevel, 1<<20) }, "main buckets backed"},
		{"unbacked overflow buckets", func(m *memory) { m.set(0, layout.ShOverBump, 1<<20) }, "overflow buckets backed"},
		{"dirty", func(m *memory) { m.set(0, layout.ShDirty+main, 1) }, "only 1 may have memory"},
		{"dirty too far", func(m *memory) { m.set(0, layout.ShDirty+over, 1<<30) }, "but the levels end at"},
		{"backed too far", func(m *memory) { m.set(0, layout.ShBacked+over, 1<<30) }, "not all inside the file"},
		{"directory alignment", func(m *memory) { m.add(0, vector.DirWord(main, 0), 8) }, "no place for it"},
		{"directory in the header", func(m *memory) { m.set(0, vector.DirWord(main, 0), 4096) }, "no place for it"},
		{"directory past the end", func(m *memory) { m.set(0, vector.DirWord(main, 0), 1<<40) }, "not all inside the file"},
		{"directory gap", func(m *memory) { m.set(0, vector.DirWord(over, 9), m.header(0, vector.DirWord(over, 0))) }, "is placed, level"},
		{"directory overlap", func(m *memory) { m.set(0, vector.DirWord(main, 0), m.header(1, vector.DirWord(main, 0))) }, "overlaps level 0"},
		{"entry lease", func(m *memory) { m.set(0, layout.ShLease, 1) }, "entry lease"},
		{"entry leases", func(m *memory) { m.set(0, layout.ShLease, 399) }, "entry leases"},
		{"entry leases that wrap", func(m *memory) { m.set(0, layout.ShLease, ^uint64(0)) }, "entry leases"},
	})
}

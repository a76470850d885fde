package dict

import (
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/table"
)

// TestReadersAskTwice: what a search found does not count once the level word has changed, though the bucket has not, and not
// once the bucket has, though the level word has not (table T2). Sampling hardly ever meets the first of these.
func TestReadersAskTwice(t *testing.T) {
	m, err := OnHeap(1<<20, Options{Key: layout.Int64, Value: layout.Int64, Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	s := &m.seg.Shards[0]
	levels, versions := 0, 0
	for i := range uint64(400) {
		key := shard.ReadyKey(m.seg.Env.Config, Datum{W: i / 2})
		var pos table.Pos
		if s.Table().Find(&key, &pos) == table.Torn || !s.Table().Valid(&pos) {
			t.Fatalf("key %d: a search that nobody disturbed does not count", i/2)
		}
		if err := m.Do(&Op{Key: Datum{W: i}, Val: Datum{W: i}}); err != nil {
			t.Fatal(err)
		}
		level := s.Stat(layout.ShLevel) != pos.Level
		version := pos.Main.Load(layout.BkHead) != pos.Head
		if s.Table().Valid(&pos) == (level || version) {
			t.Fatalf("store %d: level word changed %v, version changed %v, and the search counts: %v", i, level, version, s.Table().Valid(&pos))
		}
		if level && !version {
			levels++
		}
		if version && !level {
			versions++
		}
	}
	if levels == 0 || versions == 0 {
		t.Errorf("%d times only the level word changed, %d times only the version: this shows nothing", levels, versions)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

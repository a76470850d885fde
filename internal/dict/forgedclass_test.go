package dict

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// TestForgedClassAtTheEndOfTheFile: lengths that claim a block of more bytes than there are behind it, in the last chunk of the file, do
// not lead the blobs that move out of sparse slabs past the end, which would be a SIGBUS.
func TestForgedClassAtTheEndOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	o := Options{Key: layout.Int64, Value: layout.String, Shards: 1}
	m, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Reserve(40_000); err != nil { // so that nothing else is put at the end
		t.Fatal(err)
	}
	blocks, first := layout.Slab(0)
	entries := 8 * blocks
	for i := range entries {
		if err := rvStore(m, Datum{W: i}, Datum{S: "12345678"}); err != nil {
			t.Fatal(err)
		}
	}
	// The level of chunks 4 to 7 is moved to the end of the file, as in a file from elsewhere.
	const chunks = 4
	shape := m.seg.Env.Config.Geometry().Vectors()[layout.VecChunk]
	l, _ := shape.Locate(chunks)
	dir := layout.ShDir + layout.VecChunk*layout.Levels + uint64(l)
	h := rvHeader(m, 0)
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := (uint64(len(image)) + layout.ChunkSize - 1) &^ (layout.ChunkSize - 1)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(image[h.Load(dir):][:chunks*layout.ChunkSize], int64(end)); err != nil {
		t.Fatal(err)
	}
	h.Store(dir, end)
	if m, err = Open(path, o); err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p, ok := m.seg.Env.Region.At(end+(chunks-1)*layout.ChunkSize, layout.ChunkSize)
	if !ok {
		t.Fatal("the last chunk is not in the file")
	}
	last := first + (blocks-1)*layout.ClassSize(0)
	forged := layout.Lens(0, 8) | 15<<60
	p.Store(last/8, forged)
	errs := 0
	for n := range entries {
		k := table.WordKey(m.seg.Env.Config, entries-1-n)
		var pos table.Pos
		if m.seg.Shards[0].Table().Find(&k, &pos) == table.Found && layout.BlobAddr(pos.Val) == 7<<layout.LgChunk+last {
			continue // the one that the forged lengths are of
		}
		if err := m.Do(&Op{Code: OpDelete, Key: Datum{W: entries - 1 - n}}); err != nil {
			errs++
		}
	}
	t.Logf("%d entries, %d of them could not be deleted", entries, errs)
	if p.Load(last/8) != forged {
		t.Error("the forged block was given away")
	}
}

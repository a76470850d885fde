package check

import (
	"math/bits"

	"github.com/shmap-go/shmap/internal/layout"
)

// chunks is what the walk finds about string storage.
type chunks struct {
	place   []uint8             // by chunk below the bump
	holes   map[uint64]struct{} // chunks in the list of holes, those past the bump included
	refs    []*[maxBlocks / 64]uint64
	partial []bool // slabs in the list of their class
}

// maxBlocks is more than the blocks of any slab.
const maxBlocks = layout.ChunkSize / 32

// Places of chunks below the bump. 0 is nowhere.
const (
	ofLarge = iota + 1
	ofFree
	ofHoles
	ofSlabs
)

func (c *chunks) init(bump uint64) {
	c.place, c.refs, c.partial = make([]uint8, bump), make([]*[maxBlocks / 64]uint64, bump), make([]bool, bump)
	c.holes = map[uint64]struct{}{}
}

// put notes where a chunk is; false if it is somewhere already (A1, K2).
func (c *chunks) put(chunk uint64, place uint8) bool {
	ok := c.place[chunk] == nowhere
	c.place[chunk] = place
	return ok
}

// refer notes that an entry has a block; false if another one has it.
func (c *chunks) refer(chunk, i uint64) bool {
	if c.refs[chunk] == nil {
		c.refs[chunk] = new([maxBlocks / 64]uint64)
	}
	word, bit := &c.refs[chunk][i/64], uint64(1)<<(i%64)
	ok := *word&bit == 0
	*word |= bit
	return ok
}

func slab(class uint64) (blocks, first uint64) { return layout.Slab(int(class)) }

func (w *walker) state(chunk uint64) uint64 {
	return w.load(w.elem(layout.VecMeta, chunk), layout.MetaState)
}

// walkChunks checks lists and slabs, and that every chunk below the bump is in one place (A1). tables says that the
// entries have been walked, so that what they do not refer to is a leak.
func (w *walker) walkChunks(tables bool) {
	if w.hurry() {
		return
	}
	if !tables {
		w.chunks.init(w.head[layout.ShChunkBump])
	}
	w.walkFree()
	w.walkHoles()
	for class := range uint64(layout.Classes) {
		w.walkPartial(class)
	}
	var slabs, live [layout.Classes]uint64
	for c := range uint64(len(w.chunks.place)) {
		state := w.state(c)
		if class := layout.MetaClass(state); layout.MetaKind(state) == layout.ChunkSlab && class < layout.Classes {
			slabs[class]++
			live[class] += layout.MetaLive(state)
			w.walkSlab(c, state, tables)
		} else if w.chunks.place[c] == nowhere && (tables || layout.MetaKind(state) != layout.ChunkLoose) {
			w.badChunk(c, "state %#x, in no list and in no blob (A1)", state)
		}
	}
	for class := range uint64(layout.Classes) {
		if count := w.head[layout.ShClassCount+class]; count != layout.Pair(slabs[class], live[class]) {
			w.bad("slabs of a class", layout.ShClassCount+class,
				"class %d counts %d slabs and %d live blocks, found %d and %d", class, layout.Lo(count), layout.Hi(count), slabs[class], live[class])
		}
	}
	w.byteLease()
}

func (w *walker) badChunk(c uint64, format string, args ...any) {
	args = append([]any{c}, args...)
	w.wrong(w.elem(layout.VecMeta, c).Off, "chunk", "%d: "+format, args...)
}

// walkSlab checks the bitmap of one slab against its record and against what the entries refer to (A2, P12).
func (w *walker) walkSlab(c, state uint64, tables bool) {
	class, live := layout.MetaClass(state), layout.MetaLive(state)
	blocks, _ := slab(class)
	if state != layout.MetaWord(layout.ChunkSlab, class, live) {
		w.badChunk(c, "state %#x has unknown bits", state)
	}
	if !w.chunks.put(c, ofSlabs) {
		w.badChunk(c, "is a slab of class %d, and elsewhere as well (A1)", class)
	}
	if w.chunks.partial[c] != (live < blocks) {
		w.badChunk(c, "slab with %d live blocks of %d: in the list of partly filled ones: %v", live, blocks, w.chunks.partial[c])
	}
	bitmap, refs := w.elem(layout.VecChunk, c), w.chunks.refs[c]
	found, leaked, freed := uint64(0), 0, 0
	for i := range (blocks + 63) / 64 {
		word, ref := w.load(bitmap, i), uint64(0)
		if rest := blocks - i*64; rest < 64 && word>>rest != 0 {
			w.badChunk(c, "bitmap word %d is %#x: there are %d blocks", i, word, blocks)
		}
		if refs != nil {
			ref = refs[i]
		}
		found += uint64(bits.OnesCount64(word))
		leaked += bits.OnesCount64(word &^ ref)
		freed += bits.OnesCount64(ref &^ word)
	}
	if found != live || live == 0 {
		w.badChunk(c, "slab notes %d live blocks, its bitmap has %d (A2)", live, found)
	}
	if tables && leaked != 0 {
		w.badChunk(c, "%d live blocks of class %d belong to no entry: a leak (A2)", leaked, class)
	}
	if freed != 0 {
		w.badChunk(c, "%d blocks of class %d belong to an entry but are free (A2)", freed, class)
	}
}

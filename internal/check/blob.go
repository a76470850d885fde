package check

import (
	"encoding/binary"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// blob is a blob as the walk finds it.
type blob struct {
	ref            uint64 // string word that leads to it
	keyLen, valLen uint64
	hash           uint64
	shape          layout.Shape
	block          region.Span // the chunk its block is in
	at             uint64      // offset of the block there
	first          uint64      // first chunk of a large one, index + 1
}

// blob finds and checks the blob that word ref of a slot refers to, and notes that its memory is in use.
func (w *walker) blob(s *slot, ref uint64) (b blob, ok bool) {
	b.ref = ref
	chunk := layout.BlobAddr(ref) >> layout.LgChunk
	b.at = layout.BlobAddr(ref) & (layout.ChunkSize - 1)
	if chunk >= uint64(len(w.chunks.place)) {
		w.badSlot(s, "refers to chunk %d of %d", chunk, len(w.chunks.place))
		return b, false
	}
	state := w.state(chunk)
	kind, class := layout.MetaKind(state), layout.MetaClass(state)
	if kind != layout.ChunkSlab || class >= layout.Classes {
		w.badSlot(s, "refers to chunk %d, which is no slab: state %#x", chunk, state)
		return b, false
	}
	blocks, first := slab(class)
	i := (b.at - first) / layout.ClassSize(int(class))
	if b.at < first || i >= blocks || b.at != first+i*layout.ClassSize(int(class)) {
		w.badSlot(s, "refers to offset %#x of chunk %d, which is no block of class %d (A3)", b.at, chunk, class)
		return b, false
	}
	if !w.chunks.refer(chunk, i) {
		w.badSlot(s, "refers to block %d of chunk %d, which another entry has", i, chunk)
		return b, false
	}
	b.block = w.elem(layout.VecChunk, chunk)
	lens := w.load(b.block, b.at/8+layout.BlobLens)
	b.keyLen, b.valLen, b.hash = layout.KeyLen(lens), layout.ValLen(lens), w.load(b.block, b.at/8+layout.BlobHash)
	b.shape = layout.ShapeOf(b.keyLen + b.valLen)
	want, ok := layout.Lens(b.keyLen, b.valLen), uint64(b.shape.Class) == class
	if b.shape.Chunks == 0 {
		want, ok = layout.LensIn(int(class), b.keyLen, b.valLen)
	}
	if !ok || lens != want {
		w.badSlot(s, "refers to a blob with lengths %#x in a block of class %d", lens, class)
		return b, false
	}
	return b, b.shape.Chunks == 0 || w.chain(s, &b)
}

// chain checks the chunks of a large blob. They are linked both ways, as they will be in the free list.
func (w *walker) chain(s *slot, b *blob) bool {
	word := w.load(b.block, b.at/8+layout.BlobChain)
	if layout.Hi(word) != b.shape.Chunks {
		w.badSlot(s, "large blob notes %d chunks, its lengths need %d", layout.Hi(word), b.shape.Chunks)
		return false
	}
	b.first = layout.Lo(word)
	prev, next := uint64(0), b.first
	for n := range b.shape.Chunks {
		if next == 0 || next > uint64(len(w.chunks.place)) {
			w.badSlot(s, "chain of a large blob: chunk %d of %d is %d", n, b.shape.Chunks, int64(next)-1)
			return false
		}
		c := next - 1
		if state := w.state(c); state != layout.MetaWord(layout.ChunkLoose, 0, 0) {
			w.badSlot(s, "chain of a large blob: state %#x of chunk %d is not loose", state, c)
			return false
		}
		if !w.chunks.put(c, ofLarge) {
			w.badSlot(s, "chain of a large blob: chunk %d is in a chain already (A1)", c)
			return false
		}
		links := w.load(w.elem(layout.VecMeta, c), layout.MetaLinks)
		if layout.Lo(links) != prev {
			w.badSlot(s, "chain of a large blob: chunk %d follows %d, found after %d", c, int64(layout.Lo(links))-1, int64(prev)-1)
		}
		prev, next = next, layout.Hi(links)
	}
	if next != 0 {
		w.badSlot(s, "chain of a large blob: chunk %d behind its last", next-1)
	}
	return next == 0
}

// keyOf appends the key in a checked blob to dst. That of a small one may be written over by now, for an entry that comes to a full
// cache: it is read through the journal. Nobody changes the bytes of a large one that is live.
func (w *walker) keyOf(b *blob, dst []byte) []byte {
	if b.shape.Chunks == 0 {
		from, old := b.at+b.shape.Head, len(dst)
		for i := from / 8; 8*i < from+b.keyLen; i++ {
			dst = binary.LittleEndian.AppendUint64(dst, w.load(b.block, i))
		}
		return dst[:old+int(b.keyLen)]
	}
	left, next := b.keyLen, b.first
	piece := func(s region.Span, off, n uint64) {
		old := len(dst)
		dst = append(dst, make([]byte, n)...)
		s.CopyOut(dst[old:], off)
		left -= n
	}
	for range b.shape.Chunks {
		piece(w.elem(layout.VecChunk, next-1), 0, min(left, layout.ChunkSize))
		next = layout.Hi(w.load(w.elem(layout.VecMeta, next-1), layout.MetaLinks))
	}
	piece(b.block, b.at+b.shape.Head, left)
	return dst
}

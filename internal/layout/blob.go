package layout

import (
	"encoding/binary"
	"slices"
)

// A string word: what a slot holds for a key or value of kind String.
//
//	top byte 0..7     the string itself: its length is the top byte, its bytes are the low bytes
//	top nibble 0xF    the string is in the entry's blob: bits 0..35 its address in 16-byte units of the chunk vector,
//	                  bits 36..51 sixteen bits of the key's hash
//
// A blob:
//
//	word 0   key length in bits 0..29, value length in bits 30..59; 0 for a part that is in the slot. Bits 60..63: by how many size
//	         classes its block is larger than it would have to be, for a value that was stored over a longer one
//	word 1   hash of the key
//	word 2   only if the bytes do not fit a block: first chunk in the low 32 bits (index + 1), chunks in the high 32
//	bytes    key, value; of a large blob the first chunks*64 KiB are in the chunks, the rest here
//
// A slab is a chunk cut into blocks of one size class: a bitmap of live blocks, a bit a block, then the blocks.

// Words and sizes of blobs.
const (
	MaxInline  = 7
	BlobLens   = 0
	BlobHash   = 1
	BlobChain  = 2
	BlobHead   = 16 // bytes before the data of a small blob
	LargeHead  = 24 // and of a large one
	BlobUnit   = 16
	lgBlobUnit = 4
	blobMark   = uint64(0xF) << 60
	lenMask    = 1<<30 - 1
)

// Inline packs a string of up to MaxInline bytes into a string word.
func Inline(s string) uint64 {
	n := len(s)
	w := uint64(n) << 56
	switch {
	case n >= 4: // two halves that overlap
		return w | uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			(uint64(s[n-4])|uint64(s[n-3])<<8|uint64(s[n-2])<<16|uint64(s[n-1])<<24)<<(8*(n-4))
	case n > 0:
		return w | uint64(s[0]) | uint64(s[n/2])<<(8*(n/2)) | uint64(s[n-1])<<(8*(n-1))
	}
	return w
}

// AppendInline appends the string in an inline word to dst; of one that is garbage, some bytes.
func AppendInline(dst []byte, w uint64) []byte {
	old, n := len(dst), int(w>>56&MaxInline)
	if cap(dst) == 0 {
		dst = make([]byte, n)
	} else {
		dst = slices.Grow(dst, n)[:old+n]
	}
	switch b := dst[old:]; {
	case n >= 4: // two halves that overlap
		binary.LittleEndian.PutUint32(b, uint32(w))
		binary.LittleEndian.PutUint32(b[n-4:], uint32(w>>(8*(n-4)&63)))
	case n > 0:
		b[0], b[n/2], b[n-1] = byte(w), byte(w>>(8*(n/2)&63)), byte(w>>(8*(n-1)&63))
	}
	return dst
}

// BlobWord is the string word for a blob at byte address addr of the chunk vector.
func BlobWord(addr, hash uint64) uint64 { return blobMark | addr>>lgBlobUnit | hash>>48<<36 }

// SameBut reports whether w is a blob's word that differs from such a one in nothing but the address.
func SameBut(w, blob uint64) bool { return (w^blob)>>36 == 0 }

// IsBlob reports whether a string word refers to a blob.
func IsBlob(w uint64) bool { return w&blobMark == blobMark }

// BlobAddr is the byte address in the chunk vector that a string word refers to.
func BlobAddr(w uint64) uint64 { return w & (1<<36 - 1) << lgBlobUnit }

// BlobTag is the part of a string word that tells blobs of different keys apart without looking at them.
func BlobTag(w uint64) uint64 { return w >> 36 & 0xffff }

// InlineLen is the length of the string in an inline word; more than MaxInline means that the word is garbage.
func InlineLen(w uint64) uint64 { return w >> 56 }

// Lens packs the lengths of a blob in a block of the class it has to be.
func Lens(key, val uint64) uint64 { return key | val<<30 }

// LensIn is Lens for a small blob in a block of a class; false if that is not for it: too small, or more than twice what it needs.
func LensIn(class int, key, val uint64) (lens uint64, ok bool) {
	end := BlobHead + key + val
	size := ClassSize(class)
	if end > size || 2*end < size {
		return 0, false
	}
	return Lens(key, val) | uint64(class-ClassOf(end))<<60, true
}

// BlockClass is the size class of a blob's block. Of lengths that are garbage it is some class.
func BlockClass(lens uint64) int {
	n := KeyLen(lens) + ValLen(lens)
	if n+BlobHead > MaxBlock {
		return ShapeOf(n).Class
	}
	return min(ClassOf(n+BlobHead)+int(lens>>60), Classes-1)
}

// KeyLen and ValLen take a blob's lengths apart.
func KeyLen(w uint64) uint64 { return w & lenMask }

// ValLen is the value length of a blob.
func ValLen(w uint64) uint64 { return w >> 30 & lenMask }

// Shape is how a blob of n data bytes is stored.
type Shape struct {
	Class  int    // size class of its block
	Chunks uint64 // whole chunks before the rest in the block
	Head   uint64 // bytes of the block before its data
}

// ShapeOf returns the shape of a blob with n bytes of data.
func ShapeOf(n uint64) Shape {
	if n+BlobHead <= MaxBlock {
		return Shape{Class: ClassOf(n + BlobHead), Head: BlobHead}
	}
	chunks, rest := n>>LgChunk, n&(ChunkSize-1)
	if rest+LargeHead > MaxBlock {
		chunks, rest = chunks+1, 0
	}
	return Shape{Class: ClassOf(rest + LargeHead), Chunks: chunks, Head: LargeHead}
}

// Classes is the number of size classes.
const Classes = 37

// MaxBlock is the size of the largest class.
const MaxBlock = 32736

// classSizes are the block sizes: multiples of 16 up to 128, four to a doubling up to 8 KiB, then what fits 7, 6, 5, 4,
// 3 and 2 times into a chunk.
var classSizes = [Classes]uint64{
	32, 48, 64, 80, 96, 112, 128,
	160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048,
	2560, 3072, 3584, 4096, 5120, 6144, 7168, 8160,
	9344, 10912, 13088, 16368, 21824, MaxBlock,
}

// ClassSize is the block size of a class in bytes.
func ClassSize(class int) uint64 { return classSizes[class] }

// ClassOf is the smallest class whose blocks hold n bytes, n <= MaxBlock.
func ClassOf(n uint64) int {
	if n <= BlobUnit*uint64(len(smallClass)-1) {
		return int(smallClass[(n+BlobUnit-1)/BlobUnit])
	}
	return searchClass(n)
}

// smallClass are the classes for up to so many BlobUnits.
var smallClass = func() (t [65]uint8) {
	for i := range t {
		t[i] = uint8(searchClass(uint64(i) * BlobUnit))
	}
	return t
}()

func searchClass(n uint64) int {
	lo, hi := 0, Classes-1
	for lo < hi {
		if mid := (lo + hi) / 2; classSizes[mid] >= n {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// Slab returns the number of blocks in a slab of a class, and the offset of the first.
func Slab(class int) (blocks, first uint64) { return slabs[class].blocks, slabs[class].first }

var slabs = func() (t [Classes]struct{ blocks, first uint64 }) {
	for class := range t {
		t[class].blocks, t[class].first = cut(class)
	}
	return t
}()

// cut works out what Slab returns.
func cut(class int) (blocks, first uint64) {
	size := classSizes[class]
	blocks = ChunkSize / size
	for {
		first = ((blocks+63)/64*8 + 31) &^ 31
		if first+blocks*size <= ChunkSize {
			return blocks, first
		}
		blocks--
	}
}

// A chunk's record, in the vector VecMeta:
//
//	word 0   kind in bits 0..7, class in bits 8..15, live blocks in bits 16..31, MetaHole
//	word 1   neighbours in the list the chunk is in, index + 1: previous in the low 32 bits, next in the high 32

// Words of a chunk's record.
const (
	MetaState = 0
	MetaLinks = 1
)

// Kinds of chunks.
const (
	ChunkLoose = 0 // in the list of free chunks, in the chain of a large blob, or past ShChunkBump
	ChunkSlab  = 1
	ChunkHoled = 2 // free and without memory
)

// MetaHole says that a chunk has no memory behind it. It outlives a clear of the shard.
const MetaHole = 1 << 32

// MetaWord packs a chunk's state.
func MetaWord(kind, class, live uint64) uint64 { return kind | class<<8 | live<<16 }

// MetaKind is the kind of a chunk.
func MetaKind(w uint64) uint64 { return w & 0xff }

// MetaClass is the class of a slab.
func MetaClass(w uint64) uint64 { return w >> 8 & 0xff }

// MetaLive is the number of live blocks of a slab.
func MetaLive(w uint64) uint64 { return w >> 16 & 0xffff }

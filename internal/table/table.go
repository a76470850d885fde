// Package table is a shard's hash table: linear hashing (Witold Litwin, "Linear hashing: a new tool for file and table
// addressing", VLDB 1980) over buckets with tags, versions and overflow chains. It knows slots and chains and how both
// move; it must not know operations, limits or time (but Quick, which is all of the shortest load, asks what time it is).
//
//	level word    buckets n in the low 32 bits, epoch in the high 32. With 2^k <= n < 2^(k+1) a hash leads to bucket
//	              hash mod 2^(k+1) if that is below n, else to hash mod 2^k.
//	split         bucket n - 2^k gives what belongs there to the new bucket n
//	merge         bucket n-1 gives all it has to bucket n-1 - 2^k', where 2^k' <= n-1
//
// A split or merge is one transaction: both chains are odd until its commit.
//
// Invariants:
//
//	T1  An entry is in the chain of the one bucket its hash leads to, in a slot whose tag is its hash's tag.
//	T2  The version of a main bucket covers its whole chain, the strings behind it, and the deadlines. Whoever read
//	    under an even version, and then found first the level word and then the version unchanged, read one state.
//	    The level word is asked first: asked last, a split and a merge could fall between the two questions, and the
//	    entry looked for could have been in the other bucket all the time.
//	    The version alone would not do, not for an integer in its slot either: memory that is given back forgets its versions, and
//	    a bucket that is taken again there may come to the one that somebody has noted who slept meanwhile.
//	T3  Buckets outside the table (at or past n, overflow buckets in no chain) hold garbage; whoever takes one into the
//	    table makes it empty first.
//	T4  A chain has no more overflow buckets than the shard uses, and each has an entry.
package table

import (
	"math/bits"
	"sync/atomic"

	"github.com/shmap-go/shmap/internal/alloc"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/hash"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/recency"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/vector"
)

// Table is the table of one shard as one handle sees it.
type Table struct {
	Geo     layout.Geometry
	Config  *layout.Config
	Region  *region.Region
	Shard   region.Span
	Log     *journal.Journal
	Heap    *alloc.Heap
	Recency recency.Policy
	Main    *vector.Vec
	Over    *vector.Vec
	timed   bool // entries have deadlines or are in the recency list

	chart atomic.Pointer[chart]  // of a Quick that has this table; nil: of none
	share *atomic.Pointer[chart] // where the Quick has it
}

// Init makes ready what is derived from the other fields.
func (t *Table) Init() {
	t.timed = t.Geo.Deadline|t.Geo.Recency != 0
}

// Key is a key made ready for looking up. It is small enough to stay in registers.
type Key struct {
	Hash uint64
	Word uint64 // what the slot holds for it; for a blob all but the address
	Str  string // the string, if it is in a blob; such a one is not empty
}

// Blob reports whether the slot refers to the key, rather than holds it.
func (k *Key) Blob() bool { return k.Str != "" }

// Ready makes a key ready: the string s where keys are strings, else the integer w.
func Ready(c *layout.Config, w uint64, s string) Key {
	if c.Key == layout.String {
		return StringKey(c, s)
	}
	return WordKey(c, w)
}

// StringKey makes a string ready.
func StringKey(c *layout.Config, s string) Key {
	if len(s) <= layout.MaxInline {
		return WordKey(c, layout.Inline(s))
	}
	h := hash.String(c.Hash, c.Seed, s)
	return Key{Hash: h, Word: layout.BlobWord(0, h), Str: s}
}

// WordKey makes an integer ready, or a string that fits the slot.
func WordKey(c *layout.Config, w uint64) Key {
	return Key{Hash: hash.Word(c.Hash, c.Seed, w), Word: w}
}

// Tag is the tag of a hash: a byte that is not 0.
func Tag(h uint64) uint64 { return max(h>>40&0xff, 1) }

const (
	ones  = 0x0001010101010101
	lows  = 0x007f7f7f7f7f7f7f
	highs = 0x0080808080808080
)

// lanesUsed marks the high bit of each of the seven low bytes that is not 0. It is exact: no carry leaves a byte.
func lanesUsed(tags uint64) uint64 { return ((tags&lows + lows) | tags) & highs }

// used marks the slots of a bucket that hold entries.
func (t *Table) used(tags uint64) uint64 { return lanesUsed(tags) & t.Geo.Lanes }

// lanesEqual marks the high bit of each of the seven low bytes of tags that equals tag. It must be exact: the slot
// behind a byte marked by mistake may be empty and still hold the key that was looked for.
func lanesEqual(tags, tag uint64) uint64 { return lanesUsed(tags^tag*ones) ^ highs }

// lane is the number of the lowest marked byte.
func lane(marks uint64) uint64 { return uint64(bits.TrailingZeros64(marks)) >> 3 }

// Buckets is the number of main buckets in a level word.
func Buckets(level uint64) uint64 { return layout.Lo(level) }

// IndexOf is the bucket that a hash leads to.
func IndexOf(level, h uint64) uint64 {
	n := Buckets(level)
	mask := uint64(1)<<bits.Len64(n) - 1
	i := h & mask
	past := uint64(int64(n-1-i) >> 63) // all ones if i is at or past n: a branch here would be mispredicted half the time
	return i & (mask>>1 | ^past)
}

// Slot reads the key and value words of slot i of the bucket at p.
func (t *Table) Slot(p region.Ptr, i uint64) (key, val uint64) {
	if t.Geo.SlotSize == 16 {
		return p.Load(2 + 2*i), p.Load(3 + 2*i)
	}
	return t.narrowSlot(p, i)
}

// narrowSlot is Slot for slots of less than 16 bytes.
func (t *Table) narrowSlot(p region.Ptr, i uint64) (key, val uint64) {
	if t.Geo.SlotSize == 8 {
		w := p.Load(2 + i)
		return layout.Lo(w), layout.Hi(w)
	}
	w := p.Load(2+i/2) >> (i & 1 * 32)
	return w & 0xffff, w >> 16 & 0xffff
}

// slotWord says which word of the bucket, from which bit, the narrow slot i takes, and its width.
func (t *Table) slotWord(i uint64) (word, shift, width uint64) {
	if t.Geo.SlotSize == 8 {
		return 2 + i, 0, 64
	}
	return 2 + i/2, i & 1 * 32, 32
}

// narrow is the content of the word that holds narrow slot i of b after key and val are stored there.
func (t *Table) narrow(b region.Ptr, i, key, val uint64) (word, content uint64) {
	word, shift, width := t.slotWord(i)
	mask := (uint64(1)<<width - 1) << shift
	if width == 64 {
		return word, layout.Pair(key, val)
	}
	return word, b.Load(word)&^mask | (key|val<<16)<<shift
}

// fill stores key and value words into slot i of b, to which no tag pointed when the transaction began (journal J5).
func (t *Table) fill(b region.Span, i, key, val uint64) {
	if t.Geo.SlotSize == 16 {
		b.Store(2+2*i, key)
		b.Store(3+2*i, val)
		return
	}
	word, content := t.narrow(b.Ptr, i, key, val)
	b.Store(word, content)
}

// SetSlot stores key and value words into slot i of b, journaled.
func (t *Table) SetSlot(b region.Span, i, key, val uint64) {
	if t.Geo.SlotSize == 16 {
		t.Log.Set(b, 2+2*i, key)
		t.Log.Set(b, 3+2*i, val)
		return
	}
	word, content := t.narrow(b.Ptr, i, key, val)
	t.Log.Set(b, word, content)
}

// PutValue overwrites the value word of slot i of b with one plain store: atomic, and a whole operation by itself where
// nothing else belongs to the entry.
func (t *Table) PutValue(b region.Span, i, key, val uint64) {
	if t.Geo.SlotSize == 16 {
		t.Log.Plain(b, 3+2*i, val)
		return
	}
	word, content := t.narrow(b.Ptr, i, key, val)
	t.Log.Plain(b, word, content)
}

// Deadline is the deadline of slot i, 0 for none.
func (t *Table) Deadline(p region.Ptr, i uint64) uint64 {
	if t.Geo.Deadline == 0 {
		return 0
	}
	return p.Load(t.Geo.Deadline + i)
}

// HashOf is the hash of an entry by its key word, for the holder of the lock.
func (t *Table) HashOf(key uint64) uint64 {
	h, ok := t.TryHash(Item{Key: key})
	if !ok {
		panic(&fault.Corrupt{Where: "blob address of a key", Got: key, Want: "a blob inside the memory"})
	}
	return h
}

// TryHash is HashOf for an item, whose key word may be stale; false if it refers to nothing.
func (t *Table) TryHash(it Item) (h uint64, ok bool) {
	if t.Config.Key != layout.String || !layout.IsBlob(it.Key) {
		return hash.Word(t.Config.Hash, t.Config.Seed, it.Key), true
	}
	b, ok := t.blob(it.Key, it)
	if !ok {
		return 0, false
	}
	return b.Hash(), true
}

// blob is what word w of an item refers to, as it was when the item was there: it may have been written over in its block. false if the
// word is stale.
func (t *Table) blob(w uint64, it Item) (alloc.Blob, bool) {
	b, ok := t.Heap.Look(w)
	if ok && it.through != nil {
		b, ok = b.Before(it.through)
	}
	return b, ok
}

// AppendKey and AppendVal append the string that an item's key or value word stands for; false if the word is stale.
//
// Without the lock the length of a blob is believed only if still says, after it was loaded, that all is one state.
func (t *Table) AppendKey(dst []byte, it Item, still func() bool) ([]byte, bool) {
	if !layout.IsBlob(it.Key) {
		return layout.AppendInline(dst, it.Key), true
	}
	b, ok := t.blob(it.Key, it)
	if !ok || !still() {
		return dst, false
	}
	return b.AppendKey(dst)
}

// AppendVal is AppendKey for the value.
func (t *Table) AppendVal(dst []byte, it Item, still func() bool) ([]byte, bool) {
	if !layout.IsBlob(it.Val) {
		return layout.AppendInline(dst, it.Val), true
	}
	b, ok := t.blob(it.Val, it)
	if !ok || !still() {
		return dst, false
	}
	return b.AppendVal(dst)
}

// BlobOf is the string word through which an entry refers to its blob; false if it has none.
func (t *Table) BlobOf(key, val uint64) (uint64, bool) {
	if t.Config.Key == layout.String && layout.IsBlob(key) {
		return key, true
	}
	return val, t.Config.Value == layout.String && layout.IsBlob(val)
}

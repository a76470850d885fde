package check

import (
	"encoding/binary"
	"math/bits"

	"github.com/shmap-go/shmap/internal/hash"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// slot is a slot with an entry.
type slot struct {
	*bucket
	i    uint64
	tag  uint64
	main uint64 // bucket whose chain it is in
}

// badSlot reports a problem with a slot.
func (w *walker) badSlot(s *slot, format string, args ...any) {
	args = append([]any{s.i}, args...)
	w.wrong(s.off, s.name(), "slot %d: "+format, args...)
}

// entry checks one entry: its words, its strings if they can be looked at, and that it is where it belongs (T1).
func (w *walker) entry(s *slot, strings bool) {
	key, val := w.slots.Slot(s.Ptr, s.i)
	if !w.wordOK(s, "key", w.config.Key, key) || !w.wordOK(s, "value", w.config.Value, val) {
		return
	}
	ref, hasBlob := w.slots.BlobOf(key, val)
	var b blob
	if hasBlob {
		if !strings {
			return
		}
		var ok bool
		if b, ok = w.blob(s, ref); !ok || !w.halvesAgree(s, &b, key, val) {
			return
		}
	}
	h := w.keyHash(s, &b, key)
	w.belongs(s, h)
	if hasBlob && (b.hash != h || ref != layout.BlobWord(layout.BlobAddr(ref), h)) {
		w.badSlot(s, "the blob notes hash %#x, the slot %#x, the key has %#x", b.hash, ref, h)
	}
}

// keyHash is the hash of a key, computed from all of it; it checks as well that the chain has the key once.
func (w *walker) keyHash(s *slot, b *blob, key uint64) (h uint64) {
	text := w.buckets.text[:0]
	switch {
	case w.config.Key != layout.String:
		text = binary.LittleEndian.AppendUint64(text, key)
		h = hash.Word(w.config.Hash, w.config.Seed, key)
	case layout.IsBlob(key):
		text = w.keyOf(b, text)
		h = hash.String(w.config.Hash, w.config.Seed, string(text))
	default:
		text = layout.AppendInline(text, key)
		h = hash.Word(w.config.Hash, w.config.Seed, layout.Inline(string(text)))
	}
	w.buckets.text = text
	if _, twice := w.buckets.keys[string(text)]; twice {
		w.badSlot(s, "the key is in the chain already")
	}
	w.buckets.keys[string(text)] = struct{}{}
	return h
}

// belongs checks that an entry with hash h is in the right place.
func (w *walker) belongs(s *slot, h uint64) {
	// The top bits of a hash pick the shard: the other half of this rule is in package dict.
	if lg := w.config.LgShards; int(bits.RotateLeft64(h, int(lg))&(1<<lg-1)) != w.index {
		w.badSlot(s, "hash %#x belongs to another shard", h)
	}
	if at := table.IndexOf(w.head[layout.ShLevel], h); at != s.main {
		w.badSlot(s, "hash %#x belongs to bucket %d, found in %d (T1)", h, at, s.main)
	}
	if table.Tag(h) != s.tag {
		w.badSlot(s, "tag %#x, hash %#x has %#x (T1)", s.tag, h, table.Tag(h))
	}
}

// wordOK checks that a slot's word is one that could have been stored for its kind.
func (w *walker) wordOK(s *slot, which string, kind layout.Kind, word uint64) bool {
	ok := false
	switch {
	case kind != layout.String:
		ok = kind.Truncate(word) == word
	case layout.IsBlob(word):
		ok = word == layout.BlobWord(layout.BlobAddr(word), layout.BlobTag(word)<<48)
	default:
		n := layout.InlineLen(word)
		ok = n <= layout.MaxInline && word<<8>>(8*n)>>8 == 0
	}
	if !ok {
		w.badSlot(s, "%s word %#x is no %v", which, word, kind)
	}
	return ok
}

// halvesAgree checks that key and value word say the same of the blob as its lengths do.
func (w *walker) halvesAgree(s *slot, b *blob, key, val uint64) bool {
	half := func(kind layout.Kind, word, n uint64) bool {
		if kind == layout.String && layout.IsBlob(word) {
			return n > layout.MaxInline && word == b.ref
		}
		return n == 0
	}
	if half(w.config.Key, key, b.keyLen) && half(w.config.Value, val, b.valLen) {
		return true
	}
	w.badSlot(s, "key word %#x and value word %#x do not go with a blob %#x of %d+%d bytes",
		key, val, b.ref, b.keyLen, b.valLen)
	return false
}

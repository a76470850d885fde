package table

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/recency"
	"github.com/shmap-go/shmap/internal/region"
)

// Fresh is a new entry.
type Fresh struct {
	Key
	Val   uint64 // what the slot holds for the value, if Long is empty
	Long  string // the value, if it is in a blob
	Until uint64 // its deadline, 0 for none
}

// Blob reports whether the slot refers to a blob.
func (e *Fresh) Blob() bool { return e.Str != "" || e.Long != "" }

// Slot is what the slot holds, if the blob, where there is one, is at an address.
func (e *Fresh) Slot(addr uint64) (key, val uint64) {
	key, val = e.Word, e.Val
	if e.Str != "" {
		key = layout.BlobWord(addr, e.Hash)
	}
	if e.Long != "" {
		val = layout.BlobWord(addr, e.Hash)
	}
	return key, val
}

// Replace evicts the entry in slot r and adds one whose key HeldWord has not found in the chain of main: Remember, Remove
// and Insert in one piece, for slots of 16 bytes. The count of entries stays. false if that is not as simple as
// usual, or the one that goes may have expired by now: then nothing was done. Nothing in it panics (journal.BeginShort).
//
// The two must be in different chains, no overflow bucket may come or go, and the new one's blob takes the old one's block: nothing is
// taken in the transaction that frees it (journal J5).
func (t *Table) Replace(r layout.Ref, main region.Span, e *Fresh, now uint64) bool {
	from, ok := t.seat(r)
	if !ok {
		return false
	}
	i, tags := r.Slot(), from.Load(layout.BkTags)
	if i >= t.Geo.Slots || tags>>(8*i)&0xff == 0 {
		return false
	}
	mortal, left := t.Deadline(from.Ptr, i), tagAt(tags, i, 0, 0)
	if mortal != 0 && mortal <= now {
		return false
	}
	chain, h, level := from.Span, uint64(0), t.Shard.Load(layout.ShLevel)
	if from.over || t.Geo.Ghosts != 0 {
		if h, ok = t.TryHash(Item{Key: from.Load(firstKey + 2*i)}); !ok {
			return false
		}
	}
	if from.over {
		if chain, ok = t.Main.Find(IndexOf(level, h)); !ok || left&layout.TagLanes == 0 {
			return false
		}
	}
	var block region.Span // of the blob, if there is one
	var addr, lens uint64
	if !t.Wide() {
		w, blob := t.BlobOf(from.Load(firstKey+2*i), from.Load(firstKey+1+2*i))
		if blob {
			addr = layout.BlobAddr(w)
			block, lens = t.Heap.Seat(w, uint64(len(e.Str)), uint64(len(e.Long)))
		}
		if blob != e.Blob() || blob == block.IsNil() {
			return false
		}
	}
	to, j, ok := t.opening(bucket{Span: main, index: IndexOf(level, e.Hash)}, e.Hash)
	if !ok || chain.Off == main.Off {
		return false
	}
	if !t.Recency.Replace(r, from.Span, to.ref(j), to.Span) {
		return false
	}
	t.Log.Touch(chain)
	t.Log.Touch(main)
	if !block.IsNil() {
		t.Heap.Remake(block, lens, e.Hash, e.Str, e.Long)
	}
	key, val := e.Slot(addr)
	to.Store(firstKey+2*j, key)
	to.Store(firstKey+1+2*j, val)
	if d := t.Geo.Deadline; d != 0 {
		to.Store(d+j, e.Until)
		t.countMortal(mortal, e.Until)
	}
	t.Log.Set(to.Span, layout.BkTags, tagAt(to.Load(layout.BkTags), j, Tag(e.Hash), 0))
	t.Log.Set(from.Span, layout.BkTags, left)
	if g := t.Geo.Ghosts; g != 0 { // it was on trial, or it were not simple
		t.Log.Set(from.Span, g, recency.Remember(from.Load(g), h))
	}
	return true
}

// seat is the bucket that r points into; false if there is none.
func (t *Table) seat(r layout.Ref) (bucket, bool) {
	index, over, _ := r.Split()
	v := t.Main
	if over {
		v = t.Over
	}
	b, ok := v.Find(index)
	return bucket{b, index, over}, ok
}

// opening is the first empty slot in the chain of main; false if there is none, or a ghost of the chain remembers h, or the chain is not
// short.
func (t *Table) opening(main bucket, h uint64) (to bucket, slot uint64, ok bool) {
	b := main
	for range shortChain {
		if t.Geo.Ghosts != 0 {
			if _, known := recency.Recall(b.Load(t.Geo.Ghosts), h); known {
				return bucket{}, 0, false
			}
		}
		if !ok {
			if slot, ok = t.empty(b.Ptr); ok {
				to = b
			}
		}
		link := layout.Hi(b.Load(layout.BkHead))
		if link == 0 || ok && t.Geo.Ghosts == 0 {
			return to, slot, ok
		}
		next, found := t.Over.Find(link - 1)
		if !found {
			break
		}
		b = bucket{next, link - 1, true}
	}
	return bucket{}, 0, false
}

// Package journal is a shard's undo log: it makes several stores happen entirely or not at all, whoever dies in between.
// It knows words and their old values; it must not know what they mean, except for the two kinds whose undo must not go
// backwards: versions and the level word.
//
// The head is one word; all that may be said of a transaction is said by storing it:
//
//	bits 0..23   length: entries noted
//	bits 24..31  phase
//	bits 32..63  generation, one more at every return to idle
//
//	phase      entered by                 what repair does
//	idle       the end of a transaction   nothing
//	active     noting the first entry     undo from the last entry to the first, phase undone, then as undone
//	committed  Commit, one store          odd versions forward to even, idle
//	undone     Rollback or repair         odd versions forward to even, idle
//
// Invariants:
//
//	J1  Only the holder of the shard's lock writes the journal, and finds it idle.
//	J2  An entry is complete before the length counts it, and counted before its word is stored to. So at every
//	    instruction the counted entries lead back to the state before the transaction.
//	J3  A version that a transaction made odd stays odd until the phase is committed or undone, and then only moves
//	    forward. So a reader that saw the same even version twice saw nothing of a transaction.
//	J4  Undoing is idempotent until phase undone is stored: a repairer may die and be followed by another. After it
//	    nothing is undone again: a reader may have seen the restored state under even versions.
//	J5  Memory that was reachable when the transaction began is stored to only through Set, SetBytes, Touch, SetLink and SetLevel.
//	    Memory that was not may be written directly: undo makes it unreachable again. Therefore nothing freed in a transaction may
//	    be taken again in it: callers free last.
package journal

import (
	"errors"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/vector"
)

// Phases.
const (
	Idle = iota
	Active
	Committed
	Undone
)

// Kinds of entries, in the low bits of the noted offset.
const (
	kindWord   = 0 // undo restores the word; region.Note writes it
	kindBucket = 1 // first word of a bucket whose version was made odd: undo restores the link half only
	kindLink   = 2 // first word of a bucket: undo restores the link half only
	kindLevel  = 3 // level word: undo restores the bucket count under a new epoch
	kindMask   = 7
)

// MaxEntries is the most entries a journal can hold.
const MaxEntries = 1<<24 - 1

// ErrFull is the panic of an entry that does not fit: the operation rolls back, lets the journal grow, and starts again.
var ErrFull = errors.New("shmap: journal full")

// Head packs a journal head.
func Head(gen, phase, length uint64) uint64 { return gen<<32 | phase<<24 | length }

// Phase is the phase of a journal head.
func Phase(head uint64) uint64 { return head >> 24 & 0xff }

// Length is the number of entries of a journal head.
func Length(head uint64) uint64 { return head & MaxEntries }

func generation(head uint64) uint64 { return head >> 32 }

// Journal is the log of one shard. Its methods, Overlay's apart, are for the holder of the shard's lock.
type Journal struct {
	region *region.Region
	head   region.Ptr // ShJournal of the shard header
	log    *vector.Vec
	first  region.Ptr // entries of level 0
	gen    uint64
	active uint64 // head of the open transaction, without its length
	n      uint64 // entries noted
	limit  uint64 // entries that fit
	inRow  uint64 // entries of level 0 that fit
	quick  uint64 // the same, or 0 if somebody wants to hear of every store

	odd  [4]region.Ptr // the first buckets that the open transaction has made odd
	odds int           // how many it has made odd in all

	// Point, if set by a test, is called before every store that the journal makes to shared memory.
	Point func()

	// Lame is a planted fault: repair undoes nothing. Tests set it to show that they notice.
	Lame bool
}

// Init binds j to a shard header; log is the shard's journal vector.
func (j *Journal) Init(r *region.Region, shard region.Ptr, log *vector.Vec) {
	j.region, j.head, j.log = r, shard.Word(layout.ShJournal), log
}

// Begin prepares a transaction. Nothing is stored before the first entry.
func (j *Journal) Begin() {
	j.begin(j.log.Backed())
	if j.first.IsNil() {
		j.first = j.log.Must(0).Ptr
	}
}

// begin is Begin for a journal with room for limit entries.
func (j *Journal) begin(limit uint64) {
	j.gen, j.n, j.odds, j.limit = generation(j.head.Load(0)), 0, 0, limit
	j.inRow = min(j.limit, 1<<j.log.Shape.Lg0)
	j.active, j.quick = Head(j.gen, Active, 0), j.inRow
	if j.Point != nil {
		j.quick = 0
	}
}

// BeginShort is Begin for a transaction of no more than so many entries, which will not panic; false if it cannot be sure of that.
func (j *Journal) BeginShort(entries uint64) bool {
	n := j.log.Backed() // once: another process may write to it
	if j.first.IsNil() || entries > min(n, 1<<j.log.Shape.Lg0) {
		return false
	}
	j.begin(n)
	return true
}

func (j *Journal) store(p region.Ptr, i, v uint64) {
	if j.Point != nil {
		j.Point()
	}
	p.Store(i, v)
}

func (j *Journal) entry(i uint64) region.Ptr {
	if i < j.inRow {
		return j.first.Word(2 * i)
	}
	if i >= j.limit || i >= MaxEntries {
		panic(ErrFull)
	}
	return j.log.Must(i).Ptr
}

// note appends an entry (J2).
func (j *Journal) note(off, old uint64) {
	e := j.entry(j.n)
	j.store(e, 0, off)
	j.store(e, 1, old)
	j.n++
	j.store(j.head, 0, j.active|j.n)
}

// enter is the first half of note where it is quick: the entry, which does not count before the head says so.
func (j *Journal) enter(off, old uint64) {
	j.first.Store(2*j.n, off)
	j.first.Store(2*j.n+1, old)
	j.n++
}

// Set stores v to word i of s.
func (j *Journal) Set(s region.Span, i, v uint64) {
	old := s.Load(i)
	switch {
	case old == v:
	case j.n < j.quick: // the same as below, in one piece
		j.enter(s.Off+8*i|kindWord, old)
		j.head.Store(0, j.active|j.n)
		s.Store(i, v)
	default:
		j.note(s.Off+8*i|kindWord, old)
		j.store(s.Ptr, i, v)
	}
}

// Roomy reports whether n more entries fit level 0, which a journal has from the beginning.
func (j *Journal) Roomy(n uint64) bool { return j.n+n <= j.inRow }

// SetBytes stores s to the bytes from at on of p. Each word that has one of them is noted as a whole.
func (j *Journal) SetBytes(p region.Span, at uint64, s string) {
	first, end := at/8, (at+uint64(len(s))+7)/8
	if j.n+end-first > j.quick {
		j.setBytes(p, at, s)
		return
	}
	j.first.Word(2*j.n).Note(p, first, end-first)
	j.n += end - first
	j.head.Store(0, j.active|j.n)
	p.CopyIn(at, s)
}

// setBytes is SetBytes word by word.
func (j *Journal) setBytes(p region.Span, at uint64, s string) {
	for len(s) > 0 {
		n := min(8-at%8, uint64(len(s)))
		j.note(p.Off+at&^7|kindWord, p.Load(at/8))
		if j.Point != nil {
			j.Point()
		}
		p.CopyIn(at, s[:n])
		at, s = at+n, s[n:]
	}
}

// Touch makes the version of the bucket at b odd, once in a transaction: every version is even when one begins, so an odd
// one is its own. (One that a forger made odd is Mended before.)
func (j *Journal) Touch(b region.Span) {
	h := b.Load(layout.BkHead)
	switch {
	case h&1 == 1:
		return
	case j.n < j.quick: // as in Set
		j.enter(b.Off|kindBucket, h)
		j.head.Store(0, j.active|j.n)
		b.Store(layout.BkHead, h|1)
	default:
		j.note(b.Off|kindBucket, h)
		j.store(b.Ptr, layout.BkHead, h|1)
	}
	j.remember(b.Ptr)
}

// remember keeps where an odd version is, for the commit.
func (j *Journal) remember(b region.Ptr) {
	if j.odds < len(j.odd) {
		j.odd[j.odds] = b
	}
	j.odds++
}

// Mend notes a version that is odd though it should not be, so that the commit makes it even.
func (j *Journal) Mend(b region.Span) {
	j.note(b.Off|kindBucket, b.Load(layout.BkHead))
	j.remember(b.Ptr)
}

// SetLink stores the link half of a bucket's first word; the version beside it stays.
func (j *Journal) SetLink(b region.Span, link uint64) {
	h := b.Load(layout.BkHead)
	j.note(b.Off|kindLink, h)
	j.store(b.Ptr, layout.BkHead, layout.Pair(h, link))
}

// SetLevel stores a number of buckets to the level word at s, under the next epoch.
func (j *Journal) SetLevel(s region.Span, buckets uint64) {
	old := s.Load(0)
	j.note(s.Off|kindLevel, old)
	j.store(s.Ptr, 0, layout.Pair(buckets, layout.Hi(old)+1))
}

// Commit makes the transaction count. The first store is the commit point.
func (j *Journal) Commit() {
	switch {
	case j.n == 0:
	case j.n <= j.quick && j.odds <= len(j.odd): // the same as below, in one piece
		j.head.Store(0, Head(j.gen, Committed, j.n))
		for _, p := range j.odd[:j.odds] { // what finish would find in the entries
			if h := p.Load(0); h&1 == 1 {
				p.Store(0, even(h))
			}
		}
		j.head.Store(0, Head(j.gen+1, Idle, 0))
		j.n = 0
	default:
		j.store(j.head, 0, Head(j.gen, Committed, j.n))
		j.finish(j.n)
	}
}

// Rollback undoes the transaction.
func (j *Journal) Rollback() {
	if j.n > 0 {
		j.undo(j.n)
		j.finish(j.n)
	}
}

// undo restores what the first n entries note, last to first, and says so.
func (j *Journal) undo(n uint64) {
	for i := n; i > 0; i-- {
		e := j.entry(i - 1)
		where, old := e.Load(0), e.Load(1)
		p, ok := j.region.At(where&^kindMask, 8)
		if !ok {
			continue // a forged entry: there is no such word to restore
		}
		switch where & kindMask {
		case kindBucket, kindLink:
			old = layout.Pair(p.Load(0), layout.Hi(old))
		case kindLevel:
			old = layout.Pair(old, layout.Hi(p.Load(0))+1)
		}
		j.store(p, 0, old)
	}
	j.store(j.head, 0, Head(j.gen, Undone, n))
}

// even is the first word of a bucket whose version h, which is odd, has moved forward.
func even(h uint64) uint64 { return layout.Pair(h+1, layout.Hi(h)) }

// finish moves the versions that the first n entries made odd forward to even and goes idle (J3).
func (j *Journal) finish(n uint64) {
	for i := range n {
		where := j.entry(i).Load(0)
		if where&kindMask != kindBucket {
			continue
		}
		if p, ok := j.region.At(where&^kindMask, 8); ok {
			if h := p.Load(0); h&1 == 1 {
				j.store(p, 0, even(h))
			}
		}
	}
	j.store(j.head, 0, Head(j.gen+1, Idle, 0))
	j.n = 0
}

// Idle reports whether no transaction was left behind.
func (j *Journal) Idle() bool { return Phase(j.head.Load(0)) == Idle }

// Repair finishes or undoes what a dead holder of the lock left behind, if there is anything.
func (j *Journal) Repair() error {
	j.Begin()
	h := j.head.Load(0)
	n, phase := Length(h), Phase(h)
	if phase == Idle {
		return nil
	}
	if n > j.limit || phase > Undone {
		return &fault.Corrupt{Where: "journal head", Got: h, Want: "a known phase and a length that fits the journal"}
	}
	if phase == Active && !j.Lame {
		j.undo(n)
	}
	j.finish(n)
	return nil
}

package shard

import (
	"math"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/space"
	"github.com/shmap-go/shmap/internal/table"
)

func (s *Shard) space() *space.Space { return s.env.Space }

func ceilMillis(d time.Duration) int64 {
	if d > math.MaxInt64-time.Millisecond {
		d = math.MaxInt64 - time.Millisecond
	}
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// Do carries out a prepared operation.
func (s *Shard) Do(op *Op) error {
	if err := s.validate(op); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.one(op)
}

// one carries out an operation under the lock.
func (s *Shard) one(op *Op) error {
	var pos table.Pos
	seen := s.table.Find(&op.key, &pos)
	if seen == table.Found && s.plain(op, &pos) || seen == table.Absent && s.arrive(op, &pos) {
		if s.drops = s.drops[:0]; s.header.Load(layout.ShQuarTime) != 0 { // there is memory to give back in time
			s.tend()
		}
		return nil
	}
	err := s.settle(func() error {
		first := seen
		seen = table.Torn // it may be elsewhere when this is tried again
		return s.apply(op, &pos, first)
	})
	if err != nil {
		return err
	}
	s.tend()
	return nil
}

// plain carries out an operation on a key that is there which leaves the entry in its place and needs no other memory: with
// no store at all if nothing changes; with one aligned store if the value alone does, and is an integer, or a string that fits the slot over another; else, if the value
// is like the old one or fits its block, in a short transaction in which nothing can panic. If it is not that
// kind of operation it does nothing.
//
// A deadline that stays may pass between the look at the clock and the one store: then the operation took place just before it, and nobody
// reads the value any more. Before a transaction commits that gives the entry another one it is asked again, as in commit, unless the
// operation comes to the same if there is no entry (but for the statistic of expired ones, and what the policy knows of this one).
func (s *Shard) plain(op *Op, pos *table.Pos) bool {
	if pos.Head&1 == 1 || op.Code.removes() {
		return false
	}
	old := s.table.Deadline(pos.B.Ptr, pos.I)
	s.ceil = 0
	until := s.deadlineFor(op, false, old)
	if old != 0 && (s.ceil != 0 && old <= s.ceil || s.ceil == 0 && s.expired(pos)) || (old == 0) != (until == 0) {
		return false
	}
	var block region.Span // of a value that is not in its slot, and is stored
	var lens uint64
	if op.Code.overwrites() {
		blob := s.env.Config.Value == layout.String && layout.IsBlob(pos.Val)
		if n := len(op.Val.S); n > maxRewrite || blob != (n > layout.MaxInline) {
			return false
		}
		if blob {
			if block, lens = s.heap.Place(pos.Val, uint64(len(op.Val.S))); block.IsNil() {
				return false
			}
		}
	}
	act, val, err := s.decide(op, true, pos)
	if err != nil {
		return false
	}
	if act == actNone {
		return true
	}
	w := pos.Val
	if act == actPut {
		w, _ = s.valueWord(val)
	}
	renews := act != actDeadline && s.table.Geo.Recency != 0 && !s.thinned() && !s.recency.Still(pos.Ref(), pos.B)
	switch {
	case !block.IsNil() || until != old || renews:
		if !s.overwriteShort(op, w, pos, block, lens, until, renews) {
			return false
		}
	case act == actPut:
		s.table.PutValue(pos.B, pos.I, pos.Key, w)
	}
	op.Done = true
	return true
}

// overwriteShort replaces value and deadline of the entry at pos by a short transaction, in which it counts as stored if it renews. The slot's word for the value
// is w, or the value, that of the operation, is in a block, if that is not nil, which it will fit with these lengths. false if the entry has expired, or there is no room in the journal: then nothing was done.
func (s *Shard) overwriteShort(op *Op, w uint64, pos *table.Pos, block region.Span, lens, until uint64, renews bool) bool {
	if !s.log.BeginShort(maxRewrite/8 + fewEntries) {
		return false
	}
	old := s.table.Deadline(pos.B.Ptr, pos.I)
	s.log.Touch(pos.Main)
	if block.IsNil() {
		s.table.SetSlot(pos.B, pos.I, pos.Key, w)
	} else {
		s.heap.Rewrite(block, lens, op.Val.S)
	}
	s.table.SetDeadline(pos, until)
	if renews && !s.recency.Renew(pos.Ref(), pos.B) || old != 0 && (until == old || !op.indifferent()) && old <= s.env.Now() {
		s.log.Rollback()
		return false
	}
	s.log.Commit()
	return true
}

// validate refuses what no state of the map makes possible.
func (s *Shard) validate(op *Op) error {
	c := s.env.Config
	if len(op.Key.S) > layout.MaxString || len(op.Val.S) > layout.MaxString {
		return fault.With(fault.ErrTooLarge, "a string of %d bytes, the longest is %d", max(len(op.Key.S), len(op.Val.S)), layout.MaxString)
	}
	if !c.HasTTL && (op.Mode != TTLDefault || op.Code == OpPersist || op.Code == OpExpire) ||
		op.Code == OpTouch && !c.HasTTL && c.Policy == layout.PolicyNone {
		return fault.ErrNoTTL
	}
	return nil
}

// look finds the key of op. seen is what Find said when it set pos; Torn has it ask again. An expired entry is not found, but pos says where
// it stands.
func (s *Shard) look(op *Op, pos *table.Pos, seen table.Outcome) (found, expired bool) {
	if seen == table.Absent || seen == table.Torn && !s.table.MustFind(&op.key, pos) {
		return false, false
	}
	expired = s.expired(pos)
	return !expired, expired
}

// apply is one attempt at op: everything but what happens around it. pos and seen are as look has them.
func (s *Shard) apply(op *Op, pos *table.Pos, seen table.Outcome) error {
	s.drops = s.drops[:0]
	if s.keeps = s.table.Geo.Recency != 0; s.keeps {
		s.keep = op.key
	}
	found, expired := s.look(op, pos, seen)
	if pos.Head&1 == 1 {
		s.evenOut(op.key.Hash)
	}
	act, val, err := s.decide(op, found, pos)
	if err != nil {
		return err
	}
	if act == actPut && !found && !expired {
		if err := s.admit(1); err != nil {
			return err
		}
	}
	if act == actRefresh && s.table.Geo.Deadline|s.table.Geo.Recency == 0 {
		op.Done = true
		return nil
	}
	s.begin()
	s.carryOut(op, act, val, pos, found, expired)
	s.commit()
	return nil
}

// carryOut does in the open transaction what decide decided.
func (s *Shard) carryOut(op *Op, act action, val Datum, pos *table.Pos, found, expired bool) {
	op.Done = act != actNone
	if found {
		s.guard = s.table.Deadline(pos.B.Ptr, pos.I)
	}
	switch {
	case expired && act != actPut:
		s.remove(pos, layout.ShExpirations)
		return
	case act == actNone:
		return
	case act == actRemove:
		s.remove(pos, 0)
		return
	case act == actPut && !found && !expired:
		s.insert(op, val, pos)
		return
	}
	s.log.Touch(pos.Main)
	if act == actPut {
		s.overwrite(op, val, pos)
	}
	old := s.table.Deadline(pos.B.Ptr, pos.I)
	s.table.SetDeadline(pos, s.deadlineFor(op, expired, old))
	if expired {
		s.count(layout.ShExpirations)
	}
	if act != actDeadline && (expired || !s.thinned()) {
		s.recency.Stored(pos.Ref(), expired)
	}
}

// valueWord is what a slot holds for val; false if val needs a blob.
func (s *Shard) valueWord(val Datum) (uint64, bool) {
	if s.env.Config.Value != layout.String {
		return val.W, true
	}
	if len(val.S) <= layout.MaxInline {
		return layout.Inline(val.S), true
	}
	return 0, false
}

// give gives a new entry its value.
func (s *Shard) give(e *table.Fresh, val Datum) {
	w, inline := s.valueWord(val)
	if !inline {
		e.Long = val.S
	}
	e.Val = w
}

// words makes the slot words of an entry, with its blob if it needs one.
func (s *Shard) words(e *table.Fresh) (key, val uint64) {
	addr := uint64(0)
	if e.Blob() {
		addr = s.heap.Make(e.Hash, e.Str, e.Long)
	}
	return e.Slot(addr)
}

func (s *Shard) insert(op *Op, val Datum, pos *table.Pos) {
	e := table.Fresh{Key: op.key}
	s.give(&e, val)
	key, value := s.words(&e)
	s.table.Insert(pos, op.key.Hash, key, value, s.deadlineFor(op, true, 0))
}

// overwrite replaces the value of the entry at pos, whose chain has been touched. A string is written over the old one in its block if the journal has
// room for the words, and the block is of the right size; else it gets another one.
func (s *Shard) overwrite(op *Op, val Datum, pos *table.Pos) {
	w, inline := s.valueWord(val)
	oldInBlob := s.env.Config.Value == layout.String && layout.IsBlob(pos.Val)
	if inline && !oldInBlob {
		s.table.SetSlot(pos.B, pos.I, pos.Key, w)
		return
	}
	if n := uint64(len(val.S)); !inline && oldInBlob && n <= maxRewrite && s.log.Roomy(n/8+fewEntries) { // a batch may have filled it
		if block, lens := s.heap.Place(pos.Val, n); !block.IsNil() {
			s.heap.Rewrite(block, lens, val.S)
			return
		}
	}
	old, had := s.table.BlobOf(pos.Key, pos.Val)
	e := table.Fresh{Key: op.key}
	s.give(&e, val)
	key, value := s.words(&e)
	s.table.SetSlot(pos.B, pos.I, key, value)
	if had {
		s.drops = append(s.drops, old)
	}
}

// remove takes the entry at pos out and counts it under a statistic, if one is given.
func (s *Shard) remove(pos *table.Pos, stat uint64) {
	if w, ok := s.table.BlobOf(pos.Key, pos.Val); ok {
		s.drops = append(s.drops, w)
	}
	s.table.Remove(pos)
	if stat != 0 {
		s.count(stat)
	}
}

// thinned reports whether this move to the head of the recency list is one of those that RecencySkip leaves out. The policy s3
// has none.
func (s *Shard) thinned() bool {
	skip := uint64(s.env.Config.RecencySkip)
	s.ticks++
	return skip != 0 && s.ticks*61%100 < skip && s.env.Config.Policy != layout.PolicyS3
}

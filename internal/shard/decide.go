package shard

import (
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// action is what an operation wants done to its key.
type action uint8

const (
	actNone     action = iota
	actPut             // store val, whether the key is there or not
	actRefresh         // leave the value; recency and deadline as if it had been stored
	actDeadline        // change the deadline alone
	actRemove
)

// decide is where operations differ. found says that the key is there and has not expired; pos is its position. It
// fills in what the operation returns.
func (s *Shard) decide(op *Op, found bool, pos *table.Pos) (act action, val Datum, err error) {
	op.Found, op.Done, op.W, op.B = found, false, 0, op.Dst
	if found && op.Code.returns() && !s.sameRequired(op, pos) {
		if err := s.returnValue(op, pos); err != nil {
			return actNone, val, err
		}
	}
	switch op.Code {
	case OpStore, OpSwap:
		return actPut, op.Val, nil
	case OpInsert, OpLoadOrStore:
		if !found {
			op.W = op.Val.W
			return actPut, op.Val, nil
		}
		if op.Code == OpLoadOrStore {
			return actRefresh, val, nil
		}
		return actNone, val, nil
	case OpAdd, OpAddChecked, OpMax, OpMin:
		val.W, err = s.arith(op, found, pos.Val)
		op.W = val.W
		if err != nil {
			return actNone, val, err
		}
		return actPut, val, nil
	}
	if !found {
		return actNone, val, nil
	}
	switch op.Code {
	case OpReplace:
		return actPut, op.Val, nil
	case OpCompareAndSwap:
		if s.valueIs(pos.Val, op.Old) {
			return actPut, op.Val, nil
		}
	case OpCompareAndDelete:
		if s.valueIs(pos.Val, op.Old) {
			return actRemove, val, nil
		}
	case OpDelete, OpLoadAndDelete:
		return actRemove, val, nil
	case OpTouch:
		return actRefresh, val, nil
	case OpPersist, OpExpire:
		return actDeadline, val, nil
	}
	return actNone, val, nil
}

// sameRequired reports whether the operation is conditional on a value that is not there.
func (s *Shard) sameRequired(op *Op, pos *table.Pos) bool {
	return op.Code == OpCompareAndDelete && !s.valueIs(pos.Val, op.Old)
}

func (s *Shard) returnValue(op *Op, pos *table.Pos) error {
	if s.env.Config.Value != layout.String {
		op.W = pos.Val
		return nil
	}
	b, ok := s.table.AppendVal(op.Dst, table.Item{Val: pos.Val}, locked)
	if !ok {
		return &fault.Corrupt{Where: "blob address of a value", Offset: pos.B.Off, Got: pos.Val, Want: "a blob inside the memory"}
	}
	op.B = b
	return nil
}

// valueIs compares the stored value word w with d.
func (s *Shard) valueIs(w uint64, d Datum) bool {
	if s.env.Config.Value != layout.String {
		return w == d.W
	}
	if !layout.IsBlob(w) {
		return len(d.S) <= layout.MaxInline && w == layout.Inline(d.S)
	}
	b, ok := s.heap.Look(w)
	return ok && b.ValIs(d.S)
}

// arith is the value that a counter operation leaves behind.
func (s *Shard) arith(op *Op, found bool, old uint64) (uint64, error) {
	kind := s.env.Config.Value
	switch op.Code {
	case OpMax, OpMin:
		if found && kind.Less(old, op.Val.W) == (op.Code == OpMin) && old != op.Val.W {
			return old, nil
		}
		return op.Val.W, nil
	}
	if !found {
		old = 0
	}
	sum := kind.Truncate(old + op.Val.W)
	if op.Code == OpAddChecked && overflows(kind, old, op.Val.W, sum) {
		return old, fault.With(fault.ErrOverflow, "%s", kind)
	}
	return sum, nil
}

// overflows reports whether sum, of two integers of a kind, wrapped.
func overflows(kind layout.Kind, a, b, sum uint64) bool {
	if kind.Signed() {
		neg := func(w uint64) bool { return kind.Signed64(w) < 0 }
		return neg(a) == neg(b) && neg(sum) != neg(a)
	}
	return sum < a
}

// deadlineFor is the deadline that an entry has after op. old is the present one; fresh says that there is no entry.
// The rules: an explicit TTL says what it says. Otherwise a new entry gets the map's default; an existing one gets the
// default again, unless it is permanent, and without a default keeps what it has.
func (s *Shard) deadlineFor(op *Op, fresh bool, old uint64) uint64 {
	switch {
	case op.Code == OpPersist:
		return 0
	case op.Mode == TTLExplicit || op.Mode == TTLNew && fresh:
		if op.TTL < 0 && op.TTL != Permanent {
			return longAgo
		}
		return s.after(ceilMillis(op.TTL))
	case op.Mode == TTLAt:
		if ms := ceilMillis(time.Until(op.At)); ms > 0 {
			return s.after(ms)
		}
		return longAgo
	case fresh:
		return s.after(int64(s.env.Config.TTL))
	case old != 0 && s.env.Config.TTL != 0:
		return s.after(int64(s.env.Config.TTL))
	}
	return old
}

// longAgo is a deadline that has passed.
const longAgo = 1

// after is the deadline ms milliseconds from now; 0, permanent, for none.
func (s *Shard) after(ms int64) uint64 {
	if ms <= 0 {
		return 0
	}
	s.ceil = s.env.Ceil()
	return s.ceil + uint64(ms)
}

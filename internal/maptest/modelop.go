package maptest

import (
	"errors"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// Result is what an operation on one key says.
type Result struct {
	Found bool
	Done  bool
	Val   dict.Datum // the returned value, where HasVal
	Has   bool
	Err   error // a sentinel, or nil
}

// LongAgo and FarAhead are the two moments for absolute deadlines that a clock which is not the wall clock allows.
var longAgo = time.Unix(0, 0)

// farAhead is how far ahead of now the other one is; deadlines that far away are compared with some tolerance.
const farAhead = 1000 * time.Hour

// Do is one operation on one key.
func (m *Model) Do(op *dict.Op) Result {
	if err := m.refuses(op); err != nil {
		return Result{Err: err}
	}
	it := m.live(op.Key)
	r := Result{Found: it != nil}
	val, act := op.Val, put
	switch op.Code {
	case dict.OpStore:
	case dict.OpSwap:
		r.give(it)
	case dict.OpInsert:
		act = when(it == nil, put)
	case dict.OpReplace:
		act = when(it != nil, put)
	case dict.OpLoadOrStore:
		if r.give(it); it != nil {
			act = refresh
		}
	case dict.OpCompareAndSwap:
		act = when(it != nil && it.Val == op.Old, put)
	case dict.OpCompareAndDelete:
		if act = when(it != nil && it.Val == op.Old, remove); act == remove {
			r.give(it)
		}
	case dict.OpDelete:
		act = when(it != nil, remove)
	case dict.OpLoadAndDelete:
		r.give(it)
		act = when(it != nil, remove)
	case dict.OpTouch:
		act = when(it != nil, refresh)
	case dict.OpPersist, dict.OpExpire:
		act = when(it != nil, redate)
	default:
		if val, r.Err = m.count(op, it); r.Err != nil {
			return Result{Found: it != nil, Err: r.Err}
		}
		r.Val, r.Has = val, true
	}
	if r.Done, r.Err = act != nothing, m.carryOut(op, act, val); r.Err != nil {
		return Result{Err: r.Err}
	}
	return r
}

// give makes the value of it the result.
func (r *Result) give(it *Item) {
	if it != nil {
		r.Val, r.Has = it.Val, true
	}
}

// refuses says what no state of the map makes possible.
func (m *Model) refuses(op *dict.Op) error {
	if m.Config.HasTTL {
		return nil
	}
	ttl := op.Mode != dict.TTLDefault || op.Code == dict.OpPersist || op.Code == dict.OpExpire
	if ttl || op.Code == dict.OpTouch && m.Config.Policy == layout.PolicyNone {
		return fault.ErrNoTTL
	}
	return nil
}

type action int

const (
	nothing action = iota
	put            // the value, and all that comes with storing
	refresh        // all that comes with storing, but not the value
	redate         // the deadline alone
	remove
)

func when(b bool, a action) action {
	if b {
		return a
	}
	return nothing
}

// carryOut changes the model. An expired entry that is met goes, whatever was asked for.
func (m *Model) carryOut(op *dict.Op, act action, val dict.Datum) error {
	it := m.items[op.Key]
	expired := it != nil && it.expired(m.Clock.now)
	switch {
	case it != nil && (act == remove || expired && act != put):
		m.remove(it)
	case act == nothing:
		return nil
	case it == nil:
		if !m.admit(1) {
			return fault.ErrFull
		}
		m.insert(op.Key, val, m.deadline(op, nil))
	default:
		if act == put {
			it.Val = val
		}
		if expired {
			it.Deadline = m.deadline(op, nil)
		} else {
			it.Deadline = m.deadline(op, it)
		}
		if act != redate {
			m.stored(it, expired)
		}
	}
	m.unit()
	return nil
}

// deadline is the deadline after op of the entry it, nil for a new one.
func (m *Model) deadline(op *dict.Op, it *Item) uint64 {
	after := func(d time.Duration) uint64 {
		if d <= 0 {
			return 0
		}
		return m.Clock.now + uint64((d+time.Millisecond-1)/time.Millisecond)
	}
	byDefault := after(time.Duration(m.Config.TTL) * time.Millisecond)
	switch {
	case op.Code == dict.OpPersist:
		return 0
	case op.Mode == dict.TTLExplicit, op.Mode == dict.TTLNew && it == nil:
		if op.TTL < 0 && op.TTL != dict.Permanent {
			return 1 // long ago
		}
		return after(op.TTL)
	case op.Mode == dict.TTLAt && op.At.Equal(longAgo):
		return 1
	case op.Mode == dict.TTLAt:
		return after(farAhead)
	case it == nil:
		return byDefault
	case it.Deadline == 0 || m.Config.TTL == 0:
		return it.Deadline
	}
	return byDefault
}

// count is what a counter operation leaves behind, computed with Go's own integers.
func (m *Model) count(op *dict.Op, it *Item) (dict.Datum, error) {
	var old uint64
	if it != nil {
		old = it.Val.W
	}
	var w uint64
	var wrapped bool
	switch a, b, first := old, op.Val.W, it == nil; m.Config.Value {
	case layout.Int16:
		w, wrapped = countAs[int16](op.Code, a, b, first)
		w &= 0xffff
	case layout.Int32:
		w, wrapped = countAs[int32](op.Code, a, b, first)
		w &= 0xffffffff
	case layout.Int64:
		w, wrapped = countAs[int64](op.Code, a, b, first)
	case layout.Uint16:
		w, wrapped = countAs[uint16](op.Code, a, b, first)
	case layout.Uint32:
		w, wrapped = countAs[uint32](op.Code, a, b, first)
	case layout.Uint64:
		w, wrapped = countAs[uint64](op.Code, a, b, first)
	default:
		return dict.Datum{}, errors.New("maptest: a counter of strings")
	}
	if wrapped && op.Code == dict.OpAddChecked {
		return dict.Datum{}, fault.ErrOverflow
	}
	return dict.Datum{W: w}, nil
}

func countAs[T int16 | int32 | int64 | uint16 | uint32 | uint64](code dict.OpCode, a, b uint64, first bool) (w uint64, wrapped bool) {
	x, y := T(a), T(b)
	switch {
	case code == dict.OpMax && first, code == dict.OpMin && first:
		return uint64(y), false
	case code == dict.OpMax:
		return uint64(max(x, y)), false
	case code == dict.OpMin:
		return uint64(min(x, y)), false
	}
	sum := x + y
	return uint64(sum), y >= 0 && sum < x || y < 0 && sum > x
}

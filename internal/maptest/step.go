package maptest

import (
	"errors"
	"fmt"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
)

// Kind of a step: the calls of a map that are not a mutation of one key, and DoOp, which is.
type Kind uint8

// Kinds of steps.
const (
	DoOp Kind = iota
	Load
	LoadMany
	StoreMany
	DeleteMany
	PopOldest
	PopNewest
	Drain
	FlushExpired
	Clear
	Reserve
	Walk       // a whole iteration with a cursor of its own
	CursorNext // N times, with the cursor that lives as long as the pair
	CursorSeek
	CursorReset
	Advance // the clock, by N milliseconds
	kinds
)

var kindNames = [kinds]string{"do", "load", "load-many", "store-many", "delete-many", "pop-oldest", "pop-newest", "drain",
	"flush-expired", "clear", "reserve", "walk", "cursor-next", "cursor-seek", "cursor-reset", "advance"}

// Step is one call of a map with its arguments.
type Step struct {
	Kind   Kind
	Op     dict.Op       // of DoOp; its Key is also that of Load and CursorSeek, its Mode and TTL those of StoreMany
	Flags  dict.ReadFlag // of Load
	Keys   []dict.Datum  // of many-forms
	Vals   []dict.Datum
	N      int
	Atomic bool
	Short  bool // DoOp by the short way, see Do
}

var opNames = [...]string{"store", "insert", "replace", "swap", "load-or-store", "compare-and-swap", "compare-and-delete", "delete",
	"load-and-delete", "add", "add-checked", "max", "min", "touch", "persist", "expire"}

func (s *Step) String() string {
	switch s.Kind {
	case DoOp:
		return fmt.Sprintf("%s %s val=%s old=%s ttl=%d/%v", opNames[s.Op.Code], Show(s.Op.Key), Show(s.Op.Val), Show(s.Op.Old),
			s.Op.Mode, s.Op.TTL)
	case Load, CursorSeek:
		return fmt.Sprintf("%s %s flags=%d", kindNames[s.Kind], Show(s.Op.Key), s.Flags)
	case LoadMany, StoreMany, DeleteMany:
		text := kindNames[s.Kind]
		for i := range min(len(s.Keys), 8) {
			text += " " + Show(s.Keys[i])
			if s.Kind == StoreMany {
				text += "=" + Show(s.Vals[i])
			}
		}
		return fmt.Sprintf("%s (%d) atomic=%v ttl=%d/%v", text, len(s.Keys), s.Atomic, s.Op.Mode, s.Op.TTL)
	}
	return fmt.Sprintf("%s %d", kindNames[s.Kind], s.N)
}

// Mutates reports whether the step may change a map.
func (s *Step) Mutates() bool { return s.Kind != Load && s.Kind != LoadMany && s.Kind < Walk }

// CanEvict reports whether the step may make entries.
func (s *Step) CanEvict() bool { return s.Kind == DoOp || s.Kind == StoreMany }

// single are the operations that a many-form stands for.
func (s *Step) single() []dict.Op {
	ops := make([]dict.Op, len(s.Keys))
	for i, k := range s.Keys {
		ops[i] = dict.Op{Code: dict.OpDelete, Key: k}
		if s.Kind == StoreMany {
			ops[i] = dict.Op{Code: dict.OpStore, Key: k, Val: s.Vals[i], Mode: s.Op.Mode, TTL: s.Op.TTL}
		}
	}
	return ops
}

// Predict runs a step that changes the map, and no other, on the model alone.
func (m *Model) Predict(s *Step) {
	switch s.Kind {
	case DoOp:
		op := s.Op
		m.Do(&op)
	case StoreMany, DeleteMany:
		_, _ = m.Many(s.single(), s.Atomic)
	case PopOldest, PopNewest:
		m.Pop(s.Kind == PopNewest)
	case Drain:
		for range s.N {
			m.Pop(false)
		}
	case FlushExpired:
		m.FlushExpired()
	case Clear:
		m.Clear()
	}
}

// Perform runs a step that changes the map on the map alone.
func (s *Step) Perform(m *dict.Map) (err error) {
	switch s.Kind {
	case DoOp:
		op := s.Op
		if s.Short {
			return Do(m, &op)
		}
		err = m.Do(&op)
	case StoreMany:
		_, err = m.StoreMany(s.Keys, s.Vals, s.Op.Mode, s.Op.TTL, s.Atomic)
	case DeleteMany:
		_, err = m.DeleteMany(s.Keys, s.Atomic)
	case PopOldest:
		_, _, err = m.PopOldest()
	case PopNewest:
		_, _, err = m.PopNewest()
	case Drain:
		_, err = m.Drain(s.N)
	case FlushExpired:
		_, _, err = m.FlushExpired(s.N)
	case Clear:
		err = m.Clear()
	case Reserve:
		err = m.Reserve(s.N)
	}
	return err
}

// Sentinel is the sentinel that err wraps, err itself if it wraps none of those that operations may return.
func Sentinel(err error) error {
	for _, s := range []error{fault.ErrFull, fault.ErrTooLarge, fault.ErrNoTTL, fault.ErrOverflow, fault.ErrNoSpace,
		fault.ErrBusy, fault.ErrClosed} {
		if errors.Is(err, s) {
			return s
		}
	}
	return err
}

// sameTTL compares times to live; those far ahead may differ by the time that the test took.
func sameTTL(a, b time.Duration) bool {
	return a == b || a > farAhead/2 && (a-b).Abs() < time.Minute
}

// Prepare is Predict for every kind of step: loads visit, the clock advances.
func (m *Model) Prepare(s *Step) {
	switch s.Kind {
	case Load:
		m.Load(s.Op.Key, s.Flags&dict.ReadVisit != 0)
	case Advance:
		m.Clock.Advance(uint64(s.N))
	default:
		m.Predict(s)
	}
}

package dialog

import (
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// mutate runs one mutation of one key and answers with say.
func mutate(code dict.OpCode, mode dict.TTLMode, say func(*talk, *dict.Op)) func(*talk, *args) error {
	return func(t *talk, a *args) error {
		op := dict.Op{Code: code, Mode: mode, Key: a.key, Val: a.val, Old: a.old, TTL: a.ttl}
		if err := t.m.Do(&op); err != nil {
			return err
		}
		say(t, &op)
		return nil
	}
}

// add adds the delta, 1 when there is none, times sign. It wraps at the width of the values.
func add(sign int64) func(*talk, *args) error {
	run := mutate(dict.OpAdd, dict.TTLDefault, sayValue)
	return func(t *talk, a *args) error {
		a.val.W = t.value.Truncate(a.delta() * uint64(sign))
		return run(t, a)
	}
}

// What a mutation answers.

func sayTrue(t *talk, _ *dict.Op)   { t.ok(true) }
func sayFound(t *talk, op *dict.Op) { t.ok(op.Found) }
func sayDone(t *talk, op *dict.Op)  { t.ok(op.Done) }
func sayValue(t *talk, op *dict.Op) { t.maybeValue(true, op.W, op.B) }

// sayActual spares the map a copy of the value that was just given to it.
func sayActual(t *talk, op *dict.Op) {
	if !op.Found {
		op.B = []byte(op.Val.S)
	}
	sayValue(t, op)
}

func sayOldIfFound(t *talk, op *dict.Op) { t.maybeValue(op.Found, op.W, op.B) }
func sayOldIfDone(t *talk, op *dict.Op)  { t.maybeValue(op.Done, op.W, op.B) }

func get(t *talk, a *args) error {
	l, err := t.m.Load(a.key, nil, dict.ReadVisit)
	if err == nil {
		t.maybeValue(l.Found, l.W, l.B)
	}
	return err
}

func exists(t *talk, a *args) error {
	l, err := t.m.Load(a.key, nil, dict.ReadNoVal)
	if err == nil {
		t.ok(l.Found)
	}
	return err
}

// ttl answers in milliseconds. What is left of a deadline is never 0, which means permanent.
func ttl(t *talk, a *args) error {
	l, err := t.m.Load(a.key, nil, dict.ReadNoVal|dict.ReadTTL)
	switch {
	case err != nil:
		return err
	case !l.Found:
		t.raw(`{"ttl_ms":null}`)
	case l.TTL == dict.Permanent:
		t.raw(`{"ttl_ms":0}`)
	default:
		t.number("ttl_ms", max(1, int64(l.TTL/time.Millisecond)))
	}
	return nil
}

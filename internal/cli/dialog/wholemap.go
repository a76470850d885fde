package dialog

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// whole runs a method that has nothing to answer.
func whole(f func(*dict.Map) error) func(*talk, *args) error {
	return func(t *talk, _ *args) error {
		err := f(t.m)
		if err == nil {
			t.ok(true)
		}
		return err
	}
}

// pop removes one entry.
func pop(f func(*dict.Map) (dict.Entry, bool, error)) func(*talk, *args) error {
	return func(t *talk, _ *args) error {
		e, ok, err := f(t.m)
		if err == nil {
			t.maybeEntry(ok, e)
		}
		return err
	}
}

func drain(t *talk, a *args) error {
	entries, err := t.m.Drain(a.n)
	if err == nil {
		t.entries(entries)
	}
	return err
}

// items answers sorted: integers by value, strings by bytes. It uses a cursor of its own.
func items(t *talk, _ *args) error {
	var entries []dict.Entry
	for c := t.m.Cursor(); ; {
		e, ok, err := c.Next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b dict.Entry) int { return compare(t.key, a.Key, b.Key) })
	t.entries(entries)
	return nil
}

// compare orders two keys of kind k.
func compare(k layout.Kind, a, b dict.Datum) int {
	switch {
	case k == layout.String:
		return cmp.Compare(a.S, b.S)
	case k.Less(a.W, b.W):
		return -1
	case k.Less(b.W, a.W):
		return +1
	}
	return 0
}

func cursorSeek(t *talk, a *args) error {
	ok, err := t.cursor.Seek(a.key)
	if err == nil {
		t.ok(ok)
	}
	return err
}

func cursorNext(t *talk, _ *args) error {
	e, ok, err := t.cursor.Next()
	if err == nil {
		t.maybeEntry(ok, e)
	}
	return err
}

func cursorReset(t *talk, _ *args) error {
	t.cursor.Reset()
	t.ok(true)
	return nil
}

// flushExpired does a whole round without a number, and removes at most that many with one.
func flushExpired(t *talk, a *args) error {
	if a.given > 0 && a.n == 0 {
		return fault.With(word.ErrRange, "flush-expired 0 would do nothing; leave the 0 out to flush everything")
	}
	n, done, err := t.m.FlushExpired(a.n)
	if err == nil {
		t.flushed(n, done)
	}
	return err
}

func size(t *talk, _ *args) error {
	t.number("value", int64(t.m.Len()))
	return nil
}

func reserve(t *talk, a *args) error {
	err := t.m.Reserve(a.n)
	if err == nil {
		t.ok(true)
	}
	return err
}

func stats(t *talk, _ *args) error {
	s, err := t.m.Stats(true)
	if err != nil {
		return err
	}
	text, err := json.Marshal(s)
	t.raw(string(text))
	return err
}

func check(t *talk, _ *args) error {
	problems, err := t.m.Check()
	if err == nil {
		t.checked(problems)
	}
	return err
}

func sleep(t *talk, a *args) error {
	time.Sleep(a.ttl)
	t.ok(true)
	return nil
}

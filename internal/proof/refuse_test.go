package proof

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// Memory that is refused at every single moment.

// A wish is one step of the sequence that meets every allocation: nil is Clear, a negative size deletes, a key -1 reserves.
type wish struct{ key, size int }

func wishes() (out []wish) {
	for i := range 40 { // growth: splits, overflow buckets, slabs of several classes
		out = append(out, wish{i, 10 + i*i})
	}
	out = append(out, wish{1, 3}, wish{2, 150_000}, wish{3, 70_000}, wish{2, 20}, wish{4, 250_000}, wish{3, -1}, wish{2, -1}, wish{5, 90_000})
	for i := range 30 {
		out = append(out, wish{i, -1})
	}
	out = append(out, wish{-1, 700}, wish{6, 100_000}, wish{-2, 0}, wish{7, 120_000}, wish{8, 300_000})
	for i := range 60 {
		out = append(out, wish{100 + i, 700})
	}
	return out
}

// grant carries out one wish.
func (s *squeeze) grant(w wish) error {
	key := dict.Datum{S: fmt.Sprint(w.key, strings.Repeat("-", w.key&15))}
	var err error
	switch {
	case w.key == -1:
		err = s.m.Reserve(w.size)
	case w.key == -2:
		if err = s.m.Clear(); err == nil {
			clear(s.want)
		}
	case w.size < 0:
		return s.delete(&dict.Op{Code: dict.OpDelete, Key: key})
	default:
		return s.store(&dict.Op{Key: key, Val: dict.Datum{S: strings.Repeat(string(rune('a'+w.key&15)), w.size)}})
	}
	if scarce(err) {
		s.refused++
		return nil
	}
	return err
}

// A refusal refuses allocations from number first on, so many of them, or until the step ends.
type refusal struct {
	first, last int
	calls       int
	toTheEnd    bool
}

func (f *refusal) ask(off, n uint64) error {
	f.calls++
	if f.calls >= f.first && f.calls <= f.last {
		return unix.ENOSPC
	}
	return nil
}

// suffer runs the sequence; where memory was refused the map is checked, and the step repeated.
func (f *refusal) suffer(spec maptest.Spec) (refused int, err error) {
	m, err := maptest.OnHeap(6<<20, spec, maptest.NewClock())
	if err != nil {
		return 0, err
	}
	s := newSqueeze(m, 1)
	s.keys = nil
	seen := map[string]bool{}
	m.Segment().Env.Region.FailAllocate = f.ask
	for i, w := range wishes() {
		if key := fmt.Sprint(w.key, strings.Repeat("-", w.key&15)); w.key >= 0 && !seen[key] {
			seen[key] = true
			s.keys = append(s.keys, key)
		}
		hit := f.calls < f.first
		if err := s.grant(w); err != nil {
			return 0, fmt.Errorf("step %d, %v: %w", i, w, err)
		}
		if hit = hit && f.calls >= f.first; !hit {
			continue
		}
		if f.toTheEnd {
			f.last = 0
		}
		before := s.refused
		err := errors.Join(maptest.Checked(m), s.verify(m))
		if err == nil && f.last <= f.calls {
			err = s.grant(w)
		}
		if err != nil || f.last <= f.calls && s.refused != before {
			return 0, fmt.Errorf("step %d, %v, and again, refused %d: %w", i, w, s.refused, err)
		}
	}
	return s.refused + s.stuck, errors.Join(maptest.Checked(m), s.verify(m))
}

// TestP06EveryAllocation refuses each allocation of memory of a sequence of operations in turn: once, for the rest of the
// step, and a few times in a row. The operation fails, or does with less; nothing else happens.
func TestP06EveryAllocation(t *testing.T) {
	specs := []maptest.Spec{
		{Key: layout.String, Value: layout.String, Seed: 1},
		{Key: layout.String, Value: layout.String, Seed: 2, LgShards: 1},
		{Key: layout.String, Value: layout.String, Seed: 3, Capacity: 1000, TTL: 1 << 30},
		{Key: layout.String, Value: layout.String, Seed: 4, MaxBytes: 8 << 20},
	}
	for _, spec := range specs {
		n, refused := 1, 0
		for ; ; n++ {
			calls := 0
			ways := []refusal{{first: n, last: n}, {first: n, last: 1 << 40, toTheEnd: true}, {first: n, last: n + 5}}
			if !long() {
				ways = append(ways[:1], ways[1+n%2])
			}
			for _, f := range ways {
				k, err := f.suffer(spec)
				if err != nil {
					t.Fatalf("%v: allocations %d to %d refused: %v", spec, f.first, f.last, err)
				}
				refused += k
				calls = f.calls
			}
			if calls < n {
				break
			}
		}
		record.Count(t, "P6", "allocations refused", n-1)
		record.Count(t, "P6", "operations refused", refused)
		if n < 25 || refused < n/2 { // or memory comes in larger steps, and the sequence must be longer
			t.Error("too few")
		}
	}
}

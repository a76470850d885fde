package proof

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
)

// A squeeze operates on a map of strings that has too little memory, and knows what must be in it: an operation that is
// refused changes nothing.
type squeeze struct {
	m       *dict.Map
	r       *rand.Rand
	want    map[string]string
	keys    []string
	refused int // stores
	last    error
	stuck   int // deletes, which may need an entry of the journal
	n       int
}

var squeezeOptions = dict.Options{Key: layout.String, Value: layout.String, Shards: 2}

func newSqueeze(m *dict.Map, seed uint64) *squeeze {
	s := &squeeze{m: m, r: rand.New(rand.NewPCG(seed, 6)), want: map[string]string{}}
	for i := range 400 {
		s.keys = append(s.keys, fmt.Sprint(i, strings.Repeat("k", i*i%90)))
	}
	return s
}

// value has a size from a hostile mix.
func (s *squeeze) value() string {
	size := 1 + s.r.IntN(7)
	switch s.r.IntN(12) {
	case 0, 1, 2, 3:
		size = 8 + s.r.IntN(120)
	case 4, 5, 6:
		size = 500 + s.r.IntN(4000)
	case 7:
		size = 60_000 + s.r.IntN(10_000)
	case 8:
		size = 1 + s.r.IntN(300_000)
	}
	s.n++
	return strings.Repeat(fmt.Sprintf("%07d", s.n), size/7+1)[:size]
}

// scarce reports whether an operation was refused because memory was short.
func scarce(err error) bool { return errors.Is(err, fault.ErrNoSpace) || errors.Is(err, fault.ErrFull) }

// one carries out one operation.
func (s *squeeze) one() error {
	key := s.keys[s.r.IntN(len(s.keys))]
	old, there := s.want[key]
	op := dict.Op{Key: dict.Datum{S: key}}
	switch n := s.r.IntN(20); {
	case n < 14:
		op.Code = []dict.OpCode{dict.OpStore, dict.OpSwap}[n%2]
		op.Val.S = s.value()
		return s.store(&op)
	case n < 17:
		op.Code = []dict.OpCode{dict.OpDelete, dict.OpLoadAndDelete}[n%2]
		return s.delete(&op)
	}
	l, err := s.m.Load(op.Key, nil, dict.ReadVisit)
	if err != nil || l.Found != there || string(l.B) != old {
		return fmt.Errorf("%.12q: %v, %d bytes, want %v, %d: %w", key, l.Found, len(l.B), there, len(old), err)
	}
	return nil
}

func (s *squeeze) store(op *dict.Op) error {
	old, there := s.want[op.Key.S]
	err := s.m.Do(op)
	switch {
	case scarce(err):
		s.refused++
		s.last = err
		return nil
	case err != nil || op.Found != there:
		return fmt.Errorf("store of %d bytes under %.12q: found %v, want %v: %w", len(op.Val.S), op.Key.S, op.Found, there, err)
	case op.Code == dict.OpSwap && string(op.B) != old:
		return fmt.Errorf("swap of %.12q returned %d bytes, want %d", op.Key.S, len(op.B), len(old))
	}
	s.want[op.Key.S] = op.Val.S
	return nil
}

func (s *squeeze) delete(op *dict.Op) error {
	_, there := s.want[op.Key.S]
	err := s.m.Do(op)
	switch {
	case scarce(err):
		s.stuck++
		return nil
	case err != nil || op.Found != there:
		return fmt.Errorf("delete of %.12q: found %v, want %v: %w", op.Key.S, op.Found, there, err)
	}
	delete(s.want, op.Key.S)
	return nil
}

// many carries out operations until there were n, and so many stores were refused.
func (s *squeeze) many(n, refused int) error {
	refused += s.refused
	for i := 0; i < n || s.refused < refused; i++ {
		if err := s.one(); err != nil {
			return err
		}
		if i > 100*n {
			return fmt.Errorf("only %d stores were refused", s.refused)
		}
		if i%100 == 99 {
			if err := s.verify(s.m); err != nil {
				return err
			}
		}
	}
	if err := maptest.Checked(s.m); err != nil {
		return err
	}
	return s.verify(s.m)
}

// verify compares everything, one by one and by iteration.
func (s *squeeze) verify(m *dict.Map) error {
	found, err := all(m)
	if err != nil || len(found) != len(s.want) || m.Len() != len(s.want) {
		return fmt.Errorf("%d entries in the iteration, %d in all, want %d: %w", len(found), m.Len(), len(s.want), err)
	}
	for _, key := range s.keys {
		val, there := s.want[key]
		if l, err := m.Load(dict.Datum{S: key}, nil, 0); err != nil || l.Found != there || string(l.B) != val {
			return fmt.Errorf("%.12q: %v, %d bytes, want %v, %d: %w", key, l.Found, len(l.B), there, len(val), err)
		}
		if there && found[dict.Datum{S: key}].S != val {
			return fmt.Errorf("%.12q: another value in the iteration", key)
		}
	}
	return nil
}

// relieved says whether the map can be used again: a store of every key succeeds, with values of up to size bytes.
func (s *squeeze) relieved(size int) error {
	before := s.refused
	for i, key := range s.keys {
		op := dict.Op{Key: dict.Datum{S: key}, Val: dict.Datum{S: strings.Repeat("r", 1+i*31%size)}}
		if err := s.store(&op); err != nil {
			return err
		}
	}
	if s.refused > before {
		return fmt.Errorf("%d stores were refused where there is room: %w", s.refused-before, s.last)
	}
	return s.many(1, 0)
}

// halve deletes what is large, and every other entry besides.
func (s *squeeze) halve() error {
	stuck := s.stuck
	for i, key := range s.keys {
		if i%2 == 0 || len(s.want[key]) > 10_000 {
			if err := s.delete(&dict.Op{Code: dict.OpDelete, Key: dict.Datum{S: key}}); err != nil {
				return err
			}
		}
	}
	if s.stuck > stuck {
		return fmt.Errorf("%d deletes were refused", s.stuck-stuck)
	}
	return nil
}

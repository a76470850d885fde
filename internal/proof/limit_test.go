package proof

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// A limited map is asked after each operation whether it keeps its limits.
type limited struct {
	*squeeze
	spec maptest.Spec
}

// keeps says which limit is passed.
func (l *limited) keeps() error {
	c, n := l.m.Segment().Env.Config, uint64(l.m.Len())
	if l.spec.MaxEntries != 0 && n > l.spec.MaxEntries || l.spec.Capacity != 0 && n > l.spec.Capacity {
		return fmt.Errorf("%d entries", n)
	}
	if c.MaxBytes == 0 {
		return nil
	}
	used := uint64(2 * layout.Page) // the header and the participants
	for i := range l.m.Segment().Shards {
		used += l.m.Segment().Env.Space.Used(i)
	}
	if used > c.MaxBytes {
		return fmt.Errorf("%d bytes by its own account", used)
	}
	if l.m.Path() == "" {
		return nil
	}
	st, err := l.m.Stats(false)
	if err == nil && st.FileBytes > c.MaxBytes {
		err = fmt.Errorf("%d bytes in the file system", st.FileBytes)
	}
	return err
}

// evicts reports whether a full map makes room by itself.
func (l *limited) evicts() bool {
	c := l.m.Segment().Env.Config
	return c.Policy != layout.PolicyNone && (c.MaxEntries == 0 || c.Capacity != 0 && c.Capacity <= c.MaxEntries)
}

// one carries out one operation; victims make a model impossible, so that values must only be whole.
func (l *limited) one() error {
	key := l.keys[l.r.IntN(len(l.keys))]
	op := dict.Op{Key: dict.Datum{S: key}}
	if n := l.r.IntN(20); n < 15 {
		op.Val.S = key + l.value()
	} else if n < 17 {
		op.Code = dict.OpDelete
	} else {
		v, err := l.m.Load(op.Key, nil, dict.ReadVisit)
		if v.Found && !strings.HasPrefix(string(v.B), key) {
			err = errors.Join(err, fmt.Errorf("%.12q: the value %.20q", key, v.B))
		}
		return err
	}
	err := l.m.Do(&op)
	if !errors.Is(err, fault.ErrFull) {
		return errors.Join(err, l.keeps())
	}
	l.refused++
	n := l.m.Len()
	switch {
	case op.Code == dict.OpDelete:
		return fmt.Errorf("a delete: %w", err)
	case l.evicts() && n > 1:
		return fmt.Errorf("%d entries could be evicted for %d bytes: %w", n, len(op.Val.S), err)
	case l.spec.MaxBytes == 0 && uint64(n) < l.spec.MaxEntries:
		return fmt.Errorf("%d entries only: %w", n, err)
	}
	return l.keeps()
}

// limits are those of the maps of the test; strings in all of them.
func limits() (out []maptest.Spec) {
	for _, lg := range []uint{0, 2, 4} {
		for _, s := range []maptest.Spec{
			{MaxEntries: 100},
			{Capacity: 70},
			{Capacity: 70, Policy: layout.PolicyS3},
			{Capacity: 90, MaxEntries: 60},
			{Capacity: 60, MaxEntries: 90, TTL: 1 << 30},
			{MaxBytes: 3 << 20},
			{MaxBytes: 3 << 20, Policy: layout.PolicyClock},
			{MaxBytes: 4 << 20, Capacity: 150, TTL: 1 << 30},
			{MaxBytes: 4 << 20, Capacity: 150, TTL: 1 << 30, Policy: layout.PolicyS3},
			{MaxBytes: (1 + uint64(lg)/2) << 20, Policy: layout.PolicyClock},
			{MaxBytes: (1 + uint64(lg)/2) << 20, Policy: layout.PolicyS3},
		} {
			s.Key, s.Value, s.LgShards, s.Seed = layout.String, layout.String, lg, uint64(lg+1)
			out = append(out, s)
		}
	}
	return out
}

// TestP11Limits: after each operation there are no more entries and bytes than allowed, and no store is refused while
// anything may be evicted; in a file what counts is what the file system says.
func TestP11Limits(t *testing.T) {
	r := random(t)
	for _, spec := range limits() {
		for _, where := range []string{"heap", "file"} {
			t.Run(fmt.Sprint(spec, " on ", where), func(t *testing.T) {
				m, err := maptest.OnHeap(96<<20, spec, nil)
				if where == "file" {
					m, err = maptest.Open(filepath.Join(memoryDir(t), "map"), spec, nil)
				}
				m = maptest.Keep(t, m, err)
				l := limited{newSqueeze(m, r.Uint64()), spec}
				ops := pick(2000, 50_000)
				for i := range ops {
					if err := l.one(); err != nil {
						t.Fatalf("operation %d: %v", i, err)
					}
				}
				st, err := m.Stats(false)
				record.Count(t, "P11", "operations, each followed by a look at the limits", ops)
				record.Count(t, "P11", "stores refused", l.refused)
				record.Count(t, "P11", "evictions", int(st.Evictions))
				if err != nil {
					t.Error(err)
				}
				if l.evicts() && st.Evictions == 0 || !l.evicts() && l.refused == 0 {
					t.Error("the limit was not reached")
				}
			})
		}
	}
}

// TestP11Integers: the same where buckets alone use the memory up.
func TestP11Integers(t *testing.T) {
	for _, lg := range []uint{0, 2, 3} {
		for i, hash := range []layout.Hash{0, 1, 0, 1} {
			policy := layout.PolicyClock + layout.Policy(i/2)
			spec := maptest.Spec{Key: layout.Int64, Value: layout.Int64, Policy: policy, MaxBytes: 512 << 10, LgShards: lg, Seed: 5, Hash: hash}
			ops := pick(20_000, 500_000)
			if hash != 0 {
				ops, spec.MaxBytes = 4000, 96<<10+(20<<10)<<lg // in one chain
			}
			m, err := maptest.OnHeap(8<<20, spec, nil)
			m = maptest.Keep(t, m, err)
			l := limited{newSqueeze(m, 1), spec}
			for i := range ops {
				err := m.Do(&dict.Op{Key: number(i), Val: number(i)})
				if err = errors.Join(err, l.keeps()); err != nil {
					t.Fatalf("%v, store %d: %v", spec, i, err)
				}
			}
			record.Count(t, "P11", "operations, each followed by a look at the limits", ops)
			if m.Len() == ops {
				t.Error("the limit was not reached")
			}
		}
	}
}

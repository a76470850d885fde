package maptest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// cachedKinds are those of caches whose short way evicts and inserts in one.
var cachedKinds = [][2]layout.Kind{
	{layout.Int64, layout.Int64}, {layout.String, layout.String}, {layout.Int64, layout.String}, {layout.String, layout.Int64},
}

// cachedSpec is a small cache of such kinds: without deadlines, with those that operations give (1), or with a default besides (2).
func cachedSpec(kinds [2]layout.Kind, policy layout.Policy, deadlines, seed uint64, r *rand.Rand) Spec {
	spec := Spec{Key: kinds[0], Value: kinds[1], Capacity: 12 + r.Uint64N(30), Seed: seed + 5, Policy: policy, HasTTL: deadlines > 0}
	if deadlines == 2 {
		spec.TTL = 200
	}
	return spec
}

// cachedStep is a store, or sometimes a load that visits, or time that goes by.
func (k *maker) cachedStep(r *rand.Rand, keys, value int) Step {
	switch n := r.IntN(12); {
	case n < 4:
		return Step{Kind: Load, Op: dict.Op{Key: k.key(r.IntN(keys))}, Flags: dict.ReadVisit}
	case n == 4 && k.spec.HasTTL:
		return Step{Kind: Advance, N: 1 + r.IntN(20)}
	}
	return k.cachedStore(r, r.IntN(keys), value)
}

// cachedStore is an operation that makes an entry if there is none. Of strings most are of lengths that need blocks of one class.
func (k *maker) cachedStore(r *rand.Rand, key, value int) Step {
	s := k.store(key, value)
	if k.spec.Value == layout.String && r.IntN(4) > 0 {
		s.Op.Val.S = Text(80+r.IntN(30), byte(value))
	}
	codes := []dict.OpCode{dict.OpInsert, dict.OpLoadOrStore, dict.OpSwap, dict.OpAdd, dict.OpMax}
	if k.spec.Value == layout.String {
		codes = codes[:3]
	}
	if n := r.IntN(2 * len(codes)); n < len(codes) {
		s.Op.Code = codes[n]
	}
	if k.spec.HasTTL && r.IntN(3) == 0 {
		s.Op.Mode, s.Op.TTL = dict.TTLExplicit, time.Duration(1+r.IntN(300))*time.Millisecond
	}
	s.Short = HasShortWay(k.spec.Key, k.spec.Value, &s.Op)
	return s
}

// TestShortEvictionsLikeTheModel: who has to go for a new entry is the same by the short way, whatever was visited or has expired: all keys
// are compared with the model after each step.
func TestShortEvictionsLikeTheModel(t *testing.T) {
	const keys = 90
	expired := uint64(0)
	for _, policy := range []layout.Policy{layout.PolicyClock, layout.PolicyS3} {
		for seed := range uint64(96) {
			r := rand.New(rand.NewPCG(seed, 2))
			spec, clock := cachedSpec(cachedKinds[seed%4], policy, seed/4%3, seed, r), NewClock()
			m, err := OnHeap(room, spec, clock)
			if err != nil {
				t.Fatal(err)
			}
			p, k := NewPair(spec, clock, m), maker{spec: spec}
			for i := range 400 {
				s := k.cachedStep(r, keys, i)
				err := p.Run(&s)
				for j := 0; j < keys && err == nil; j++ {
					look := Step{Kind: Load, Op: dict.Op{Key: k.key(j)}}
					if i%50 == 49 { // all of them, so that the next eviction passes more than it has the patience for
						look.Flags = dict.ReadVisit
					}
					if err = p.Run(&look); err != nil {
						err = fmt.Errorf("key %d: %w", j, err)
					}
				}
				if err != nil {
					t.Fatalf("%v, seed %d, step %d, %v: %v", policy, seed, i, &s, err)
				}
			}
			st, err := m.Stats(false)
			if err != nil || st.Evictions < 50 {
				t.Errorf("%d evictions, %v", st.Evictions, err)
			}
			expired += st.Expirations
			if problems, err := m.Check(); err != nil || len(problems) > 0 {
				t.Errorf("%v, seed %d: check: %v %v", spec, seed, err, problems)
			}
		}
	}
	if expired < 1000 {
		t.Errorf("%d entries have expired", expired)
	}
}

// TestFullCacheInOneTransaction: most operations that make an entry in a full cache change it once, whatever they are.
func TestFullCacheInOneTransaction(t *testing.T) {
	codes := []dict.OpCode{dict.OpStore, dict.OpInsert, dict.OpSwap, dict.OpLoadOrStore, dict.OpAdd, dict.OpAddChecked, dict.OpMax, dict.OpMin}
	for _, kinds := range cachedKinds {
		for _, policy := range []layout.Policy{layout.PolicyClock, layout.PolicyS3} {
			for deadlines := range uint64(3) {
				spec := Spec{Key: kinds[0], Value: kinds[1], Policy: policy, Capacity: 300, Seed: 9, HasTTL: deadlines > 0, TTL: deadlines / 2 * 1000}
				m, err := OnHeap(room, spec, NewClock())
				if err != nil {
					t.Fatal(err)
				}
				k, n := maker{spec: spec}, 0
				makes := func(code dict.OpCode, stores int) uint64 {
					before, err := m.Stats(false)
					for range stores {
						n++
						op := k.store(24*n+16, 1).Op // keys and values of one length each
						op.Code = code
						if err == nil {
							err = m.Do(&op)
						}
						if err == nil && (op.Found || !op.Done) {
							t.Fatalf("%v, %s: found %v, done %v", spec, opNames[code], op.Found, op.Done)
						}
					}
					after, err2 := m.Stats(false)
					if err != nil || err2 != nil {
						t.Fatal(err, err2)
					}
					return after.Transactions - before.Transactions
				}
				makes(dict.OpStore, 600)
				for _, code := range codes {
					if code >= dict.OpAdd && kinds[1] == layout.String {
						break
					}
					if n := makes(code, 200); n > 300 {
						t.Errorf("%v, %s: %d transactions for 200 new entries", spec, opNames[code], n)
					}
				}
				if problems, err := m.Check(); err != nil || len(problems) > 0 {
					t.Errorf("%v: check: %v %v", spec, err, problems)
				}
			}
		}
	}
}

// TestP01ShortEvictions: a death at any store of such an eviction, in caches that were used at random.
func TestP01ShortEvictions(t *testing.T) {
	for _, kinds := range cachedKinds {
		t.Run(fmt.Sprintf("%v->%v", kinds[0], kinds[1]), func(t *testing.T) {
			seeds, points := uint64(108), 0
			if kinds[0] == layout.String || kinds[1] == layout.String { // several times as many crash points, and larger maps
				seeds = 36
			}
			for seed := range seeds {
				r := rand.New(rand.NewPCG(seed, 1))
				policy := layout.PolicyS3
				if seed%3 == 0 {
					policy = layout.PolicyClock
				}
				spec := cachedSpec(kinds, policy, seed/3%3, seed, r)
				k := maker{spec: spec}
				var setup []Step
				for i := range 120 {
					setup = append(setup, k.cachedStep(r, 60, i))
				}
				sc := scenario{"eviction", spec, setup, k.cachedStore(r, 99+r.IntN(20), 7)} // a key of any length
				c := crasher{sc: &sc}
				if err := c.run(); err != nil {
					t.Errorf("%v, seed %d: %v", policy, seed, err)
				}
				points += c.points
			}
			if points < 300 {
				t.Errorf("%d crash points", points)
			}
		})
	}
}

// TestEvictionsAreCountedOnce: by the short way, also where memory is missing in the middle and it starts again.
func TestEvictionsAreCountedOnce(t *testing.T) {
	for _, policy := range []layout.Policy{layout.PolicyClock, layout.PolicyS3} {
		for _, spec := range []Spec{
			{Key: layout.Int64, Value: layout.Int64, Policy: policy, Capacity: 3000},
			{Key: layout.Int64, Value: layout.Int64, Policy: policy, Capacity: 3000, MaxBytes: 180 << 10},
		} {
			m, err := OnHeap(room, spec, NewClock())
			if err != nil {
				t.Fatal(err)
			}
			const stores = 40_000
			for i := range uint64(stores) {
				if err := m.StoreWord(i*0x9e3779b97f4a7c15, i); err != nil {
					t.Fatal(err)
				}
			}
			st, err := m.Stats(false)
			if want := stores - st.Entries; err != nil || st.Evictions != want {
				t.Errorf("%v, %d bytes: %d evictions counted of %d, %v", policy, spec.MaxBytes, st.Evictions, want, err)
			}
		}
	}
}

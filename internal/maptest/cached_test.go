package maptest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// cachedKinds are those of caches whose short way evicts and inserts in one.
var cachedKinds = [][2]layout.Kind{
	{layout.Int64, layout.Int64}, {layout.String, layout.String}, {layout.Int64, layout.String}, {layout.String, layout.Int64},
}

// cachedSpec is a small cache of such kinds.
func cachedSpec(kinds [2]layout.Kind, policy layout.Policy, seed uint64, r *rand.Rand) Spec {
	return Spec{Key: kinds[0], Value: kinds[1], Capacity: 12 + r.Uint64N(30), Seed: seed + 5, Policy: policy}
}

// shortStep is a store by the short way, or sometimes a load that visits.
func (k *maker) shortStep(r *rand.Rand, keys, value int) Step {
	if r.IntN(3) == 0 {
		return Step{Kind: Load, Op: dict.Op{Key: k.key(r.IntN(keys))}, Flags: dict.ReadVisit}
	}
	return k.shortStore(r, r.IntN(keys), value)
}

// shortStore is a store by the short way. Of strings most are of lengths that need blocks of one class.
func (k *maker) shortStore(r *rand.Rand, key, value int) Step {
	s := k.store(key, value)
	if k.spec.Value == layout.String && r.IntN(4) > 0 {
		s.Op.Val.S = Text(80+r.IntN(30), byte(value))
	}
	s.Short = true
	return s
}

// TestShortEvictionsLikeTheModel: who has to go for a new entry is the same by the short way, whatever was visited: all keys
// are compared with the model after each step.
func TestShortEvictionsLikeTheModel(t *testing.T) {
	const keys = 90
	for _, policy := range []layout.Policy{layout.PolicyClock, layout.PolicyS3} {
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 2))
			spec, clock := cachedSpec(cachedKinds[seed%4], policy, seed, r), NewClock()
			m, err := OnHeap(room, spec, clock)
			if err != nil {
				t.Fatal(err)
			}
			p, k := NewPair(spec, clock, m), maker{spec: spec}
			for i := range 400 {
				s := k.shortStep(r, keys, i)
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
			if st, err := m.Stats(false); err != nil || st.Evictions < 50 {
				t.Errorf("%d evictions, %v", st.Evictions, err)
			}
		}
	}
}

// TestP01ShortEvictions: a death at any store of such an eviction, in caches that were used at random.
func TestP01ShortEvictions(t *testing.T) {
	for _, kinds := range cachedKinds {
		t.Run(fmt.Sprintf("%v->%v", kinds[0], kinds[1]), func(t *testing.T) {
			seeds, points := uint64(60), 0
			if kinds[0] == layout.String || kinds[1] == layout.String { // several times as many crash points, and larger maps
				seeds = 24
			}
			for seed := range seeds {
				r := rand.New(rand.NewPCG(seed, 1))
				policy := layout.PolicyS3
				if seed%3 == 0 {
					policy = layout.PolicyClock
				}
				spec := cachedSpec(kinds, policy, seed, r)
				k := maker{spec: spec}
				var setup []Step
				for i := range 120 {
					setup = append(setup, k.shortStep(r, 60, i))
				}
				sc := scenario{"eviction", spec, setup, k.shortStore(r, 99+r.IntN(20), 7)} // a key of any length
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

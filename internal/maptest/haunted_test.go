package maptest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/table"
)

// Ghosts, told again in plain Go: what every bucket remembers follows from which entries go, which come, and how the table
// changes its shape. Where the entries are is read out of the memory.

// A house is a bucket: main ones by their number, overflow ones by theirs + 1, negative.
type house int

// A street is where the entries of a map are at one moment.
type street struct {
	chains  [][]house // by main bucket
	at      map[dict.Datum]house
	tenants map[house]int
	trial   map[dict.Datum]bool // in small, and not visited
	ghosts  map[house]uint64
}

func survey(m *dict.Map) (*street, error) {
	t := m.Segment().Shards[0].Table()
	s := &street{at: map[dict.Datum]house{}, tenants: map[house]int{}, trial: map[dict.Datum]bool{}, ghosts: map[house]uint64{}}
	for i := range table.Buckets(t.Shard.Load(layout.ShLevel)) {
		b, h := t.Main.Must(i), house(i)
		s.chains = append(s.chains, nil)
		for {
			s.chains[i] = append(s.chains[i], h)
			s.ghosts[h] = b.Load(t.Geo.Ghosts)
			for k := range t.Geo.Slots {
				if b.Load(layout.BkTags)>>(8*k)&0xff == 0 {
					continue
				}
				key, val := t.Slot(b.Ptr, k)
				it, err := lookItem(t, key, val)
				if err != nil {
					return nil, err
				}
				s.at[it.Key] = h
				s.tenants[h]++
			}
			next := layout.Hi(b.Load(layout.BkHead))
			if next == 0 {
				break
			}
			b, h = t.Over.Must(next-1), -house(next)
		}
	}
	state, err := Look(m)
	if err != nil {
		return nil, err
	}
	for _, it := range state[0] {
		s.trial[it.Key] = !it.Main && !it.Visited
	}
	return s, nil
}

// A seance tells which ghosts there should be: by house, newest first.
type seance struct {
	config *layout.Config
	ghosts map[house][]uint64
	asked  int
	known  int
}

func (g *seance) hash(key dict.Datum) uint64 {
	k := shard.ReadyKey(g.config, key)
	return k.Hash
}

func (g *seance) print(key dict.Datum) uint64 { return max(g.hash(key)>>28&1023, 1) }

// left is what becomes of the ghosts when an entry goes; died says that it was evicted while on trial.
func (g *seance) left(s *street, key dict.Datum, died bool) {
	h := s.at[key]
	if died {
		g.ghosts[h] = slices.Insert(g.ghosts[h], 0, g.print(key))
		g.ghosts[h] = g.ghosts[h][:min(len(g.ghosts[h]), 6)]
	}
	if s.tenants[h]--; h < 0 && s.tenants[h] == 0 { // given back, whoever takes it next
		delete(g.ghosts, h)
	}
}

// came says whether a ghost remembers a new key, which is forgotten then.
func (g *seance) came(s *street, key dict.Datum) bool {
	g.asked++
	chain := s.chains[table.IndexOf(uint64(len(s.chains)), g.hash(key))]
	for _, h := range chain {
		if i := slices.Index(g.ghosts[h], g.print(key)); i >= 0 {
			g.ghosts[h] = slices.Delete(g.ghosts[h], i, i+1)
			g.known++
			return true
		}
	}
	return false
}

// reshaped follows a split, or a merge, and buckets that are in no chain any more.
func (g *seance) reshaped(was, is *street) {
	for n := len(was.chains); n < len(is.chains); n++ {
		bit := 1
		for 2*bit <= n {
			bit *= 2
		}
		g.ghosts[house(n)] = slices.Clone(g.ghosts[house(n-bit)])
	}
	for h := range g.ghosts {
		if _, ok := is.ghosts[h]; !ok {
			delete(g.ghosts, h)
		}
	}
}

func (g *seance) agrees(is *street) error {
	for h, w := range is.ghosts {
		want := uint64(0)
		for _, p := range slices.Backward(g.ghosts[h]) {
			want = want<<10 | p
		}
		if w != want {
			return fmt.Errorf("bucket %d remembers %#x, want %#x", h, w, want)
		}
	}
	return nil
}

// TestGhosts follows a full map with one shard step by step: each victim, the place, bit and laps of every entry are as the
// model says, and each bucket's ghosts as told here.
func TestGhosts(t *testing.T) {
	for _, kinds := range [][2]layout.Kind{{layout.Int64, layout.Int64}, {layout.Int32, layout.Int32}, {layout.Uint16, layout.Int16},
		{layout.String, layout.String}} {
		for hash := range layout.HashFourBit + 1 {
			if hash != layout.HashStrong && kinds[0] == layout.String {
				continue // as for integers, and slow
			}
			spec := Spec{Key: kinds[0], Value: kinds[1], Policy: layout.PolicyS3, Capacity: 90, Hash: hash, Seed: seed(t)}
			t.Run(spec.String(), func(t *testing.T) { haunt(t, spec) })
		}
	}
}

func haunt(t *testing.T, spec Spec) {
	clock := NewClock()
	m, err := OnHeap(8<<20, spec, clock)
	p := NewPair(spec, clock, Keep(t, m, err))
	g := &seance{config: spec.Config(), ghosts: map[house][]uint64{}}
	r := rand.New(rand.NewPCG(seed(t), 21))
	was, err := survey(m)
	for i := 0; i < 4000 && err == nil; i++ {
		key := KeyOf(spec.Key, int(r.ExpFloat64()*60))
		if i%400 > 300 {
			key = KeyOf(spec.Key, 300+i%250) // a loop
		}
		step := Step{Kind: Load, Op: dict.Op{Key: key}, Flags: dict.ReadVisit}
		if x := r.IntN(30); x == 0 {
			step = Step{Op: dict.Op{Code: dict.OpDelete, Key: key}}
		} else if x == 1 && i%1000 < 200 {
			step = Step{Kind: Drain, N: 5}
		} else if i%1500 == 1400 {
			step = Step{Kind: Clear}
		} else if p.Model.live(key) == nil || x == 2 {
			step = Step{Op: dict.Op{Key: key, Val: ValueOf(spec.Value, byte(i), byte(x))}}
		}
		if err = p.Run(&step); err == nil {
			was, err = g.follow(p, &step, was)
		}
		if err != nil {
			err = fmt.Errorf("step %d, %v: %w", i, &step, err)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d new keys were remembered", g.known, g.asked)
	if g.known < 100 || g.known > g.asked*9/10 {
		t.Error("ghosts make no difference here")
	}
}

// follow compares the map of p after a step with the model, and its ghosts with what they should be.
func (g *seance) follow(p *Pair, step *Step, was *street) (*street, error) {
	is, err := survey(p.Map())
	if err != nil {
		return nil, err
	}
	state, err := Look(p.Map())
	if err != nil {
		return nil, err
	}
	if diff := state.Diff(p.Model.State()); diff != "" {
		return nil, fmt.Errorf("%s", diff)
	}
	if step.Kind == Clear {
		clear(g.ghosts)
		return is, g.agrees(is)
	}
	for key := range was.at {
		if _, stays := is.at[key]; !stays {
			g.left(was, key, step.Kind == DoOp && step.Op.Code == dict.OpStore && was.trial[key])
		}
	}
	if _, old := was.at[step.Op.Key]; !old && step.Kind == DoOp && step.Op.Code == dict.OpStore {
		known := g.came(was, step.Op.Key)
		for _, it := range state[0] {
			if it.Key == step.Op.Key && it.Main != known {
				return nil, fmt.Errorf("in main %v, remembered %v", it.Main, known)
			}
		}
	}
	g.reshaped(was, is)
	return is, g.agrees(is)
}

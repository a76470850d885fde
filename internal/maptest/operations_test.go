package maptest

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// One suite of operations for every kind of map, everywhere a map can be, against the model.

// kindPairs are the ten variants of the reference, and the unsigned ones.
var kindPairs = [][2]layout.Kind{
	{layout.Int16, layout.Int16}, {layout.Int32, layout.Int32}, {layout.Int64, layout.Int64},
	{layout.Int16, layout.String}, {layout.Int32, layout.String}, {layout.Int64, layout.String},
	{layout.String, layout.Int16}, {layout.String, layout.Int32}, {layout.String, layout.Int64},
	{layout.String, layout.String},
	{layout.Uint16, layout.Uint16}, {layout.Uint32, layout.Uint32}, {layout.Uint64, layout.Uint64},
	{layout.Uint64, layout.String}, {layout.String, layout.Uint32}, {layout.Uint16, layout.Int64},
}

// features are what maps differ in besides.
var features = []Spec{
	{},
	{HasTTL: true},
	{TTL: 500},
	{Capacity: 40},
	{Capacity: 25, TTL: 300},
	{Capacity: 30, HasTTL: true},
	{MaxEntries: 40},
	{MaxEntries: 30, TTL: 300},
	{Policy: layout.PolicyClock},
	{Capacity: 60, MaxEntries: 20, Skip: 0},
	{Capacity: 40, Skip: 50},
	{Policy: layout.PolicyS3, Capacity: 40},
	{Policy: layout.PolicyS3, Capacity: 90, HasTTL: true},
	{Policy: layout.PolicyS3, Capacity: 25, TTL: 300, Skip: 50},
	{Policy: layout.PolicyS3},
}

// media are the places where a map can be. Each opens a map, through one handle or several that take turns.
var media = []struct {
	name string
	open func(t *testing.T, s Spec, c *Clock) []*dict.Map
}{
	{"heap", func(t *testing.T, s Spec, c *Clock) []*dict.Map {
		room := uint64(1 << 20)
		if s.Key == layout.String || s.Value == layout.String {
			room = 24 << 20
		}
		m, err := OnHeap(room, s, c)
		return []*dict.Map{Keep(t, m, err)}
	}},
	{"file", func(t *testing.T, s Spec, c *Clock) []*dict.Map {
		path := filepath.Join(t.TempDir(), "map")
		m, err := Open(path, s, c)
		m = Keep(t, m, err)
		other, err := Open(path, s, c)
		return []*dict.Map{m, Keep(t, other, err)}
	}},
	{"memfd", func(t *testing.T, s Spec, c *Clock) []*dict.Map {
		m, err := Anonymous(s, c)
		return []*dict.Map{Keep(t, m, err)}
	}},
	{"passed", func(t *testing.T, s Spec, c *Clock) []*dict.Map {
		m, err := Anonymous(s, c)
		m = Keep(t, m, err)
		other, err := Passed(m, s, c)
		return []*dict.Map{m, Keep(t, other, err)}
	}},
}

// seed is SHMAP_SEED, or 1: runs can be repeated, and varied.
func seed(t testing.TB) uint64 {
	text := os.Getenv("SHMAP_SEED")
	if text == "" {
		return 1
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOperations(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 0))
	for _, medium := range media {
		t.Run(medium.name, func(t *testing.T) {
			n := 600
			if medium.name == "heap" {
				n = 1200
			}
			for k, kinds := range kindPairs {
				for _, lgShards := range []uint{0, 2} {
					for hash := range layout.HashFourBit + 1 {
						for f, spec := range features {
							if medium.name != "heap" && !long() && (k+f+int(hash)+int(lgShards))%6 != 0 {
								continue // a sixth of the product; the heap sees all of it
							}
							spec.Key, spec.Value, spec.LgShards, spec.Hash, spec.Seed = kinds[0], kinds[1], lgShards, hash, seed(t)
							data := make([]byte, n)
							for i := range data {
								data[i] = byte(r.Uint32())
							}
							t.Run(fmt.Sprintf("%v", spec), func(t *testing.T) { runSequence(t, spec, medium.open, data) })
						}
					}
				}
			}
		})
	}
}

// runSequence runs what data means.
func runSequence(t *testing.T, spec Spec, open func(t *testing.T, s Spec, c *Clock) []*dict.Map, data []byte) {
	clock := NewClock()
	p := NewPair(spec, clock, open(t, spec, clock)...)
	steps := Decode(data, spec)
	for i := range steps {
		if err := p.Run(&steps[i]); err != nil {
			t.Fatalf("%v, step %d of %d, %v: %v\nafter %v\nbytes %s", spec, i, len(steps), &steps[i], err,
				history(steps[:i]), hex.EncodeToString(data))
		}
	}
	if err := p.Finish(); err != nil {
		t.Fatalf("%v, after %d steps: %v\nbytes %s", spec, len(steps), err, hex.EncodeToString(data))
	}
}

// history prints the last few steps.
func history(steps []Step) (out []string) {
	for i := max(0, len(steps)-5); i < len(steps); i++ {
		out = append(out, steps[i].String())
	}
	return out
}

// FuzzOperations runs bytes as the codec decodes them; the first says which map.
func FuzzOperations(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 0))
	for i := range 24 {
		data := make([]byte, 64<<(i%3))
		for k := range data {
			data[k] = byte(r.Uint32())
		}
		f.Add(byte(i*11), byte(i*5), data)
	}
	f.Fuzz(func(t *testing.T, kinds, feature byte, data []byte) {
		spec := features[int(feature)%len(features)]
		pair := kindPairs[int(kinds)%len(kindPairs)]
		spec.Key, spec.Value, spec.Seed = pair[0], pair[1], 1
		spec.Hash = layout.Hash(kinds>>4) % (layout.HashFourBit + 1)
		spec.LgShards = uint(kinds >> 6 & 2)
		runSequence(t, spec, media[0].open, data[:min(len(data), 4096)])
	})
}

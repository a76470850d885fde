package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/check"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// A damage is something that no operation does, and a part of what the referee says of it.
type damage struct {
	name string
	do   func(m *memory)
	want string
}

// cached is a map of integers with everything that buckets can have: long chains, free overflow buckets, deadlines, a
// recency list, leases.
func cached(t *testing.T) *player {
	p := play(t, dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 2, EnableTTL: true, Capacity: 400, Hash: layout.HashFourBit}, 1)
	for i := range 380 {
		op := dict.Op{Key: dict.Datum{W: uint64(i)}}
		if i%2 == 0 {
			op.Mode, op.TTL = dict.TTLExplicit, time.Hour
		}
		p.do(op)
	}
	for i := range 300 {
		p.do(dict.Op{Code: dict.OpDelete, Key: dict.Datum{W: uint64(i)}})
	}
	s := &p.m.Segment().Shards[0]
	if s.Stat(layout.ShOverUsed) < 2 || s.Stat(layout.ShOverBump) < s.Stat(layout.ShOverUsed)+2 {
		t.Fatalf("%d overflow buckets of %d are used", s.Stat(layout.ShOverUsed), s.Stat(layout.ShOverBump))
	}
	p.clean("before the damage")
	return p
}

// stored is a map of strings with everything that string storage can have: slabs, large values, free chunks, holes.
func stored(t *testing.T) *player {
	p := play(t, dict.Options{Key: layout.String, Value: layout.String, Shards: 1, MaxBytes: 20 << 20}, 1)
	key := func(i int) dict.Datum { return dict.Datum{S: fmt.Sprintf("the key number %d", i)} }
	for i := range 200 {
		p.do(dict.Op{Key: key(i), Val: dict.Datum{S: strings.Repeat("v", i%100)}})
	}
	for i := range 60 {
		p.do(dict.Op{Key: key(1000 + i), Val: dict.Datum{S: strings.Repeat("v", 150_000)}})
	}
	for i := range 50 {
		p.do(dict.Op{Code: dict.OpDelete, Key: key(1000 + i)})
		p.do(dict.Op{Code: dict.OpDelete, Key: key(i)})
	}
	for i := range 400 {
		p.now++
		p.do(dict.Op{Key: dict.Datum{S: "x"}, Val: dict.Datum{S: fmt.Sprint(i % 2)}})
	}
	s := &p.m.Segment().Shards[0]
	if s.Stat(layout.ShChunkHolesLen) < 2 || s.Stat(layout.ShChunkFreeLen) < 2 {
		t.Fatal("the map has no holes or no free chunks")
	}
	p.clean("before the damage")
	return p
}

// narrow is a map with six slots in a bucket, and no policy.
func narrow(t *testing.T) *player {
	p := play(t, dict.Options{Key: layout.Int32, Value: layout.Int32, Shards: 1}, 1)
	for i := range 100 {
		p.do(dict.Op{Key: dict.Datum{W: uint64(i)}})
	}
	return p
}

// mixed is a map of small integers to strings.
func mixed(t *testing.T) *player {
	p := play(t, dict.Options{Key: layout.Int16, Value: layout.String, Shards: 1}, 1)
	for i := range 100 {
		p.do(dict.Op{Key: dict.Datum{W: uint64(i)}, Val: dict.Datum{S: strings.Repeat("v", i%20)}})
	}
	return p
}

// found runs the referee over damaged copies of a map.
func found(t *testing.T, p *player, damages []damage) {
	for _, d := range damages {
		t.Run(d.name, func(t *testing.T) {
			p.t = t
			m := p.copy()
			d.do(m)
			problems, err := check.Run(m.seg, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, pr := range problems {
				if strings.Contains(pr.String(), "runtime error") || pr.Where == "walk" {
					t.Errorf("the walk was led astray: %v", pr)
				}
			}
			for _, pr := range problems {
				if strings.Contains(pr.String(), d.want) {
					return
				}
			}
			t.Errorf("nobody said %q but %d others: %v", d.want, len(problems), problems)
		})
	}
}

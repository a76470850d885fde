package check_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/check"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// kind is one kind of map to be checked.
type kind struct {
	name string
	dict.Options
}

func kinds() []kind {
	num := func(k layout.Kind) dict.Options { return dict.Options{Key: k, Value: k, Shards: 1} }
	str := dict.Options{Key: layout.String, Value: layout.String, Shards: 1}
	with := func(o dict.Options, f func(*dict.Options)) dict.Options { f(&o); return o }
	all := func(o *dict.Options) { o.Shards, o.EnableTTL, o.Capacity, o.MaxBytes = 4, true, 700, 8<<20 }
	return []kind{
		{"int16", num(layout.Int16)},
		{"int32", num(layout.Int32)},
		{"int64", num(layout.Int64)},
		{"string", str},
		{"string-int64", dict.Options{Key: layout.String, Value: layout.Int64, Shards: 4}},
		{"int16-string", dict.Options{Key: layout.Int16, Value: layout.String, Shards: 4}},
		{"int64-ttl-4", with(num(layout.Int64), func(o *dict.Options) { o.EnableTTL, o.Shards = true, 4 })},
		{"int32-clock", with(num(layout.Int32), func(o *dict.Options) { o.Capacity = 500 })},
		{"int16-constant", with(num(layout.Int16), func(o *dict.Options) { o.Hash = layout.HashConstant })},
		{"int64-fourbit-clock", with(num(layout.Int64), func(o *dict.Options) { o.Hash, o.Capacity = layout.HashFourBit, 400 })},
		{"string-constant-ttl", with(str, func(o *dict.Options) { o.Hash, o.EnableTTL = layout.HashConstant, true })},
		{"string-everything", with(str, all)},
		{"int64-everything", with(num(layout.Int64), all)},
		{"string-fourbit-everything", with(str, func(o *dict.Options) { all(o); o.Hash = layout.HashFourBit })},
		{"int32-s3", with(num(layout.Int32), func(o *dict.Options) { o.Capacity, o.Policy = 500, layout.PolicyS3 })},
		{"int64-fourbit-s3", with(num(layout.Int64), func(o *dict.Options) { o.Hash, o.Capacity, o.Policy = layout.HashFourBit, 400, layout.PolicyS3 })},
		{"string-everything-s3", with(str, func(o *dict.Options) { all(o); o.Policy = layout.PolicyS3 })},
	}
}

// long is n, or more where there is time.
func long(n, more uint64) uint64 {
	if os.Getenv("SHMAP_LONG") != "" {
		return more
	}
	return n
}

// seed is SHMAP_SEED, or 1: runs can be repeated, and varied.
func seed() uint64 {
	n, err := strconv.ParseUint(os.Getenv("SHMAP_SEED"), 10, 64)
	if err != nil {
		return 1
	}
	return n
}

// A player does random operations on a map whose clock it turns.
type player struct {
	t   *testing.T
	m   *dict.Map
	o   dict.Options
	r   *rand.Rand
	now uint64
}

const (
	heapBytes = 32 << 20
	epoch     = 300 // milliseconds: more than the quarantine of memory (package shard)
)

func play(t *testing.T, o dict.Options, seed uint64) *player { return playIn(t, o, seed, heapBytes) }

// playIn is play in so many bytes.
func playIn(t *testing.T, o dict.Options, seed, bytes uint64) *player {
	t.Helper()
	return playOn(t, o, seed, func(o dict.Options) (*dict.Map, error) { return dict.OnHeap(bytes, o) })
}

func playOn(t *testing.T, o dict.Options, seed uint64, open func(dict.Options) (*dict.Map, error)) *player {
	t.Helper()
	p := &player{t: t, o: o, r: rand.New(rand.NewPCG(seed, 1)), now: 1000}
	p.o.Seed = seed // where keys lie decides what a damage does: the same in every run
	p.o.Now = func() uint64 { return p.now }
	m, err := open(p.o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	p.m = m
	return p
}

// datum is number i of the possible keys, or values.
func (p *player) datum(k layout.Kind, i int, long int) dict.Datum {
	if k != layout.String {
		return dict.Datum{W: k.Truncate(uint64(i) * 0x9e3779b97f4a7c15)}
	}
	return dict.Datum{S: fmt.Sprint(i, strings.Repeat("x", i%long))}
}

func (p *player) value() dict.Datum {
	long := 60
	switch p.r.IntN(40) {
	case 0:
		long = 5000
	case 1:
		long = 200_000
	}
	return p.datum(p.m.Options().Value, p.r.IntN(1<<30), long)
}

// ops does n operations; grow says how many of a hundred of the plain ones are stores.
func (p *player) ops(n, keys, grow int) {
	for range n {
		p.now += uint64(p.r.IntN(3))
		op := dict.Op{Key: p.datum(p.m.Options().Key, p.r.IntN(keys), 50), Val: p.value()}
		switch {
		case p.r.IntN(100) == 0:
			p.batch(keys)
			continue
		case p.r.IntN(8) == 0:
			op.Code = p.code()
		case p.r.IntN(100) >= grow:
			op.Code = dict.OpDelete
		}
		if p.o.EnableTTL && p.r.IntN(3) == 0 {
			op.Mode, op.TTL = dict.TTLExplicit, time.Duration(p.r.IntN(500))*time.Millisecond
		}
		_ = p.m.Do(&op) // a full map is fine
		if p.r.IntN(4) == 0 {
			_, _ = p.m.Load(op.Key, nil, dict.ReadVisit)
		}
	}
}

// code is an operation code that goes with the map.
func (p *player) code() dict.OpCode {
	for {
		c := dict.OpCode(p.r.IntN(int(dict.OpExpire) + 1))
		if c < dict.OpAdd || c > dict.OpMin || p.m.Options().Value != layout.String {
			return c
		}
	}
}

// batch does something with many keys.
func (p *player) batch(keys int) {
	var ks, vs []dict.Datum
	for range p.r.IntN(20) {
		ks = append(ks, p.datum(p.m.Options().Key, p.r.IntN(keys), 50))
		vs = append(vs, p.value())
	}
	atomic := p.r.IntN(2) == 0
	switch p.r.IntN(6) {
	case 0:
		_, _ = p.m.DeleteMany(ks, atomic)
	case 1:
		_, _, _ = p.m.PopOldest()
	case 2:
		_, _, _ = p.m.PopNewest()
	case 3:
		_, _, _ = p.m.FlushExpired(p.r.IntN(30))
	case 4:
		_ = p.m.Reserve(p.r.IntN(300))
	default:
		_, _ = p.m.StoreMany(ks, vs, dict.TTLDefault, 0, atomic)
	}
}

// do is an operation that must succeed.
func (p *player) do(op dict.Op) {
	p.t.Helper()
	if err := p.m.Do(&op); err != nil {
		p.t.Fatalf("%v of %v: %v", op.Code, op.Key, err)
	}
}

func (p *player) clear() {
	p.t.Helper()
	if err := p.m.Clear(); err != nil {
		p.t.Fatal(err)
	}
}

// clean fails the test if check finds something.
func (p *player) clean(when string) {
	p.t.Helper()
	mustBeClean(p.t, p.m, when)
}

func mustBeClean(t *testing.T, m *dict.Map, when string) {
	t.Helper()
	problems, err := check.Run(m.Segment(), nil)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	for i, pr := range problems {
		if t.Errorf("%s: %v", when, pr); i > 20 {
			break
		}
	}
	if len(problems) > 0 {
		t.FailNow()
	}
}

// Memory that is refused, at any place, is an error of one operation at most.
func TestRefusedMemoryLeavesACleanMap(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			p := play(t, k.Options, 5)
			refused := 0
			for round := range 12 {
				p.m.Segment().Env.Region.FailAllocate = func(off, n uint64) error {
					if round%2 == 0 && p.r.IntN(2) == 0 {
						refused++
						return errors.New("refused")
					}
					return nil
				}
				p.ops(200, 2000, []int{95, 80, 60, 10, 90, 20}[round%6])
				p.now += epoch
				p.clean(fmt.Sprintf("round %d, %d refusals", round, refused))
			}
		})
	}
}

func TestRandomOperationsLeaveACleanMap(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			for seed := range long(3, 60) {
				p := play(t, k.Options, seed)
				p.clean(fmt.Sprintf("seed %d, new", seed))
				for round := range 6 {
					grow := []int{95, 60, 10, 98, 30, 5}[round]
					p.ops(600, 1200, grow)
					p.now += epoch
					p.clean(fmt.Sprintf("seed %d, round %d", seed, round))
				}
				p.clear()
				p.clean("cleared")
				p.ops(600, 1200, 90)
				p.clean("filled again")
				for range 100 {
					_, _, _ = p.m.PopOldest()
				}
				_, _, _ = p.m.FlushExpired(0)
				p.clean("popped")
			}
		})
	}
}

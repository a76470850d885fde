package proof

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// TestP08Reboot: a map that was closed two hours ago, in another boot or on another machine, goes on by the wall clock:
// what had one hour to live is gone, what had three has one left, by every kind of handle.
func TestP08Reboot(t *testing.T) {
	record.Count(t, "P8", "handles opened after a reboot", 8)
	for _, first := range []dict.Options{datedOptions, {ReadOnly: true}} {
		path := makeDated(t)
		shift(t, path, -2*3_600_000)
		m, err := dict.Open(path, datedOptions)
		if err != nil {
			t.Fatal(err)
		}
		for key, ttl := range []time.Duration{0, time.Hour, 3 * time.Hour} {
			if err := m.Do(&dict.Op{Key: number(key), Val: number(key), Mode: dict.TTLExplicit, TTL: ttl}); err != nil {
				t.Fatal(err)
			}
		}
		stored := mono()
		if l, err := m.Load(number(1), nil, 0); !l.Found || err != nil {
			t.Errorf("before the reboot: %v %v", l.Found, err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		edit(t, path, layout.HdrBootHi, func(w uint64) uint64 { return w ^ 77 })
		edit(t, path, layout.HdrClock, func(w uint64) uint64 { return w + rand.Uint64N(1<<40) }) // the other boot began some time
		for _, o := range []dict.Options{first, datedOptions, {ReadOnly: true}, datedOptions} {
			m, err := dict.Open(path, o)
			if err != nil {
				t.Fatal(err)
			}
			want := time.Hour - time.Duration(mono()-stored)
			forever, err0 := m.Load(number(0), nil, dict.ReadTTL)
			gone, err1 := m.Load(number(1), nil, 0)
			left, err2 := m.Load(number(2), nil, dict.ReadTTL)
			if err0 != nil || err1 != nil || err2 != nil {
				t.Fatal(err0, err1, err2)
			}
			if !forever.Found || forever.TTL != dict.Permanent || gone.Found || !left.Found || (left.TTL-want).Abs() > 10*time.Second {
				t.Errorf("read-only %v: there %v %v %v, %v to live, want %v", o.ReadOnly, forever.Found, gone.Found, left.Found, left.TTL, want)
			}
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestP08InjectedClock: whatever the clock shows, an entry is there exactly until its deadline, by each way to read and
// by another handle with the same clock.
func TestP08InjectedClock(t *testing.T) {
	r, path := random(t), mapPath(t)
	now := uint64(1 << 41)
	o := dict.Options{Key: layout.Int64, Value: layout.Int64, TTL: 50 * time.Millisecond, Shards: 2, Now: func() uint64 { return now }}
	m, err := dict.Open(path, o)
	m = maptest.Keep(t, m, err)
	other, err := dict.Open(path, o)
	other = maptest.Keep(t, other, err)
	deadline := map[int]uint64{} // 0 is none
	steps := pick(20_000, 500_000)
	record.Count(t, "P8", "operations with an injected clock", steps)
	for step := range steps {
		now += []uint64{0, 0, 0, 1, 1, 2, 10, 49, 50, 51, r.Uint64N(300)}[r.IntN(11)]
		key, h := r.IntN(200), []*dict.Map{m, other}[r.IntN(2)]
		d, known := deadline[key]
		there := known && (d == 0 || d > now)
		op := dict.Op{Key: number(key), Val: number(key)}
		switch r.IntN(8) {
		case 0, 1:
			if deadline[key] = now + 50; there && d == 0 {
				deadline[key] = 0 // a permanent entry stays so
			}
		case 2:
			ttl := r.Uint64N(100)
			if op.Mode, op.TTL, deadline[key] = dict.TTLExplicit, time.Duration(ttl)*time.Millisecond, now+ttl; ttl == 0 {
				deadline[key] = 0
			}
		case 3:
			op.Code, op.Mode, op.TTL = dict.OpExpire, dict.TTLExplicit, 70*time.Millisecond
			if there {
				deadline[key] = now + 70
			}
		case 4:
			if op.Code = dict.OpDelete; r.IntN(2) == 0 {
				op.Code = dict.OpLoadAndDelete
			}
			delete(deadline, key)
		default:
			l, err := h.Load(op.Key, nil, dict.ReadTTL|dict.ReadVisit)
			_, ok, err2 := h.LoadWord(uint64(key))
			ttl := time.Duration(d-now) * time.Millisecond
			if d == 0 {
				ttl = dict.Permanent
			}
			if err != nil || err2 != nil || l.Found != there || ok != there || there && l.TTL != ttl {
				t.Fatalf("step %d: key %d: %v and %v with %v to live, want %v with %v: %v %v", step, key, l.Found, ok, l.TTL, there, ttl, err, err2)
			}
			continue
		}
		if err := h.Do(&op); err != nil || op.Found != there {
			t.Fatalf("step %d: operation %d on key %d found %v, want %v: %v", step, op.Code, key, op.Found, there, err)
		}
		if step%200 == 0 {
			found, err := all(h)
			for key, d := range deadline {
				if _, ok := found[number(key)]; ok != (d == 0 || d > now) || err != nil {
					t.Fatalf("step %d: key %d comes in the iteration: %v: %v", step, key, ok, err)
				}
			}
		}
	}
}

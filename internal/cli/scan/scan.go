// Package scan is one pass over a map: every entry once, its value and its deadline as one state, never more than a
// bucket in memory. It knows how to go on when the map is busy; it must not know what the entries are for.
//
// Without locks a pass sees each bucket (the chain of entries that hash together) at one moment, and different buckets
// at different ones: an entry that is there throughout comes exactly once, with a value that it had during the pass; one
// that is stored or deleted meanwhile may come or not. With locks each shard is seen at one moment.
package scan

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// Entry is one entry of the pass.
type Entry struct {
	Key, Val dict.Datum
	Until    time.Time // when it expires, to within a few milliseconds; zero for never
}

// Permanent reports whether e never expires.
func (e *Entry) Permanent() bool { return e.Until.IsZero() }

// Left is what is left of the life of e in whole milliseconds, rounded up; 0 for an entry that never expires, and at
// least 1 for another.
func (e *Entry) Left() int64 {
	if e.Permanent() {
		return 0
	}
	return max(1, int64((time.Until(e.Until)+time.Millisecond-1)/time.Millisecond))
}

const (
	patience = 10 * time.Second       // how long one bucket, or a lock, may stay busy
	pause    = 500 * time.Microsecond // before it is asked again
)

// Each calls f for every entry of m, without any lock. It ends early with an error of f or when ctx does. Of a frozen map it is
// an error at the end if there were not as many entries as the map says, expired ones included: some were lost.
func Each(ctx context.Context, m *dict.Map, f func(Entry) error) error {
	p := pass{ctx: ctx, m: m, parts: m, f: f, ttl: HasTTL(m)}
	frozen := frozen(m)
	if frozen && p.ttl {
		all, err := timeless(m)
		if err != nil {
			return err
		}
		defer all.Close()
		p.parts = all
	}
	for i := range m.Parts() {
		if err := p.shard(i); err != nil {
			return err
		}
	}
	if frozen && p.seen != m.Len() {
		return fault.With(fault.ErrCorrupt, "%d entries were found of the %d that the map says it has", p.seen, m.Len())
	}
	return nil
}

func frozen(m *dict.Map) bool {
	return m.Segment().Env.Header.Load(layout.HdrState)&layout.StateFrozen != 0
}

// timeless is a handle on the map of m for which no entry has expired.
func timeless(m *dict.Map) (*dict.Map, error) {
	fd, err := m.FD()
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), m.Path())
	defer f.Close()
	return dict.FromFD(fd, dict.Options{ReadOnly: true, Now: func() uint64 { return 0 }})
}

// Held is Each with the lock of each shard held while it is read, so that writers of that shard wait. locks is another,
// writable handle on the map of m.
func Held(ctx context.Context, locks, m *dict.Map, f func(Entry) error) error {
	if frozen(m) { // nothing changes
		return Each(ctx, m, f)
	}
	p := pass{ctx: ctx, m: m, parts: m, f: f, ttl: HasTTL(m)}
	for i := range m.Parts() {
		if err := locks.Hold(i, time.Now().Add(patience), func() error { return p.shard(i) }); err != nil {
			return err
		}
	}
	return nil
}

// HasTTL reports whether entries of m can have a deadline.
func HasTTL(m *dict.Map) bool {
	o := m.Options()
	return o.TTL > 0 || o.EnableTTL
}

// One reads the entry of one key; found is false if there is none. It does not count as an access for eviction.
func One(m *dict.Map, key dict.Datum) (e Entry, found bool, err error) {
	p := pass{m: m}
	e.Key = key
	found, err = p.again(&e)
	return e, found, err
}

// pass is one pass over a map.
type pass struct {
	ctx   context.Context
	m     *dict.Map
	parts *dict.Map // where the buckets are read: m, or a handle on the same map
	f     func(Entry) error
	ttl   bool
	seen  int // entries that were in the buckets
	buf   []dict.Entry
	val   []byte
}

func (p *pass) shard(i int) error {
	for from, done := uint64(0), false; !done; {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		err := Patiently(func() (err error) {
			var next uint64
			p.buf, next, done, err = p.parts.Part(i, from, p.buf[:0])
			if err == nil {
				from = next
			}
			return err
		})
		if err != nil {
			return err
		}
		p.seen += len(p.buf)
		for _, e := range p.buf {
			if err := p.entry(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// entry passes one entry on. One that has a deadline is read again: value and deadline are one state then.
func (p *pass) entry(e dict.Entry) error {
	out := Entry{Key: e.Key, Val: e.Val}
	if p.ttl {
		found, err := p.again(&out)
		if err != nil || !found {
			return err
		}
	}
	return p.f(out)
}

// again reads the value and the deadline of an entry; found is false when it is gone. It asks once more if it lost its core
// meanwhile, since what is left of a life is counted from a moment between asking and being answered.
func (p *pass) again(e *Entry) (found bool, err error) {
	tries := 0
	err = Patiently(func() error {
		asked := time.Now()
		l, err := p.m.Load(e.Key, p.val[:0], dict.ReadTTL)
		if found = err == nil && l.Found; !found {
			return err
		}
		if tries++; l.TTL != dict.Permanent && time.Since(asked) > time.Millisecond && tries < 5 {
			return fault.ErrBusy
		}
		if e.Val.W = l.W; l.B != nil {
			p.val = l.B
			e.Val.S = string(l.B)
		}
		if l.TTL != dict.Permanent {
			e.Until = asked.Add(l.TTL)
		}
		return nil
	})
	return found, err
}

// Patiently calls f until it is not busy, for some seconds at most.
func Patiently(f func() error) error {
	for start := time.Now(); ; time.Sleep(pause) {
		if err := f(); !errors.Is(err, fault.ErrBusy) || time.Since(start) > patience {
			return err
		}
	}
}

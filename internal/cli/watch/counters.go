package watch

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// Limits of one look at the values.
const (
	walkEntries  = 10_000   // entries
	walkKeyBytes = 16 << 20 // bytes of keys
	maxHot       = 64       // keys that are followed
	coolAfter    = 10       // looks without a change, then a key is not followed any more
)

// Counters is what is known of the values of a map of integers: those that changed most between two samples.
type Counters struct {
	Hot    []Counter // by the size of their change, largest first
	Walked int       // keys that were compared with their values in the sample before
	Sum    float64   // of the changes of all of these, a second
	All    bool      // these were all keys
}

// Counter is one key of a map of integers.
type Counter struct {
	Key       dict.Datum
	Value     dict.Datum
	PerSecond float64 // change of the value
}

// counters compares values between samples: those of a window, which moves through the map, and those of keys that have
// changed before.
type counters struct {
	d      *dict.Map
	o      dict.Options
	cursor *dict.Cursor
	fresh  bool      // the cursor is at the start
	at     time.Time // of the sample before
	window []pair
	whole  bool // the window is the whole map
	hot    map[dict.Datum]*heat
}

type pair struct {
	key dict.Datum
	val uint64
}

// heat is a key that is followed.
type heat struct {
	val  uint64
	rate float64 // in the last look
	calm int     // looks without a change
}

func newCounters(d *dict.Map, o dict.Options) *counters {
	return &counters{d: d, o: o, cursor: d.Cursor(), fresh: true, hot: map[dict.Datum]*heat{}}
}

// look compares, and remembers what the next look compares with.
func (c *counters) look(now time.Time) (out Counters, err error) {
	elapsed := now.Sub(c.at).Seconds()
	if !c.at.IsZero() && elapsed > 0 {
		if out, err = c.compare(elapsed); err != nil {
			return out, err
		}
	}
	c.at = now
	return out, c.refill()
}

func (c *counters) compare(elapsed float64) (out Counters, err error) {
	out.All = c.whole
	seen := map[dict.Datum]bool{}
	for _, p := range c.window {
		val, ok, err := c.load(p.key)
		if err != nil {
			return out, err
		}
		if !ok {
			continue
		}
		out.Walked++
		rate := c.change(p.val, val) / elapsed
		out.Sum += rate
		if h := c.hot[p.key]; h != nil || rate != 0 {
			c.note(p.key, val, rate)
			seen[p.key] = true
		}
	}
	for key, h := range c.hot {
		if seen[key] {
			continue
		}
		val, ok, err := c.load(key)
		if err != nil {
			return out, err
		}
		if !ok {
			delete(c.hot, key)
			continue
		}
		c.note(key, val, c.change(h.val, val)/elapsed)
	}
	out.Hot = c.hottest()
	return out, nil
}

func (c *counters) load(key dict.Datum) (uint64, bool, error) {
	l, err := c.d.Load(key, nil, 0)
	return l.W, l.Found, err
}

// change is the difference of two values; a width that wraps around counts as Go counts.
func (c *counters) change(from, to uint64) float64 {
	diff := c.o.Value.Truncate(to - from)
	shift := 64 - c.o.Value.Bits()
	return float64(int64(diff<<shift) >> shift)
}

func (c *counters) note(key dict.Datum, val uint64, rate float64) {
	h := c.hot[key]
	if h == nil {
		h = &heat{}
		c.hot[key] = h
	}
	h.val, h.rate, h.calm = val, rate, h.calm+1
	if rate != 0 {
		h.calm = 0
	}
}

// hottest lists the followed keys and stops following the others.
func (c *counters) hottest() []Counter {
	keys := make([]dict.Datum, 0, len(c.hot))
	for key, h := range c.hot {
		if h.calm >= coolAfter {
			delete(c.hot, key)
			continue
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b dict.Datum) int {
		x, y := c.hot[a], c.hot[b]
		return cmp.Or(cmp.Compare(math.Abs(y.rate), math.Abs(x.rate)), cmp.Compare(x.calm, y.calm),
			cmp.Compare(a.W, b.W), cmp.Compare(a.S, b.S))
	})
	for _, key := range keys[min(maxHot, len(keys)):] {
		delete(c.hot, key)
	}
	keys = keys[:min(maxHot, len(keys))]
	out := make([]Counter, len(keys))
	for i, key := range keys {
		h := c.hot[key]
		out[i] = Counter{Key: key, Value: dict.Datum{W: h.val}, PerSecond: h.rate}
	}
	return out
}

// refill reads the next window, and remembers whether it is the whole map.
func (c *counters) refill() error {
	start := c.fresh
	c.window, c.whole, c.fresh = c.window[:0], false, false
	for bytes := 0; len(c.window) < walkEntries && bytes < walkKeyBytes; {
		e, ok, err := c.cursor.Next()
		if err == nil && ok {
			bytes += len(e.Key.S)
			c.window = append(c.window, pair{e.Key, e.Val.W})
			continue
		}
		c.cursor.Reset()
		if err != nil || start || len(c.window) > 0 {
			c.whole, c.fresh = err == nil && start, true
			return err
		}
		start = true // the window before ended with the last entry
	}
	return nil
}

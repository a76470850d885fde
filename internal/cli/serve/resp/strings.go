package resp

import (
	"math"
	"strconv"

	"github.com/shmap-go/shmap/internal/dict"
)

func get(c *client, a [][]byte) error {
	l, err := c.load(a[1], dict.ReadVisit)
	if err == nil {
		c.maybe(l.Found, l.B)
	}
	return err
}

// mget reads one key after the other: they are not one snapshot.
func mget(c *client, a [][]byte) error {
	c.array(len(a) - 1)
	for _, key := range a[1:] {
		if err := get(c, [][]byte{nil, key}); err != nil {
			return err
		}
		if err := c.ease(); err != nil {
			return err
		}
	}
	return nil
}

func strlen(c *client, a [][]byte) error {
	l, err := c.load(a[1], dict.ReadVisit)
	if err == nil {
		c.integer(int64(len(l.B)))
	}
	return err
}

// getdel is one operation of the map.
func getdel(c *client, a [][]byte) error {
	op := dict.Op{Code: dict.OpLoadAndDelete, Key: dict.Datum{S: string(a[1])}}
	if err := c.m.Do(&op); err != nil {
		return err
	}
	c.m.Count(op.Found)
	c.maybe(op.Found, op.B)
	return nil
}

// getset is one operation of the map.
func getset(c *client, a [][]byte) error {
	op := dict.Op{Code: dict.OpSwap, Key: dict.Datum{S: string(a[1])}, Val: dict.Datum{S: string(a[2])}}
	c.byDefault().apply(&op)
	if err := c.m.Do(&op); err != nil {
		return err
	}
	c.m.Count(op.Found)
	c.maybe(op.Found, op.B)
	return nil
}

// getex compares and swaps the value with itself, which gives it the deadline; without an option it is get.
func getex(c *client, a [][]byte) error {
	s, err := parseSettings(a[2:])
	if err != nil || s.nx || s.xx || s.get || s.keep {
		return errSyntax
	}
	if s.when == nil && (!s.persist || !c.m.HasTTL) {
		return get(c, a)
	}
	var l dict.Loaded
	err = c.change(a[1], func(now *dict.Loaded) (op dict.Op, act bool, err error) {
		if l = *now; !l.Found {
			return op, false, nil
		}
		d := deadline{mode: dict.TTLExplicit}
		if s.when != nil {
			if d, err = s.clock.positive(s.when, "getex"); err != nil {
				return op, false, err
			}
		}
		op = c.put(now, string(l.B), d)
		if d.past() {
			op.Code = dict.OpCompareAndDelete
			deadline{}.apply(&op)
		}
		return op, true, nil
	})
	if err != nil {
		return err
	}
	c.m.Count(l.Found)
	c.maybe(l.Found, l.B)
	return nil
}

// appendTo writes the longer string if the shorter one is still there.
func appendTo(c *client, a [][]byte) error {
	n := 0
	err := c.change(a[1], func(l *dict.Loaded) (dict.Op, bool, error) {
		if n = len(l.B) + len(a[2]); n > maxBulk {
			return dict.Op{}, false, reply("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
		}
		return c.put(l, string(l.B)+string(a[2]), deadline{}), true, nil
	})
	if err == nil {
		c.integer(int64(n))
	}
	return err
}

// add writes the sum if the summand is still there.
func (c *client) add(key []byte, delta int64) error {
	sum := int64(0)
	err := c.change(key, func(l *dict.Loaded) (dict.Op, bool, error) {
		old, ok := int64(0), true
		if l.Found {
			old, ok = number(l.B)
		}
		if !ok {
			return dict.Op{}, false, errInteger
		}
		if sum = old + delta; (sum > old) != (delta > 0) && delta != 0 {
			return dict.Op{}, false, errOverflow
		}
		return c.put(l, strconv.FormatInt(sum, 10), deadline{}), true, nil
	})
	if err == nil {
		c.integer(sum)
	}
	return err
}

func incr(c *client, a [][]byte) error { return c.add(a[1], 1) }
func decr(c *client, a [][]byte) error { return c.add(a[1], -1) }

func incrby(c *client, a [][]byte) error {
	n, ok := number(a[2])
	if !ok {
		return errInteger
	}
	return c.add(a[1], n)
}

func decrby(c *client, a [][]byte) error {
	n, ok := number(a[2])
	switch {
	case !ok:
		return errInteger
	case n == math.MinInt64:
		return reply("ERR decrement would overflow")
	}
	return c.add(a[1], -n)
}

// mset is one transaction where all keys are in one shard, so in every map with one shard, or an error if they are too many for
// one. Elsewhere every key is set by itself.
func mset(c *client, a [][]byte) error {
	if len(a)%2 == 0 {
		return arityError("mset")
	}
	keys, vals := make([]dict.Datum, 0, len(a)/2), make([]dict.Datum, 0, len(a)/2)
	for i := 1; i < len(a); i += 2 {
		keys = append(keys, dict.Datum{S: string(a[i])})
		vals = append(vals, dict.Datum{S: string(a[i+1])})
	}
	d := c.byDefault()
	_, err := c.m.StoreMany(keys, vals, d.mode, d.ttl, c.m.Together(keys))
	if err == nil {
		c.ok()
	}
	return err
}

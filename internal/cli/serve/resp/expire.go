package resp

import (
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// conditions are the options of EXPIRE.
type conditions struct{ nx, xx, gt, lt bool }

func parseConditions(a [][]byte) (o conditions, err error) {
	for _, arg := range a {
		switch strings.ToLower(string(arg)) {
		case "nx":
			o.nx = true
		case "xx":
			o.xx = true
		case "gt":
			o.gt = true
		case "lt":
			o.lt = true
		default:
			return o, reply("ERR Unsupported option " + string(arg))
		}
	}
	switch {
	case o.nx && (o.xx || o.gt || o.lt):
		return o, reply("ERR NX and XX, GT or LT options at the same time are not compatible")
	case o.gt && o.lt:
		return o, reply("ERR GT and LT options at the same time are not compatible")
	}
	return o, nil
}

// allow reports whether an entry of which ttl is left may get the deadline d. Permanent is longer than everything.
func (o conditions) allow(ttl time.Duration, d deadline) bool {
	permanent := ttl == dict.Permanent
	switch {
	case o.nx && !permanent, o.xx && permanent:
		return false
	case o.gt:
		return !permanent && d.left() > ttl
	case o.lt:
		return permanent || d.left() < ttl
	}
	return true
}

// expire is one operation of the map, but for forms with a condition. Those swap the value with itself, and so notice when another
// process changes the value meanwhile; one that changes the deadline alone in that moment they do not notice.
func expire(k clock, command string) func(*client, [][]byte) error {
	return func(c *client, a [][]byte) error {
		o, err := parseConditions(a[3:])
		if err != nil {
			return err
		}
		d, ok, err := k.parse(a[2])
		if err != nil {
			return err
		}
		if !ok {
			return reply("ERR invalid expire time in '" + command + "' command")
		}
		if o != (conditions{}) {
			return c.expireIf(a[1], o, d)
		}
		op := dict.Op{Code: dict.OpExpire, Key: dict.Datum{S: string(a[1])}}
		if d.apply(&op); d.past() {
			op = dict.Op{Code: dict.OpDelete, Key: op.Key}
		}
		if err := c.m.Do(&op); err != nil {
			return err
		}
		c.truth(op.Found)
		return nil
	}
}

func (c *client) expireIf(key []byte, o conditions, d deadline) error {
	done := false
	err := c.change(key, func(l *dict.Loaded) (op dict.Op, act bool, err error) {
		if done = l.Found && o.allow(l.TTL, d); !done {
			return op, false, nil
		}
		op = c.put(l, string(l.B), d)
		if d.past() {
			op.Code = dict.OpCompareAndDelete
			deadline{}.apply(&op)
		}
		return op, true, nil
	})
	if err == nil {
		c.truth(done)
	}
	return err
}

// persist swaps the value with itself without a deadline: an entry that has none is to be told from one that had.
func persist(c *client, a [][]byte) error {
	had := false
	err := c.change(a[1], func(l *dict.Loaded) (op dict.Op, act bool, err error) {
		if had = l.Found && l.TTL != dict.Permanent; !had {
			return op, false, nil
		}
		return c.put(l, string(l.B), deadline{mode: dict.TTLExplicit}), true, nil
	})
	if err == nil {
		c.truth(had)
	}
	return err
}

// ttl answers in units, rounded to the nearest: -1 for a permanent entry, -2 for none.
func ttl(unit time.Duration) func(*client, [][]byte) error {
	return func(c *client, a [][]byte) error {
		l, err := c.load(a[1], dict.ReadTTL|dict.ReadNoVal)
		switch {
		case err != nil:
			return err
		case !l.Found:
			c.integer(-2)
		case l.TTL == dict.Permanent:
			c.integer(-1)
		default:
			c.integer(int64((l.TTL + unit/2) / unit))
		}
		return nil
	}
}

package resp

import (
	"math"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// maxTries bounds how often a command starts again because another process changed the key between its reading and its
// writing. Every such change is a command of somebody who got through.
const maxTries = 1 << 16

// alone is after how many tries the clients of one server take turns.
const alone = 2

// load reads a key into the client's buffer.
func (c *client) load(key []byte, f dict.ReadFlag) (dict.Loaded, error) {
	l, err := c.m.Load(dict.Datum{S: string(key)}, c.val[:0], f)
	if err == nil && l.Found && f&dict.ReadNoVal == 0 {
		c.val = l.B
	}
	if err == nil && f&dict.ReadVisit != 0 {
		c.m.Count(l.Found)
	}
	return l, err
}

// change reads a key and does to it what f makes of what was read, again if it was changed in between: f returns an operation
// that is done only if the key is as it was read, or false if there is nothing to be done.
func (c *client) change(key []byte, f func(l *dict.Loaded) (op dict.Op, act bool, err error)) error {
	for try := range maxTries {
		if try == alone { // others of this server let it through; not before: they would wait with it for a lock of the map
			defer c.m.Lock(string(key))()
		}
		l, err := c.load(key, dict.ReadTTL)
		if err != nil {
			return err
		}
		op, act, err := f(&l)
		if err != nil || !act {
			return err
		}
		op.Key.S = string(key)
		if err := c.m.Do(&op); err != nil || op.Done {
			return err
		}
	}
	return errTries
}

// put is the operation that writes val over what was read. d is the deadline, kept when it is the zero value.
func (c *client) put(l *dict.Loaded, val string, d deadline) dict.Op {
	op := dict.Op{Code: dict.OpInsert, Val: dict.Datum{S: val}}
	if l.Found {
		op.Code, op.Old = dict.OpCompareAndSwap, dict.Datum{S: string(l.B)}
	} else if d == (deadline{}) {
		d = c.byDefault()
	}
	d.apply(&op)
	return op
}

// deadline is what becomes of the deadline of an entry. The zero value keeps that of an existing one.
type deadline struct {
	mode dict.TTLMode
	ttl  time.Duration
	at   time.Time
}

func (d deadline) apply(op *dict.Op) { op.Mode, op.TTL, op.At = d.mode, d.ttl, d.at }

// past reports whether d has passed already.
func (d deadline) past() bool {
	return d.mode == dict.TTLExplicit && d.ttl < 0 || d.mode == dict.TTLAt && !d.at.After(time.Now())
}

// left is what is left until d.
func (d deadline) left() time.Duration {
	if d.mode == dict.TTLAt {
		return time.Until(d.at)
	}
	return d.ttl
}

// byDefault is the deadline of an entry that is written without one: that of the map's default TTL, or none.
func (c *client) byDefault() deadline {
	if c.m.HasTTL {
		return deadline{mode: dict.TTLExplicit, ttl: c.m.TTL}
	}
	return deadline{}
}

// keep keeps the deadline of an existing entry, and gives a new one the default.
func (c *client) keep() deadline {
	if c.m.TTL > 0 {
		return deadline{mode: dict.TTLNew, ttl: c.m.TTL}
	}
	return deadline{}
}

// A clock is how a command says when: in units of so many milliseconds, from now or from 1970 on.
type clock struct {
	unit     int64
	absolute bool
}

var (
	ex   = clock{unit: 1000}
	px   = clock{unit: 1}
	exat = clock{unit: 1000, absolute: true}
	pxat = clock{unit: 1, absolute: true}
)

// longest is the longest time to live that a Go duration can say, 292 years: a longer one is cut to it.
const longest = math.MaxInt64 / int64(time.Millisecond)

// parse reads a number as a deadline; false if no clock can hold it.
func (k clock) parse(arg []byte) (d deadline, ok bool, err error) {
	n, isNumber := number(arg)
	if !isNumber {
		return d, false, errInteger
	}
	if n > math.MaxInt64/k.unit || n < math.MinInt64/k.unit {
		return d, false, nil
	}
	n *= k.unit
	if k.absolute {
		return deadline{mode: dict.TTLAt, at: time.UnixMilli(n)}, true, nil
	}
	if n > math.MaxInt64-time.Now().UnixMilli() {
		return d, false, nil
	}
	n = min(max(n, -longest), longest)
	if n <= 0 {
		n = min(n, -2) // 0 would be permanent, and so would -1 ns
	}
	return deadline{mode: dict.TTLExplicit, ttl: time.Duration(n) * time.Millisecond}, true, nil
}

// positive is parse for commands that take no time that is not in the future by itself.
func (k clock) positive(arg []byte, command string) (deadline, error) {
	d, ok, err := k.parse(arg)
	if err != nil {
		return d, err
	}
	if n, _ := number(arg); !ok || n <= 0 {
		return d, reply("ERR invalid expire time in '" + command + "' command")
	}
	return d, nil
}

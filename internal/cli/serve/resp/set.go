package resp

import (
	"strings"

	"github.com/shmap-go/shmap/internal/dict"
)

// settings are the options of SET and GETEX.
type settings struct {
	nx, xx, get, keep, persist bool
	clock                      clock
	when                       []byte // nil if no clock is given
}

// clockOption recognizes the options that say when an entry ends.
func clockOption(arg []byte) (k clock, ok bool) {
	switch strings.ToLower(string(arg)) {
	case "ex":
		return ex, true
	case "px":
		return px, true
	case "exat":
		return exat, true
	case "pxat":
		return pxat, true
	}
	return k, false
}

// parseSettings reads options. Those about the deadline exclude each other; saying one twice is allowed, and the last one counts.
// Numbers are not looked at yet.
func parseSettings(a [][]byte) (s settings, err error) {
	for i := 0; i < len(a); i++ {
		option := strings.ToLower(string(a[i]))
		k, isClock := clockOption(a[i])
		switch {
		case option == "nx" && !s.xx:
			s.nx = true
		case option == "xx" && !s.nx:
			s.xx = true
		case option == "get":
			s.get = true
		case option == "keepttl" && s.when == nil && !s.persist:
			s.keep = true
		case option == "persist" && s.when == nil && !s.keep:
			s.persist = true
		case isClock && i+1 < len(a) && !s.keep && !s.persist && (s.when == nil || s.clock == k):
			i++
			s.clock, s.when = k, a[i]
		default:
			return s, errSyntax
		}
	}
	return s, nil
}

// deadline is what SET does to the deadline.
func (c *client) deadline(s settings) (deadline, error) {
	switch {
	case s.when != nil:
		return s.clock.positive(s.when, "set")
	case s.keep:
		return c.keep(), nil
	}
	return c.byDefault(), nil
}

// set is one operation of the map, but for SET with GET and NX or XX.
func set(c *client, a [][]byte) error {
	s, err := parseSettings(a[3:])
	if err != nil || s.persist {
		return errSyntax
	}
	d, err := c.deadline(s)
	if err != nil {
		return err
	}
	if s.get && (s.nx || s.xx) {
		return c.setIfGet(a, s, d)
	}
	op := dict.Op{Code: dict.OpStore, Key: dict.Datum{S: string(a[1])}, Val: dict.Datum{S: string(a[2])}}
	switch {
	case s.nx:
		op.Code = dict.OpInsert
	case s.xx:
		op.Code = dict.OpReplace
	case s.get:
		op.Code = dict.OpSwap
	}
	d.apply(&op)
	if err := c.m.Do(&op); err != nil {
		return err
	}
	switch {
	case s.get:
		c.m.Count(op.Found)
		c.maybe(op.Found, op.B)
	case op.Done:
		c.ok()
	default:
		c.null()
	}
	return nil
}

// setIfGet writes if what was read is still there, and the condition holds for it.
func (c *client) setIfGet(a [][]byte, s settings, d deadline) error {
	var l dict.Loaded
	err := c.change(a[1], func(now *dict.Loaded) (op dict.Op, act bool, err error) {
		if l = *now; l.Found == s.nx {
			return op, false, nil
		}
		return c.put(now, string(a[2]), d), true, nil
	})
	if err == nil {
		c.m.Count(l.Found)
		c.maybe(l.Found, l.B)
	}
	return err
}

func setnx(c *client, a [][]byte) error {
	op := dict.Op{Code: dict.OpInsert, Key: dict.Datum{S: string(a[1])}, Val: dict.Datum{S: string(a[2])}}
	c.byDefault().apply(&op)
	err := c.m.Do(&op)
	if err == nil {
		c.truth(op.Done)
	}
	return err
}

// setFor is SETEX and PSETEX.
func setFor(k clock, command string) func(*client, [][]byte) error {
	return func(c *client, a [][]byte) error {
		d, err := k.positive(a[2], command)
		if err != nil {
			return err
		}
		op := dict.Op{Code: dict.OpStore, Key: dict.Datum{S: string(a[1])}, Val: dict.Datum{S: string(a[3])}}
		d.apply(&op)
		if err := c.m.Do(&op); err != nil {
			return err
		}
		c.ok()
		return nil
	}
}

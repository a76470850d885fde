package resp

import (
	"strconv"
	"strings"

	"github.com/shmap-go/shmap/internal/dict"
)

// del deletes one key after the other, those of a shard under one lock.
func del(c *client, a [][]byte) error {
	keys := make([]dict.Datum, 0, len(a)-1)
	for _, k := range a[1:] {
		keys = append(keys, dict.Datum{S: string(k)})
	}
	n, err := c.m.DeleteMany(keys, false)
	if err == nil {
		c.integer(int64(n))
	}
	return err
}

func exists(c *client, a [][]byte) error {
	n, err := c.present(a[1:], dict.ReadNoVal)
	if err == nil {
		c.integer(int64(n))
	}
	return err
}

// touch counts as an access, as a read does.
func touch(c *client, a [][]byte) error {
	n, err := c.present(a[1:], dict.ReadNoVal|dict.ReadVisit)
	if err == nil {
		c.integer(int64(n))
	}
	return err
}

func (c *client) present(keys [][]byte, f dict.ReadFlag) (n int, err error) {
	for _, k := range keys {
		l, err := c.load(k, f)
		if err != nil {
			return n, err
		}
		if l.Found {
			n++
		}
	}
	return n, nil
}

func typeOf(c *client, a [][]byte) error {
	n, err := c.present(a[1:], dict.ReadNoVal)
	switch {
	case err != nil:
		return err
	case n == 0:
		c.simple("none")
	default:
		c.simple("string")
	}
	return nil
}

// A search is what SCAN was asked for.
type search struct {
	pattern string
	all     bool // no pattern
	none    bool // a type of which there are no keys
	count   int
}

func parseSearch(a [][]byte) (s search, err error) {
	s = search{all: true, count: 10}
	for ; len(a) > 0; a = a[2:] {
		if len(a) == 1 {
			return s, errSyntax
		}
		switch strings.ToLower(string(a[0])) {
		case "match":
			s.pattern, s.all = string(a[1]), string(a[1]) == "*"
		case "count":
			n, ok := number(a[1])
			if !ok {
				return s, errInteger
			}
			if n < 1 {
				return s, errSyntax
			}
			s.count = int(min(n, maxArgs))
		case "type":
			s.none = !strings.EqualFold(string(a[1]), "string")
		default:
			return s, errSyntax
		}
	}
	return s, nil
}

// maxGlob bounds the product of the lengths of a pattern with a star and a key, and with it the time for one key.
const maxGlob = 1 << 30

// add appends to keys those of entries that the search is for.
func (s *search) add(keys []string, entries []dict.Entry) ([]string, error) {
	for _, e := range entries {
		if !s.none && !s.all && len(s.pattern)*len(e.Key.S) > maxGlob && strings.Contains(s.pattern, "*") {
			return nil, errGlob
		}
		if !s.none && (s.all || glob(s.pattern, e.Key.S)) {
			keys = append(keys, e.Key.S)
		}
	}
	return keys, nil
}

// bucket is add for the bucket at a position, unless the server ends.
func (c *client) bucket(s *search, keys []string, at uint64) (more []string, seen int, next uint64, err error) {
	if c.srv.ending.Load() {
		return nil, 0, 0, errEnd
	}
	entries, next, err := c.m.Scan(at)
	if err == nil {
		more, err = s.add(keys, entries)
	}
	return more, len(entries), next, err
}

// scan looks at count entries, and whole buckets. A cursor is good in every process, for ever; no key comes twice.
func scan(c *client, a [][]byte) error {
	at, err := strconv.ParseUint(string(a[1]), 10, 64)
	if err != nil {
		return reply("ERR invalid cursor")
	}
	s, err := parseSearch(a[2:])
	if err != nil {
		return err
	}
	var keys []string
	for seen, buckets := 0, 0; seen < s.count && buckets < 10*s.count; buckets++ {
		n := 0
		if keys, n, at, err = c.bucket(&s, keys, at); err != nil {
			return err
		}
		if seen += n; at == 0 {
			break
		}
	}
	c.array(2)
	c.bulkText(strconv.FormatUint(at, 10))
	return c.list(keys)
}

// keys looks at all entries. No lock is held meanwhile.
func keys(c *client, a [][]byte) error {
	s := search{pattern: string(a[1]), all: string(a[1]) == "*"}
	var found []string
	for at := uint64(0); ; {
		var err error
		if found, _, at, err = c.bucket(&s, found, at); err != nil {
			return err
		}
		if at == 0 {
			break
		}
	}
	return c.list(found)
}

func (c *client) list(words []string) error {
	c.array(len(words))
	for _, w := range words {
		c.bulkText(w)
		if err := c.ease(); err != nil {
			return err
		}
	}
	return nil
}

// dbsize counts expired entries that nobody has met yet.
func dbsize(c *client, _ [][]byte) error {
	c.integer(int64(c.m.Len()))
	return nil
}

// flushdb empties the shards one after the other, each at once.
func flushdb(c *client, a [][]byte) error {
	if len(a) > 2 || len(a) == 2 && !strings.EqualFold(string(a[1]), "sync") && !strings.EqualFold(string(a[1]), "async") {
		return errSyntax
	}
	if err := c.m.Clear(); err != nil {
		return err
	}
	c.ok()
	return nil
}

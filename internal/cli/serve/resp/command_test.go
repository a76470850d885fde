package resp

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
)

// left asks for a TTL in milliseconds.
func (c *conn) left(key string) time.Duration {
	c.t.Helper()
	n, err := strconv.Atoi(strings.Trim(c.say("PTTL", key), ":\r\n"))
	if err != nil {
		c.t.Fatal(err)
	}
	return time.Duration(n) * time.Millisecond
}

// TestSearchesEnd: a search is not begun that could take for ever, and does not go on when the server ends.
func TestSearchesEnd(t *testing.T) {
	h := serve(t, options{})
	say := direct(h.Server)
	say("SET", strings.Repeat("a", 8<<20), "v")
	long := strings.Repeat("a", 200)
	for _, words := range [][]string{{"KEYS", "*" + long + "b"}, {"SCAN", "0", "COUNT", "1000000", "MATCH", "*" + long + "b"}} {
		if got := say(words...); !strings.HasPrefix(got, "-ERR the pattern is too long") {
			t.Errorf("%.40q", got)
		}
	}
	if got := say("KEYS", long); got != "*0\r\n" {
		t.Errorf("without a star: %.40q", got)
	}
	if got := say("KEYS", "*b"); got != "*0\r\n" {
		t.Errorf("with a short pattern: %.40q", got)
	}
	h.ending.Store(true)
	if got := say("KEYS", "*"); got != "-ERR the server ends; connect again\r\n" {
		t.Errorf("%.40q", got)
	}
}

// TestDefaultTTL: on a map with a default time to live a plain write gives it, a write that says something else gives that, and a
// command that changes a value leaves the deadline, as in Redis.
func TestDefaultTTL(t *testing.T) {
	c := dial(t, serve(t, options{byTTL: time.Hour}))
	near := func(key string, want time.Duration) {
		t.Helper()
		if got := c.left(key); got > want || got < want-time.Minute {
			t.Errorf("%s has %v left, want about %v", key, got, want)
		}
	}
	c.expect("+OK\r\n", "SET", "s", "1")
	near("s", time.Hour)
	c.expect("+OK\r\n", "SET", "s", "1", "EX", "600")
	near("s", 10*time.Minute)
	c.expect(":2\r\n", "INCR", "s")
	near("s", 10*time.Minute)
	c.expect(":2\r\n", "APPEND", "s", "0")
	near("s", 10*time.Minute)
	c.expect("+OK\r\n", "SET", "s", "3", "KEEPTTL")
	near("s", 10*time.Minute)
	c.expect("$1\r\n3\r\n", "SET", "s", "4", "XX", "GET", "KEEPTTL")
	near("s", 10*time.Minute)
	c.expect("$1\r\n4\r\n", "GETSET", "s", "5")
	near("s", time.Hour)
	c.expect(":1\r\n", "PERSIST", "s")
	c.expect(":-1\r\n", "TTL", "s")
	c.expect(":6\r\n", "INCR", "s")
	c.expect(":-1\r\n", "TTL", "s")
	c.expect("+OK\r\n", "MSET", "m", "1", "s", "1")
	near("m", time.Hour)
	near("s", time.Hour)
	c.expect(":1\r\n", "INCR", "new")
	near("new", time.Hour)
	c.expect(":1\r\n", "APPEND", "text", "x")
	near("text", time.Hour)
	c.expect(":1\r\n", "SETNX", "nx", "x")
	near("nx", time.Hour)
	c.expect("+OK\r\n", "SET", "kept", "x", "KEEPTTL")
	near("kept", time.Hour)
}

// TestManyIncrementsKeepTheDeadline: a deadline does not move by rounding, however often the value changes.
func TestManyIncrementsKeepTheDeadline(t *testing.T) {
	c := dial(t, serve(t, options{byTTL: time.Hour}))
	c.expect("+OK\r\n", "SET", "n", "0", "PX", "100000")
	began := time.Now()
	const times = 5000
	c.send(strings.Repeat(request("INCR", "n"), times))
	for range times {
		c.hear()
	}
	if got := c.left("n") + time.Since(began); got > 100*time.Second+2*time.Second {
		t.Errorf("%d increments later the entry would end %v after it was made", times, got)
	}
	c.expect("$4\r\n5000\r\n", "GET", "n")
}

// TestExpires: what has a deadline is gone after it.
func TestExpires(t *testing.T) {
	c := dial(t, serve(t, options{ttl: true}))
	c.expect("+OK\r\n", "SET", "k", "v", "PX", "20")
	within(t, 10*time.Second, "the key is gone", func() bool { return c.say("GET", "k") == "$-1\r\n" })
	c.expect(":0\r\n", "EXISTS", "k")
	c.expect("+OK\r\n", "SET", "k", "v", "NX")
}

// TestMapWithoutTTL: what needs no deadlines works, what needs them says why it does not.
func TestMapWithoutTTL(t *testing.T) {
	c := dial(t, serve(t, options{}))
	c.expect("+OK\r\n", "SET", "k", "1")
	c.expect(":-1\r\n", "TTL", "k")
	c.expect(":0\r\n", "PERSIST", "k")
	c.expect("$1\r\n1\r\n", "GETEX", "k", "PERSIST")
	c.expect("+OK\r\n", "SET", "k", "1", "KEEPTTL")
	c.expect(":2\r\n", "INCR", "k")
	c.expect(":1\r\n", "EXPIRE", "k", "-1")
	c.expect("$-1\r\n", "GET", "k")
	c.expect("+OK\r\n", "SET", "k", "1")
	for _, words := range [][]string{{"EXPIRE", "k", "10"}, {"EXPIRE", "k", "10", "NX"}, {"SET", "k", "2", "EX", "10"}, {"SETEX", "k", "10", "2"},
		{"GETEX", "k", "EX", "10"}} {
		if got := c.say(words...); !strings.HasPrefix(got, "-ERR the map was created without TTL") {
			t.Errorf("%q is answered %q", words, got)
		}
	}
	c.expect("$1\r\n1\r\n", "GET", "k")
}

// TestReadOnly: without the right to write every command that writes is refused, whatever its words, and the others work.
func TestReadOnly(t *testing.T) {
	h := serve(t, options{readOnly: true, ttl: true})
	m, err := dict.Open(h.paths[0], dict.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.StoreDatum(dict.Datum{S: "k"}, dict.Datum{S: "v"}); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	c := dial(t, h)
	writes := 0
	for _, d := range h.commands {
		if d.flags&write == 0 {
			continue
		}
		writes++
		words := []string{strings.ToUpper(d.name)}
		for len(words) < max(d.arity, -d.arity) {
			words = append(words, "1")
		}
		c.expect("-READONLY You can't write against a read only replica.\r\n", words...)
	}
	if writes < 15 {
		t.Errorf("%d commands write", writes)
	}
	c.expect("$1\r\nv\r\n", "GET", "k")
	c.expect(":-1\r\n", "TTL", "k")
	c.expect("*2\r\n$1\r\n0\r\n*1\r\n$1\r\nk\r\n", "SCAN", "0", "COUNT", "1000")
	if err := h.maps.All[0].StoreDatum(dict.Datum{S: "k"}, dict.Datum{S: "w"}); !errors.Is(err, fault.ErrReadOnly) {
		t.Errorf("the handle itself may write: %v", err)
	}
}

// TestFullMap: a full map is an error that clients know, and goes on.
func TestFullMap(t *testing.T) {
	c := dial(t, serve(t, options{entries: 2, shards: 1}))
	c.expect("+OK\r\n", "MSET", "a", "1", "b", "2")
	if got := c.say("SET", "c", "3"); !strings.HasPrefix(got, "-OOM map is full") {
		t.Errorf("one entry too many is answered %q", got)
	}
	c.expect(":2\r\n", "INCR", "a")
	c.expect(":1\r\n", "DEL", "a")
	c.expect("+OK\r\n", "SET", "c", "3")
}

// TestFrozenMap: a frozen map is read-only.
func TestFrozenMap(t *testing.T) {
	h := serve(t, options{})
	c := dial(t, h)
	c.expect("+OK\r\n", "SET", "a", "1")
	if err := h.maps.All[0].Freeze(); err != nil {
		t.Fatal(err)
	}
	c.expect("-READONLY map is frozen\r\n", "SET", "a", "2")
	c.expect("$1\r\n1\r\n", "GET", "a")
}

// TestSelect: each connection has its own map.
func TestSelect(t *testing.T) {
	h := serve(t, options{maps: 3})
	c, d := dial(t, h), dial(t, h)
	c.expect("+OK\r\n", "SET", "k", "zero")
	c.expect("+OK\r\n", "SELECT", "2")
	c.expect("$-1\r\n", "GET", "k")
	c.expect("+OK\r\n", "SET", "k", "two")
	d.expect("$4\r\nzero\r\n", "GET", "k")
	d.expect("+OK\r\n", "SELECT", "2")
	d.expect("$3\r\ntwo\r\n", "GET", "k")
	c.expect("-ERR DB index is out of range\r\n", "SELECT", "3")
	c.expect("+OK\r\n", "FLUSHDB")
	c.expect("+OK\r\n", "SELECT", "0")
	c.expect("$4\r\nzero\r\n", "GET", "k")
	if info := c.say("INFO", "keyspace"); !strings.Contains(info, "db0:keys=1,") || strings.Contains(info, "db2:") {
		t.Errorf("keyspace: %q", info)
	}
}

// TestScan: all keys come, once each, with cursors that fit where only 53 bits do; a pattern picks.
func TestScan(t *testing.T) {
	c := dial(t, serve(t, options{shards: 4}))
	const keys = 3000
	for i := 0; i < keys; i += 100 {
		words := []string{"MSET"}
		for k := i; k < i+100; k++ {
			words = append(words, fmt.Sprintf("key:%d", k), "v")
		}
		c.expect("+OK\r\n", words...)
	}
	seen, calls := map[string]int{}, 0
	for cursor := "0"; calls == 0 || cursor != "0"; calls++ {
		lines := strings.Split(c.say("SCAN", cursor, "COUNT", "50"), "\r\n")
		cursor = lines[2] // *2 $n cursor *n $n key ...
		if n, err := strconv.ParseUint(cursor, 10, 64); err != nil || n >= 1<<53 {
			t.Fatalf("cursor %s, %v", cursor, err)
		}
		for i := 5; i < len(lines); i += 2 {
			seen[lines[i]]++
		}
	}
	if calls < keys/100 {
		t.Errorf("%d calls: COUNT was not heeded", calls)
	}
	for k := range keys {
		if name := fmt.Sprintf("key:%d", k); seen[name] != 1 {
			t.Errorf("%s came %d times", name, seen[name])
		}
	}
	if got := strings.Count(c.say("KEYS", "key:29??"), "key:"); got != 100 {
		t.Errorf("KEYS with a pattern finds %d", got)
	}
	c.expect(fmt.Sprintf(":%d\r\n", keys), "DBSIZE")
}

// TestGlobTime: a pattern that would take for ever if every * were gone back to.
func TestGlobTime(t *testing.T) {
	if glob(strings.Repeat("a*", 500)+"b", strings.Repeat("a", 5000)) {
		t.Error("matches")
	}
}

// TestTools: what redis-cli and redis-benchmark ask before they begin.
func TestTools(t *testing.T) {
	h := serve(t, options{})
	c := dial(t, h)
	c.expect("*2\r\n$4\r\nsave\r\n$0\r\n\r\n", "CONFIG", "GET", "save")
	c.expect("*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n", "CONFIG", "GET", "appendonly")
	c.expect("*2\r\n$3\r\nget\r\n*4\r\n$7\r\nsummary\r\n$12\r\nRead a value\r\n$5\r\ngroup\r\n$6\r\nstring\r\n", "COMMAND", "DOCS", "get")
	if got := c.say("COMMAND", "INFO", "get"); !strings.HasPrefix(got, "*1\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n") {
		t.Errorf("%q", got)
	}
	if got := c.say("COMMAND"); !strings.HasPrefix(got, fmt.Sprintf("*%d\r\n", len(h.commands))) {
		t.Errorf("%.40q", got)
	}
	if got := c.say("CLIENT", "HELP"); !strings.Contains(got, "+SETNAME\r\n") {
		t.Errorf("%q", got)
	}
	c.expect("+OK\r\n", "SET", "k", "v")
	c.expect("$1\r\nv\r\n", "GET", "k")
	c.expect("$-1\r\n", "GET", "none")
	info := c.say("INFO")
	for _, want := range []string{"# Server\r\nredis_version:7.0.15\r\n", "server_name:shmap\r\n", "connected_clients:1\r\n", "used_memory:",
		"keyspace_hits:1\r\nkeyspace_misses:1\r\n", "role:master\r\n", "db0:keys=1,file=a.shmap\r\n"} {
		if !strings.Contains(info, want) {
			t.Errorf("INFO lacks %q: %q", want, info)
		}
	}
	if got := c.say("INFO", "stats"); !strings.HasPrefix(got[strings.Index(got, "\n")+1:], "# Stats") || strings.Contains(got, "# Server") {
		t.Errorf("INFO stats: %q", got)
	}
	c.expect("+OK\r\n", "CLIENT", "SETINFO", "LIB-NAME", "test")
	c.expect("+OK\r\n", "CLIENT", "SETNAME", "me")
	if got := c.say("CLIENT", "LIST"); !strings.Contains(got, "name=me ") || !strings.Contains(got, "lib-name=test") {
		t.Errorf("%q", got)
	}
}

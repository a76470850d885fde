package resp

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
)

// TestAtomicOverServers: two servers of one file, as two processes would be, and several clients of each; what they read, change
// and write is never lost and never done twice.
func TestAtomicOverServers(t *testing.T) {
	const clients, rounds = 4, 400
	h := serve(t, options{ttl: true, shards: 1})
	other, err := served.Open(h.paths, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	second := New(other, "")
	c := dial(t, h)
	c.expect("+OK\r\n", "SET", "n", "0", "EX", "1000")
	c.expect("+OK\r\n", "SET", "chain", "start")

	var wg sync.WaitGroup
	firsts, links := make([]int, clients), make([]map[string]int, clients)
	for i := range clients {
		link := h.Server
		if i%2 == 1 {
			link = second
		}
		wg.Go(func() {
			links[i] = map[string]int{}
			say := direct(link)
			for r := range rounds {
				say("INCR", "n")
				say("APPEND", "text", "x")
				if say("SET", fmt.Sprint("once:", r), "v", "NX", "GET") == "$-1\r\n" {
					firsts[i]++
				}
				links[i][say("SET", "chain", fmt.Sprintf("%d.%d", i, r), "XX", "GET")]++
			}
		})
	}
	wg.Wait()
	c.expect(fmt.Sprintf("$4\r\n%d\r\n", clients*rounds), "GET", "n")
	c.expect(fmt.Sprintf(":%d\r\n", clients*rounds), "STRLEN", "text")
	if ttl, err := strconv.Atoi(strings.Trim(c.say("TTL", "n"), ":\r\n")); err != nil || ttl > 1000 || ttl < 900 {
		t.Errorf("%d seconds are left, %v", ttl, err)
	}
	sum, all := 0, map[string]int{}
	for i := range clients {
		sum += firsts[i]
		for v, n := range links[i] {
			all[v] += n
		}
	}
	if sum != rounds {
		t.Errorf("%d clients were the first to set %d keys", sum, rounds)
	}
	if len(all) != clients*rounds {
		t.Errorf("%d different values were replaced, of %d", len(all), clients*rounds)
	}
	for v, n := range all {
		if n != 1 {
			t.Errorf("%q was replaced %d times", v, n)
		}
	}
}

// direct says commands to a server without a connection.
func direct(s *Server) func(words ...string) string {
	c := newClient(s, nil)
	return func(words ...string) string {
		args := make([][]byte, len(words))
		for i, w := range words {
			args[i] = []byte(w)
		}
		c.out = c.out[:0]
		c.do(args)
		return string(c.out)
	}
}

// TestMSETAtOnce: in a map with one shard an MSET is done or not, as a whole; in others what there is room for is done.
func TestMSETAtOnce(t *testing.T) {
	for shards, want := range map[int]string{1: ":0\r\n", 16: ":2\r\n"} {
		say := direct(serve(t, options{shards: shards, entries: 3}).Server)
		say("SET", "a", "0")
		if got := say("MSET", "b", "1", "c", "1", "d", "1"); !strings.HasPrefix(got, "-OOM") {
			t.Errorf("%d shards: %q", shards, got)
		}
		if got := say("EXISTS", "b", "c", "d"); got != want {
			t.Errorf("%d shards: afterwards %q, want %q", shards, got, want)
		}
	}
}

// TestMSETIsNotTakenApart: in a map with one shard an MSET that no transaction holds is an error, and nothing of it is done.
func TestMSETIsNotTakenApart(t *testing.T) {
	for _, c := range []struct {
		pairs   int
		entries uint64
	}{{1001, 1000}, {65537, 0}} {
		say := direct(serve(t, options{shards: 1, entries: c.entries}).Server)
		words := []string{"MSET"}
		for i := range c.pairs {
			words = append(words, strconv.Itoa(i), "v")
		}
		if got := say(words...); !strings.HasPrefix(got, "-ERR too large") {
			t.Errorf("%d pairs: %q", c.pairs, got)
		}
		if got := say("DBSIZE"); got != ":0\r\n" {
			t.Errorf("%d pairs: afterwards there are %q", c.pairs, got)
		}
	}
}

// TestTriesAreBounded: a key that others change at every attempt is an error, not a loop without an end.
func TestTriesAreBounded(t *testing.T) {
	h := serve(t, options{})
	c := newClient(h.Server, nil)
	tries := 0
	err := c.change([]byte("k"), func(l *dict.Loaded) (dict.Op, bool, error) {
		op := c.put(l, "mine", deadline{})
		if tries++; h.maps.All[0].StoreDatum(dict.Datum{S: "k"}, dict.Datum{S: strconv.Itoa(tries)}) != nil {
			t.Fatal("the other one cannot store")
		}
		return op, true, nil
	})
	if !errors.Is(err, errTries) || tries != maxTries {
		t.Errorf("after %d tries: %v", tries, err)
	}
	if got := direct(h.Server)("GET", "k"); strings.Contains(got, "mine") {
		t.Errorf("%q", got)
	}
}

// TestErrorsHaveCodes: what goes wrong in a map has a code that clients know.
func TestErrorsHaveCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		code string
	}{
		{fault.ErrReadOnly, "READONLY You can't write"}, {fault.ErrFrozen, "READONLY map is frozen"}, {fault.With(fault.ErrFull, "x"), "OOM map is full: x"},
		{fault.ErrNoSpace, "OOM no space left"}, {fault.ErrBusy, "TRYAGAIN lock is held by a live process"}, {fault.ErrNoTTL, "ERR the map was created without TTL"},
		{&fault.Corrupt{Where: "x"}, "ERR corrupt: x"}, {fault.ErrTooLarge, "ERR too large"}, {fmt.Errorf("say: %w", errSyntax), "ERR syntax error"},
	} {
		if got := asReply(c.err).Error(); !strings.HasPrefix(got, c.code) {
			t.Errorf("%v is %q, want %q", c.err, got, c.code)
		}
	}
}

package shmaphttprate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/httprate"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/internal/procs"
)

var _ httprate.LimitCounter = (*Counter)(nil)

func TestMain(m *testing.M) {
	procs.Main(m, map[string]procs.Role{"serve": serve, "increment": increment})
}

func open(t *testing.T, path string) *Counter {
	t.Helper()
	c, err := Open(path, shmap.Options{})
	must(t, err)
	t.Cleanup(func() {
		procs.Check(t, c.Map())
		must(t, c.Close())
	})
	return c
}

// TestCountsLikeTheCounterOfHttprate gives the same operations to the counter that httprate has by itself.
func TestCountsLikeTheCounterOfHttprate(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	const length = time.Hour
	window := time.Now().UTC().Truncate(length)
	ours, theirs := open(t, procs.Path(t)), httprate.LimitCounter(httprate.NewLocalLimitCounter(length))
	ours.Config(10, length)
	theirs.Config(10, length)
	for range 5000 {
		key := "key" + strconv.Itoa(r.IntN(10))
		switch r.IntN(20) {
		case 0:
			window = window.Add(time.Duration(r.IntN(4)) * length) // on, or beyond what is remembered
		case 1, 2, 3:
			must(t, ours.Increment(key, window))
			must(t, theirs.Increment(key, window))
		case 4, 5, 6:
			n := r.IntN(5)
			must(t, ours.IncrementBy(key, window, n))
			must(t, theirs.IncrementBy(key, window, n))
		default:
			c, p, err := ours.Get(key, window, window.Add(-length))
			must(t, err)
			cc, pp, err := theirs.Get(key, window, window.Add(-length))
			must(t, err)
			if c != cc || p != pp {
				t.Fatalf("%s has %d requests now and %d before, httprate's counter %d and %d", key, c, p, cc, pp)
			}
		}
	}
}

func TestPrefixesKeepLimitersApart(t *testing.T) {
	m := open(t, procs.Path(t)).Map()
	now := time.Now().Truncate(time.Hour)
	for i, name := range [][2]string{{"", "abc"}, {"a", "bc"}, {"ab", "c"}, {"abc", ""}} { // all the same if joined
		c, err := New(m, name[0])
		must(t, err)
		must(t, c.IncrementBy(name[1], now, i+1))
		if n, _, err := c.Get(name[1], now, now.Add(-time.Hour)); n != i+1 || err != nil {
			t.Errorf("%q has %d requests, %v, want %d", name, n, err, i+1)
		}
	}
}

func TestErrorsAreReported(t *testing.T) {
	for _, o := range []shmap.Options{{}, {TTL: time.Minute}} {
		m, err := shmap.Anonymous[string, int64](o)
		must(t, err)
		if _, err := New(m, ""); err == nil {
			t.Errorf("a map with %v is taken", o)
		}
		must(t, m.Close())
	}
	c, err := Open(procs.Path(t), shmap.Options{})
	must(t, err)
	must(t, c.Close())
	_, _, get := c.Get("k", time.Now(), time.Now())
	for _, err := range []error{get, c.Increment("k", time.Now())} {
		if !errors.Is(err, shmap.ErrClosed) {
			t.Errorf("a closed counter: %v", err)
		}
	}
}

// TestCountsAreForgotten polls until a count of a short window is gone, memory and all.
func TestCountsAreForgotten(t *testing.T) {
	c := open(t, procs.Path(t))
	const length = 20 * time.Millisecond
	c.Config(1, length)
	window := time.Now().Truncate(length)
	must(t, c.Increment("k", window))
	ttl, ok := c.Map().TTL(c.key("k", window))
	if ok && (ttl > 2*length || ttl == shmap.Permanent) {
		t.Errorf("the count lives for %v, want two windows", ttl)
	}
	procs.Until(t, "the count is gone", func() bool {
		n, _, err := c.Get("k", window, window.Add(-length))
		return err == nil && n == 0
	})
	_, err := c.Map().FlushExpired()
	must(t, err)
	if n := c.Map().Len(); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

const limit = 100

// serve is a process with a limited page.
func serve(args []string) error {
	c, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	defer c.Close()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "page") })
	limited := httprate.LimitBy(limit, time.Hour, httprate.Key("everybody"), httprate.WithLimitCounter(c))
	server := httptest.NewServer(limited(page))
	defer server.Close()
	fmt.Println(server.URL)
	return procs.UntilEnd()
}

// TestOneLimitForAllProcesses asks four processes for more than they may give together, kills one, and asks its successor.
func TestOneLimitForAllProcesses(t *testing.T) {
	const n = 4
	path := procs.Path(t)
	var all []*procs.Proc
	var urls []string
	for range n {
		p := procs.Start(t, "serve", []string{path})
		all, urls = append(all, p), append(urls, p.Line())
	}
	client := &http.Client{Timeout: 20 * time.Second}
	var served, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 2 * n {
		wg.Go(func() {
			for range limit / n {
				switch status := get(client, urls[i%n]); status {
				case http.StatusOK:
					served.Add(1)
				case http.StatusTooManyRequests:
					refused.Add(1)
				default:
					t.Errorf("status %d", status)
				}
			}
		})
	}
	wg.Wait()
	if s := served.Load(); s < limit || s > limit+n-1 {
		t.Errorf("%d requests were served, want %d, or up to %d more that were decided at once", s, limit, n-1)
	}
	if sum := served.Load() + refused.Load(); sum != 2*limit {
		t.Errorf("%d requests were answered, want %d", sum, 2*limit)
	}
	if have := total(t, open(t, path)); have != served.Load() {
		t.Errorf("%d requests are counted, %d were served", have, served.Load())
	}

	all[0].Kill()
	p := procs.Start(t, "serve", []string{path})
	if status := get(client, p.Line()); status != http.StatusTooManyRequests {
		t.Errorf("after a restart the limit is forgotten: status %d", status)
	}
	for _, p := range append(all[1:], p) {
		p.End()
	}
}

func get(c *http.Client, url string) int {
	r, err := c.Get(url)
	if err != nil {
		return -1
	}
	_ = r.Body.Close()
	return r.StatusCode
}

// total is the sum of all counts.
func total(t *testing.T, c *Counter) (sum int64) {
	t.Helper()
	all, err := c.Map().ToMap()
	must(t, err)
	for _, n := range all {
		sum += n
	}
	return sum
}

// increment is a process that counts.
func increment(args []string) error {
	c, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	c.Config(limit, time.Hour)
	window := time.Unix(3600*500_000, 0).UTC()
	err = procs.Repeat(args, func(i int) error { return c.IncrementBy("key"+strconv.Itoa(i%3), window, 2) })
	return errors.Join(err, c.Close())
}

func TestSumsAreExactThoughProcessesAreKilled(t *testing.T) {
	path := procs.Path(t)
	sum := 0
	for _, n := range procs.Acknowledged(t, 4, "increment", path, 5000) {
		sum += 2 * n
	}
	have := total(t, open(t, path))
	if have != int64(sum) && have != int64(sum)+2 { // the killed one may not have come to say its last
		t.Errorf("the sum is %d, want the %d that were acknowledged, or 2 more", have, sum)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

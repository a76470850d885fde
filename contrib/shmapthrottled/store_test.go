package shmapthrottled

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/throttled/throttled/v2"
	"github.com/throttled/throttled/v2/store/storetest"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/internal/procs"
)

var (
	_ throttled.GCRAStoreCtx = (*Store)(nil)
	_ throttled.GCRAStore    = Plain{}
)

func TestMain(m *testing.M) {
	procs.Main(m, map[string]procs.Role{"ask": ask, "swap": swap})
}

func open(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path, shmap.Options{})
	must(t, err)
	t.Cleanup(func() {
		procs.Check(t, s.Map())
		must(t, s.Close())
	})
	return s
}

// The conformance tests that throttled has for stores.

func TestStoreOfThrottled(t *testing.T)    { storetest.TestGCRAStoreCtx(t, open(t, procs.Path(t))) }
func TestStoreOfThrottledTTL(t *testing.T) { storetest.TestGCRAStoreTTLCtx(t, open(t, procs.Path(t))) }
func TestPlainStoreOfThrottled(t *testing.T) {
	storetest.TestGCRAStore(t, open(t, procs.Path(t)).Plain())
}
func TestPlainStoreOfThrottledTTL(t *testing.T) {
	storetest.TestGCRAStoreTTL(t, open(t, procs.Path(t)).Plain())
}
func BenchmarkStoreOfThrottled(b *testing.B) {
	storetest.BenchmarkGCRAStoreCtx(b, open(b, procs.Path(b)))
}

func TestErrorsAreReported(t *testing.T) {
	m, err := shmap.Anonymous[string, int64](shmap.Options{})
	must(t, err)
	if _, err := New(m); !errors.Is(err, shmap.ErrNoTTL) {
		t.Errorf("a map without deadlines: %v", err)
	}
	must(t, m.Close())

	s, err := Open(procs.Path(t), shmap.Options{})
	must(t, err)
	must(t, s.Close())
	ctx := t.Context()
	_, _, get := s.GetWithTime(ctx, "k")
	_, set := s.SetIfNotExistsWithTTL(ctx, "k", 1, time.Second)
	_, cas := s.CompareAndSwapWithTTL(ctx, "k", 1, 2, time.Second)
	for _, err := range []error{get, set, cas} {
		if !errors.Is(err, shmap.ErrClosed) {
			t.Errorf("a closed store: %v", err)
		}
	}
}

// TestLookingLeavesNothing asks for a key with quantity 0, for which throttled stores a value with a ttl of 0.
func TestLookingLeavesNothing(t *testing.T) {
	s := open(t, procs.Path(t))
	l := limiter(t, s, throttled.PerSec(1), 0)
	_, _, err := l.RateLimitCtx(t.Context(), "looked at", 0)
	must(t, err)
	if ttl, ok := s.Map().TTL("looked at"); ok && (ttl == shmap.Permanent || ttl > time.Second) {
		t.Errorf("it stays for %v", ttl)
	}
}

// TestExpiredStateIsGone polls until a limited key is free again, and leaves no memory.
func TestExpiredStateIsGone(t *testing.T) {
	s := open(t, procs.Path(t))
	l := limiter(t, s, throttled.PerDuration(1, 30*time.Millisecond), 0)
	for i := 0; ; i++ { // one request is let through, and the next is not: on a slow machine the one after that
		limited, _, err := l.RateLimitCtx(t.Context(), "k", 1)
		must(t, err)
		if limited {
			break
		}
		if i == 1000 {
			t.Fatal("no request is limited")
		}
	}
	procs.Until(t, "the key is free again", func() bool {
		v, _, err := s.GetWithTime(t.Context(), "k")
		return err == nil && v == -1
	})
	_, err := s.Map().FlushExpired()
	must(t, err)
	if n := s.Map().Len(); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

func limiter(t testing.TB, s throttled.GCRAStoreCtx, r throttled.Rate, burst int) *throttled.GCRARateLimiterCtx {
	t.Helper()
	l, err := throttled.NewGCRARateLimiterCtx(s, throttled.RateQuota{MaxRate: r, MaxBurst: burst})
	must(t, err)
	return l
}

// TestLimitOverHTTP is the example of throttled's documentation, with a handle for each of two servers.
func TestLimitOverHTTP(t *testing.T) {
	path := procs.Path(t)
	var servers []*httptest.Server
	for range 2 {
		h := throttled.HTTPRateLimiterCtx{
			RateLimiter: limiter(t, open(t, path), throttled.PerHour(1), 4),
			VaryBy:      &throttled.VaryBy{Path: true},
		}
		page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "page") })
		server := httptest.NewServer(h.RateLimit(page))
		defer server.Close()
		servers = append(servers, server)
	}
	for i := range 10 {
		r, err := http.Get(servers[i%2].URL + "/page")
		must(t, err)
		must(t, r.Body.Close())
		want := http.StatusOK
		if i >= 5 {
			want = http.StatusTooManyRequests
		}
		if r.StatusCode != want {
			t.Errorf("request %d: status %d, want %d", i, r.StatusCode, want)
		}
	}
}

const allowed = 20_000 // requests, with no more for an hour

// ask asks until it is limited, and says so each time it was not.
func ask(args []string) error {
	s, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	l, err := throttled.NewGCRARateLimiterCtx(s, throttled.RateQuota{MaxRate: throttled.PerHour(1), MaxBurst: allowed - 1})
	if err != nil {
		return err
	}
	l.SetMaxCASAttemptsLimit(1_000_000)
	for {
		limited, _, err := l.RateLimitCtx(context.Background(), "everybody", 1)
		if err != nil {
			return err
		}
		if limited {
			return s.Close()
		}
		fmt.Println("let through")
	}
}

func TestTheLimitIsExactThoughProcessesAreKilled(t *testing.T) {
	path := procs.Path(t)
	sum := 0
	for _, n := range procs.Acknowledged(t, 4, "ask", path, 0) {
		sum += n
	}
	if sum != allowed && sum != allowed-1 { // the killed one may not have come to say its last
		t.Errorf("%d requests were let through, want %d, or one less", sum, allowed)
	}
	l := limiter(t, open(t, path), throttled.PerHour(1), allowed-1)
	limited, _, err := l.RateLimitCtx(t.Context(), "everybody", 1)
	if !limited || err != nil {
		t.Errorf("a process that comes later: limited is %v, %v", limited, err)
	}
}

// swap is a process that adds one to a value by compare-and-swap, as throttled does with times.
func swap(args []string) error {
	s, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	err = procs.Repeat(args, func(int) error { return addOne(s) })
	return errors.Join(err, s.Close())
}

func addOne(s *Store) error {
	ctx := context.Background()
	for {
		v, _, err := s.GetWithTime(ctx, "n")
		if err != nil {
			return err
		}
		var done bool
		if v == -1 {
			done, err = s.SetIfNotExistsWithTTL(ctx, "n", 1, time.Hour)
		} else {
			done, err = s.CompareAndSwapWithTTL(ctx, "n", v, v+1, time.Hour)
		}
		if err != nil || done {
			return err
		}
	}
}

func TestSwapsAreExactThoughProcessesAreKilled(t *testing.T) {
	path := procs.Path(t)
	sum := 0
	for _, n := range procs.Acknowledged(t, 4, "swap", path, 3000) {
		sum += n
	}
	v, _, err := open(t, path).GetWithTime(t.Context(), "n")
	must(t, err)
	if v != int64(sum) && v != int64(sum)+1 {
		t.Errorf("the value is %d after %d swaps", v, sum)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package shmapfiber

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/internal/procs"
)

var _ fiber.Storage = (*Storage)(nil)

func TestMain(m *testing.M) {
	procs.Main(m, map[string]procs.Role{"application": application, "set": set})
}

func open(t *testing.T, path string) *Storage {
	t.Helper()
	s, err := Open(path, shmap.Options{})
	must(t, err)
	t.Cleanup(func() {
		procs.Check(t, s.Map())
		must(t, s.Close())
	})
	return s
}

func want(t *testing.T, s *Storage, key, value string) {
	t.Helper()
	v, err := s.Get(key)
	if string(v) != value || (v == nil) != (value == "") || err != nil {
		t.Errorf("Get(%q) is %q, %v, want %q", key, v, err, value)
	}
}

// TestContract goes through what the comments of fiber.Storage say.
func TestContract(t *testing.T) {
	s := open(t, procs.Path(t))
	want(t, s, "missing", "") // nil, nil
	val := []byte("\x00\xffvalue")
	must(t, s.Set("key", val, 0))
	val[0] = 'x' // fiber uses its buffers again
	want(t, s, "key", "\x00\xffvalue")
	if ttl, ok := s.Map().TTL("key"); !ok || ttl != shmap.Permanent {
		t.Errorf("expiration 0 is %v, want for ever", ttl)
	}
	must(t, s.Set("key", []byte("other"), time.Hour))
	want(t, s, "key", "other")
	if ttl, ok := s.Map().TTL("key"); !ok || ttl > time.Hour || ttl < 59*time.Minute {
		t.Errorf("expiration of an hour is %v", ttl)
	}
	for _, exp := range []time.Duration{shmap.Permanent, -time.Hour} { // an expiration that has passed
		must(t, s.Set("gone", []byte("value"), time.Hour))
		must(t, s.Set("gone", []byte("value"), exp))
		want(t, s, "gone", "")
	}
	must(t, s.Set("key", nil, 0)) // an empty value or key is ignored
	must(t, s.Set("", []byte("value"), 0))
	want(t, s, "key", "other")
	want(t, s, "", "")
	must(t, s.Delete("key"))
	must(t, s.Delete("key"))
	want(t, s, "key", "")

	must(t, s.Set("short", []byte("value"), 30*time.Millisecond))
	procs.Until(t, "it expires", func() bool { v, err := s.Get("short"); return v == nil && err == nil })
	must(t, s.Set("a", []byte("1"), 0))
	must(t, s.Set("b", []byte("2"), time.Hour))
	must(t, s.Reset())
	want(t, s, "a", "")
	want(t, s, "b", "")

	ctx := t.Context()
	must(t, s.SetWithContext(ctx, "c", []byte("3"), 0))
	if v, err := s.GetWithContext(ctx, "c"); string(v) != "3" || err != nil {
		t.Errorf("with context: %q, %v", v, err)
	}
	must(t, s.DeleteWithContext(ctx, "c"))
	want(t, s, "c", "")
	must(t, s.Set("d", []byte("4"), 0))
	over, cancel := context.WithCancel(ctx)
	cancel()
	_, get := s.GetWithContext(over, "d")
	for _, err := range []error{get, s.SetWithContext(over, "d", val, 0), s.DeleteWithContext(over, "d"), s.ResetWithContext(over)} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a context that is done: %v", err)
		}
	}
	want(t, s, "d", "4")
	must(t, s.ResetWithContext(ctx))
	want(t, s, "d", "")
}

func TestErrorsAreReported(t *testing.T) {
	path := procs.Path(t)
	m, err := shmap.Open[string, []byte](path, shmap.Options{})
	must(t, err)
	must(t, m.Close())
	if _, err := Open(path, shmap.Options{}); !errors.Is(err, shmap.ErrNoTTL) {
		t.Errorf("a map without deadlines: %v", err)
	}
	s, err := Open(procs.Path(t), shmap.Options{})
	must(t, err)
	must(t, s.Close())
	must(t, s.Close()) // fiber may do so twice
	_, get := s.Get("k")
	for _, err := range []error{get, s.Set("k", []byte("v"), 0), s.Delete("k"), s.Reset()} {
		if !errors.Is(err, shmap.ErrClosed) {
			t.Errorf("a closed storage: %v", err)
		}
	}
}

// set is a process that stores under keys of its own.
func set(args []string) error {
	s, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	err = procs.Repeat(args, func(i int) error {
		key := args[1] + "-" + strconv.Itoa(i)
		return s.Set(key, []byte(strings.Repeat(key, 20)), time.Hour)
	})
	return errors.Join(err, s.Close())
}

func TestWhatWasSetIsThereThoughProcessesAreKilled(t *testing.T) {
	path := procs.Path(t)
	said := procs.Acknowledged(t, 4, "set", path, 2000)
	s := open(t, path)
	sum := 0
	for p, n := range said {
		sum += n
		for i := range n {
			key := strconv.Itoa(p) + "-" + strconv.Itoa(i)
			want(t, s, key, strings.Repeat(key, 20))
		}
	}
	if n := s.Map().Len(); n != sum && n != sum+1 { // the killed one may not have come to say its last
		t.Errorf("%d entries, want %d, or one more", n, sum)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

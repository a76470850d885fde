package resp

import (
	"bufio"
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// options of a served map of a test.
type options struct {
	ttl      bool
	byTTL    time.Duration // the map's default
	shards   int
	readOnly bool
	maps     int
	token    string
	entries  uint64
}

// A host is a running server.
type host struct {
	*Server
	addr  net.Addr
	maps  *served.Maps
	paths []string
	done  chan error
}

// serve makes maps and serves them on a Unix socket.
func serve(t testing.TB, o options) *host {
	t.Helper()
	h := &host{done: make(chan error, 1)}
	for i := range max(o.maps, 1) {
		path := filepath.Join(t.TempDir(), string(rune('a'+i))+".shmap")
		m, err := dict.Open(path, dict.Options{Key: layout.String, Value: layout.String, EnableTTL: o.ttl, TTL: o.byTTL,
			Shards: o.shards, MaxEntries: o.entries})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		h.paths = append(h.paths, path)
	}
	var err error
	if h.maps, err = served.Open(h.paths, !o.readOnly); err != nil {
		t.Fatal(err)
	}
	h.Server = New(h.maps, o.token)
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	h.addr = ln.Addr()
	go func() { h.done <- h.Serve(ln) }()
	t.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
		defer stop()
		if err := h.Shutdown(ctx); err != nil && !isClosed(err) {
			t.Errorf("shutdown: %v", err)
		}
		if err := h.maps.Close(); err != nil {
			t.Error(err)
		}
		for _, path := range h.paths {
			sound(t, path)
		}
	})
	return h
}

// sound checks the map at a path.
func sound(t testing.TB, path string) {
	t.Helper()
	m, err := dict.Open(path, dict.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := m.Check(); err != nil || len(problems) > 0 {
		t.Errorf("check of %s: %v, %v", path, problems, err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func dial(t testing.TB, h *host) *conn {
	t.Helper()
	c, err := net.Dial(h.addr.Network(), h.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &conn{Conn: c, t: t, r: bufio.NewReader(c)}
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }

// expect says and compares, in pairs.
func (c *conn) expect(want string, words ...string) {
	c.t.Helper()
	if got := c.say(words...); got != want {
		c.t.Errorf("%q is answered %q, want %q", words, got, want)
	}
}

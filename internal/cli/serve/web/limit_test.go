package web

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is a listener at which there is always another client, which says nothing.
type crowd struct {
	came    atomic.Int64
	left    atomic.Int64
	mu      sync.Mutex
	clients []net.Conn // their ends
	over    chan struct{}
	t       *testing.T
}

func (c *crowd) Accept() (net.Conn, error) {
	select {
	case <-c.over:
		return nil, net.ErrClosed
	default:
	}
	client, server := net.Pipe()
	c.mu.Lock()
	c.clients = append(c.clients, client)
	c.mu.Unlock()
	if n := c.came.Add(1); n > maxConns+c.left.Load() {
		c.t.Errorf("connection %d is taken, and %d have left", n, c.left.Load())
		return nil, net.ErrClosed
	}
	return server, nil
}

func (c *crowd) Close() error   { return nil }
func (c *crowd) Addr() net.Addr { return &net.UnixAddr{} }

// TestConnectionsAreLimited: beyond the most, a client comes in when another leaves.
func TestConnectionsAreLimited(t *testing.T) {
	s := open(t, false, "")
	ctx, stop := context.WithCancel(t.Context())
	c := &crowd{over: make(chan struct{}), t: t}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, c) }()
	wait := func(n int64) {
		t.Helper()
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(20 * time.Second); c.came.Load() < n; <-tick.C {
			if time.Now().After(end) {
				t.Fatalf("%d connections of %d", c.came.Load(), n)
			}
		}
	}
	wait(maxConns)
	leave := func(n int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		n = min(n, len(c.clients))
		for _, client := range c.clients[:n] {
			c.left.Add(1)
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		}
		c.clients = c.clients[n:]
	}
	leave(1)
	wait(maxConns + 1)
	close(c.over)
	leave(2 * maxConns)
	stop()
	if err := <-done; err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

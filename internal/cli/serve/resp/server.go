// Package resp serves maps with string keys and values in the protocol and with the string commands of Redis, so that a program
// in any language on the machine can use them. It knows commands and connections; the maps are served's.
//
// Every command that reads and then writes one key is one operation of the map, or compares and swaps and tries again when
// another process was faster: it is atomic over all processes that have the map. Requests are read by code of its own: the
// reader of github.com/tidwall/redcon v1.6.4 panics at a bulk length of 2^63-1 and does not return from a multibulk length of
// 2^63-1, so one line would end or occupy the server.
package resp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
)

// maxClients is how many connections are served at once, as many as Redis takes.
const maxClients = 10000

// writeTimeout is how long a client may take for maxWrite bytes of its replies.
const writeTimeout = 30 * time.Second

// Server answers clients.
type Server struct {
	maps  *served.Maps
	token []byte // its hash; nil for none
	ids   atomic.Int64

	commands []command
	index    map[string]int // in commands, by name

	mu      sync.Mutex
	clients map[*client]struct{}
	ln      net.Listener
	closing bool
	ending  atomic.Bool // the same, for commands that go on for long
	wait    sync.WaitGroup
}

// New returns a server of maps, which must all have string keys and values. With a token clients have to say it first: AUTH token.
func New(maps *served.Maps, token string) *Server {
	s := &Server{maps: maps, commands: commands(), index: map[string]int{}, clients: map[*client]struct{}{}}
	for i := range s.commands {
		s.index[s.commands[i].name] = i
	}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		s.token = sum[:]
	}
	return s
}

// Serve answers the clients that come in at ln, until Shutdown.
func (s *Server) Serve(ln net.Listener) error {
	s.mu.Lock()
	s.ln = ln
	closing := s.closing
	s.mu.Unlock()
	if closing {
		return ln.Close()
	}
	pause := time.Duration(0)
	for {
		conn, err := ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil: // no descriptors left, mostly
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			time.Sleep(pause)
			continue
		}
		pause = 0
		s.admit(conn)
	}
}

// admit starts a client.
func (s *Server) admit(conn net.Conn) {
	c := newClient(s, conn)
	s.mu.Lock()
	full := len(s.clients) >= maxClients
	if full || s.closing {
		s.mu.Unlock()
		if full {
			_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = conn.Write([]byte("-ERR max number of clients reached\r\n")) // it is told if it listens
		}
		_ = conn.Close()
		return
	}
	s.clients[c] = struct{}{}
	s.wait.Add(1)
	s.mu.Unlock()
	s.maps.Accepted.Add(1)
	s.maps.Connections.Add(1)
	go func() {
		defer s.wait.Done()
		defer s.maps.Connections.Add(-1)
		c.run()
		_ = conn.Close()
		s.mu.Lock()
		delete(s.clients, c)
		s.mu.Unlock()
	}()
}

// Shutdown takes no more clients, lets commands that have begun end and be answered, and closes the connections. When ctx ends
// before that it closes them anyway.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	s.ending.Store(true)
	var err error
	if s.ln != nil {
		err = s.ln.Close()
	}
	for c := range s.clients {
		_ = c.conn.SetReadDeadline(time.Now()) // one that waits for a command stops waiting
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.wait.Wait(); close(done) }()
	select {
	case <-done:
		return err
	case <-ctx.Done():
	}
	s.mu.Lock()
	for c := range s.clients {
		_ = c.conn.Close()
	}
	s.mu.Unlock()
	return errors.Join(err, ctx.Err())
}

// knows reports whether a token is the right one, in a time that does not say how much of it is.
func (s *Server) knows(token []byte) bool {
	sum := sha256.Sum256(token)
	return subtle.ConstantTimeCompare(sum[:], s.token) == 1
}

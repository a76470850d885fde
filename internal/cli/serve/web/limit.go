package web

import (
	"net"
	"sync"
)

// maxConns is how many connections are served at once. Others wait in the queue of the kernel.
const maxConns = 1024

// limited is a listener that takes a connection when there is room for it.
type limited struct {
	net.Listener
	room  chan struct{}
	ended chan struct{}
	end   func()
}

func atMost(ln net.Listener) *limited {
	l := &limited{Listener: ln, room: make(chan struct{}, maxConns), ended: make(chan struct{})}
	l.end = sync.OnceFunc(func() { close(l.ended) })
	return l
}

// Accept takes the next connection.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.room <- struct{}{}:
	case <-l.ended:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return &counted{c, sync.OnceFunc(func() { <-l.room })}, nil
}

// Close ends waiting too.
func (l *limited) Close() error {
	l.end()
	return l.Listener.Close()
}

// counted is a connection that makes room when it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

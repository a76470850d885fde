package resp

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// sink is a connection that counts what is written to it, and tells somebody before.
type sink struct {
	net.Conn
	n, largest, deadlines, writes int
	before                        func()
}

func (s *sink) Write(p []byte) (int, error) {
	s.before()
	s.writes++
	s.n, s.largest = s.n+len(p), max(s.largest, len(p))
	return len(p), nil
}

func (s *sink) SetWriteDeadline(time.Time) error { s.deadlines++; return nil }

// TestLargeValueHasTime: the time for writing is for a part of a value, not for all of it.
func TestLargeValueHasTime(t *testing.T) {
	h := serve(t, options{})
	direct(h.Server)("SET", "big", strings.Repeat("x", 5*maxWrite))
	out := &sink{before: func() {}}
	c := newClient(h.Server, out)
	c.do([][]byte{[]byte("GET"), []byte("big")})
	if err := c.flush(); err != nil {
		t.Fatal(err)
	}
	if want := 5*maxWrite + len("$5242880\r\n\r\n"); out.n != want || out.largest > maxWrite || out.deadlines != out.writes {
		t.Errorf("%d bytes of %d, at most %d at once, %d deadlines for %d writes", out.n, want, out.largest, out.deadlines, out.writes)
	}
}

// TestLongReplyIsSentAsItComes: a reply of many values takes the memory of one.
func TestLongReplyIsSentAsItComes(t *testing.T) {
	h := serve(t, options{})
	const size, values = 1 << 20, 64
	direct(h.Server)("SET", "big", strings.Repeat("x", size))
	out, most := &sink{}, 0
	c := newClient(h.Server, out)
	out.before = func() { most = max(most, cap(c.out)) }
	words := [][]byte{[]byte("MGET")}
	for range values {
		words = append(words, []byte("big"))
	}
	c.do(words)
	if err := c.flush(); err != nil {
		t.Fatal(err)
	}
	if want := len("*64\r\n") + values*(size+len("$1048576\r\n\r\n")); out.n != want {
		t.Errorf("%d bytes were sent, want %d", out.n, want)
	}
	if most > 4*size {
		t.Errorf("%d bytes were held of values of %d", most, size)
	}
}

// idle is a connection that looks at its client when that waits.
type idle struct {
	net.Conn
	in     *strings.Reader
	before func()
}

func (i *idle) Read(p []byte) (int, error) {
	if i.in.Len() == 0 {
		i.before()
	}
	return i.in.Read(p)
}

func (i *idle) Write(p []byte) (int, error)      { return len(p), nil }
func (i *idle) SetWriteDeadline(time.Time) error { return nil }

// TestIdleClientsHoldLittle: a client that waits holds neither the value it read last nor the words it said.
func TestIdleClientsHoldLittle(t *testing.T) {
	h := serve(t, options{})
	direct(h.Server)("SET", "big", strings.Repeat("x", 1<<20))
	words := []string{"EXISTS"}
	for range 5000 {
		words = append(words, "a")
	}
	looked := false
	conn := &idle{in: strings.NewReader(request(words...) + request("SET", "k", strings.Repeat("x", 1<<20)) + request("GET", "big"))}
	c := newClient(h.Server, conn)
	conn.before = func() {
		looked = true
		if n := cap(c.val) + cap(c.out) + cap(c.in.buf) + c.in.r.Size() + 24*cap(c.in.args) + 8*cap(c.in.ends); n > 512<<10 {
			t.Errorf("%d bytes are held", n)
		}
		for _, a := range c.in.args[:cap(c.in.args)] {
			if a != nil {
				t.Errorf("%d bytes of a word are held", cap(a))
			}
		}
	}
	c.run()
	if !looked {
		t.Error("the client never waited")
	}
}

// TestErrorInALongReply: when a part of a reply is with the client, an error ends the connection, for the client would take it for
// an element.
func TestErrorInALongReply(t *testing.T) {
	h := serve(t, options{readOnly: true})
	m, err := dict.Open(h.paths[0], dict.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.StoreDatum(dict.Datum{S: "big"}, dict.Datum{S: strings.Repeat("x", 1<<20)}), m.Close()); err != nil {
		t.Fatal(err)
	}
	out := &sink{}
	c := newClient(h.Server, out)
	out.before = func() {
		if err := os.Truncate(h.paths[0], int64(layout.ShardAt(1))); err != nil {
			t.Error(err)
		}
	}
	c.do([][]byte{[]byte("MGET"), []byte("big"), []byte("big"), []byte("big")})
	if out.n == 0 || len(c.out) != 0 || !c.quit {
		t.Errorf("%d bytes are sent, %d wait, the end is %v", out.n, len(c.out), c.quit)
	}
	h.paths = nil // it is not sound any more
}

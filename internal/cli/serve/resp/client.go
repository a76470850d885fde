package resp

import (
	"bytes"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
)

// maxReplies is how many bytes of replies are collected before they are sent.
const maxReplies = 64 << 10

// maxWrite is how many bytes a client has writeTimeout for.
const maxWrite = 1 << 20

// client is one connection. Only its goroutine uses it, but for the fields at the end.
type client struct {
	srv   *Server
	conn  net.Conn
	in    *reader
	out   []byte // replies to be sent
	m     *served.Map
	val   []byte // the value read last
	proto int    // 2 or 3
	known bool   // said the token, or need not
	quit  bool
	sent  int // how often replies were sent

	id      int64
	since   time.Time
	name    string // guarded by srv.mu, as others list it
	library string // as well
}

func newClient(s *Server, conn net.Conn) *client {
	c := &client{srv: s, conn: conn, id: s.ids.Add(1), since: time.Now()}
	c.in = newReader(flusher{c})
	c.reset()
	return c
}

// reset makes the connection as good as new.
func (c *client) reset() {
	c.m, c.proto, c.known = c.srv.maps.All[0], 2, c.srv.token == nil
	c.in.stranger = !c.known
}

// flusher sends what is to be sent before it waits for more: the replies to commands that come together go out together.
type flusher struct{ c *client }

func (f flusher) Read(p []byte) (int, error) {
	if err := f.c.flush(); err != nil {
		return 0, err
	}
	if cap(f.c.val) > maxReplies { // who waits holds nothing large
		f.c.val = nil
	}
	return f.c.conn.Read(p)
}

// ease sends the replies so far if they are many, also in the middle of a reply.
func (c *client) ease() error {
	if len(c.out) <= maxReplies {
		return nil
	}
	return c.flush()
}

func (c *client) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	c.sent++
	var err error
	for from := 0; from < len(c.out) && err == nil; from += maxWrite {
		if err = c.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err == nil {
			_, err = c.conn.Write(c.out[from:min(from+maxWrite, len(c.out))])
		}
	}
	if c.out = c.out[:0]; cap(c.out) > 4*maxReplies {
		c.out = nil
	}
	return err
}

// run answers commands until the client goes, or is to go.
func (c *client) run() {
	for !c.quit {
		args, err := c.in.next()
		var wrong protocolError
		if errors.As(err, &wrong) {
			c.fail(reply("ERR " + wrong.Error()))
		}
		if err != nil {
			break
		}
		if len(args) > 0 {
			c.do(args)
		}
		if c.ease() != nil {
			return
		}
	}
	_ = c.flush() // who is gone does not miss it
}

// do answers one command.
func (c *client) do(args [][]byte) {
	if fromBrowser(args[0]) {
		c.quit = true
		return
	}
	c.srv.maps.Commands.Add(1)
	cmd, err := c.srv.find(args)
	if err == nil {
		err = c.allowed(cmd)
	}
	if err == nil {
		before, sent := len(c.out), c.sent
		if err = c.m.Guard(func() error { return cmd.run(c, args) }); err != nil && c.sent != sent {
			c.out, c.quit = nil, true // half a reply is with the client
			return
		} else if err != nil {
			c.out = c.out[:before]
		}
	}
	if err != nil {
		c.fail(err)
	}
}

// fromBrowser recognizes how a request begins that a web page makes a browser send to this port, with commands in its body. Redis
// ends such a connection too.
func fromBrowser(word []byte) bool {
	return bytes.EqualFold(word, []byte("POST")) || bytes.EqualFold(word, []byte("Host:"))
}

// allowed says why the client may not have a command.
func (c *client) allowed(cmd *command) error {
	switch {
	case !c.known && cmd.flags&noAuth == 0:
		return reply("NOAUTH Authentication required.")
	case cmd.flags&write != 0 && !c.srv.maps.Write:
		return errReadOnly
	}
	return nil
}

// Replies.

func (c *client) ok()             { c.out = append(c.out, "+OK\r\n"...) }
func (c *client) simple(s string) { c.out = append(append(append(c.out, '+'), s...), "\r\n"...) }
func (c *client) integer(n int64) { c.header(':', n) }
func (c *client) array(n int)     { c.header('*', int64(n)) }
func (c *client) bulk(b []byte) {
	c.header('$', int64(len(b)))
	c.out = append(append(c.out, b...), "\r\n"...)
}
func (c *client) bulkText(s string) {
	c.header('$', int64(len(s)))
	c.out = append(append(c.out, s...), "\r\n"...)
}

func (c *client) header(kind byte, n int64) {
	c.out = append(strconv.AppendInt(append(c.out, kind), n, 10), "\r\n"...)
}

func (c *client) null() {
	if c.proto == 3 {
		c.out = append(c.out, "_\r\n"...)
		return
	}
	c.out = append(c.out, "$-1\r\n"...)
}

func (c *client) truth(yes bool) {
	if yes {
		c.integer(1)
	} else {
		c.integer(0)
	}
}

// maybe is a value, or null.
func (c *client) maybe(found bool, b []byte) {
	if found {
		c.bulk(b)
	} else {
		c.null()
	}
}

// table begins a map of n pairs, which before version 3 of the protocol is an array.
func (c *client) table(n int) {
	if c.proto == 3 {
		c.header('%', int64(n))
	} else {
		c.array(2 * n)
	}
}

// set begins a set of n elements.
func (c *client) set(n int) {
	if c.proto == 3 {
		c.header('~', int64(n))
	} else {
		c.array(n)
	}
}

// verbatim is text for people.
func (c *client) verbatim(s string) {
	if c.proto != 3 {
		c.bulkText(s)
		return
	}
	c.header('=', int64(len(s)+4))
	c.out = append(append(append(c.out, "txt:"...), s...), "\r\n"...)
}

// fail is an error, in one line.
func (c *client) fail(err error) {
	text := strings.NewReplacer("\r", " ", "\n", " ").Replace(asReply(err).Error())
	c.out = append(append(append(c.out, '-'), text...), "\r\n"...)
}

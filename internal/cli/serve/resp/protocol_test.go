package resp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
)

// TestPipeline: commands that come together, or in pieces, are answered in order.
func TestPipeline(t *testing.T) {
	c := dial(t, serve(t, options{}))
	var all, want strings.Builder
	for i := 1; i <= 2000; i++ {
		all.WriteString(request("INCR", "n"))
		all.WriteString("ECHO " + fmt.Sprint(i) + "\r\n")
		fmt.Fprintf(&want, ":%d\r\n$%d\r\n%d\r\n", i, len(fmt.Sprint(i)), i)
	}
	go func() {
		for s := all.String(); s != ""; {
			n := min(len(s), 777)
			if _, err := c.Write([]byte(s[:n])); err != nil {
				return // hear fails
			}
			s = s[n:]
		}
	}()
	got := ""
	for range 4000 {
		got += c.hear()
	}
	if got != want.String() {
		t.Errorf("%d bytes of replies, not the %d expected", len(got), want.Len())
	}
}

// TestHalfACommandHoldsNothingUp: replies come though the next command is not complete.
func TestHalfACommandHoldsNothingUp(t *testing.T) {
	c := dial(t, serve(t, options{}))
	c.send(request("PING") + "*2\r\n$4\r\nEC")
	if got := c.hear(); got != "+PONG\r\n" {
		t.Errorf("%q", got)
	}
	c.send("HO\r\n$1\r\nx\r\n")
	if got := c.hear(); got != "$1\r\nx\r\n" {
		t.Errorf("%q", got)
	}
}

// TestMalformedRequests: what is no request is told so and ends the connection; the server goes on. The replies are those of
// Redis.
func TestMalformedRequests(t *testing.T) {
	h := serve(t, options{})
	for _, r := range []struct{ in, want string }{
		{"*1\r\n$9223372036854775807\r\n", "invalid bulk length"},
		{"*1\r\n$-1\r\n", "invalid bulk length"},
		{"*1\r\n$x\r\n", "invalid bulk length"},
		{"*1\r\n$536870913\r\n", "invalid bulk length"},
		{"*1\r\nPING\r\n", "expected '$', got 'P'"},
		{"*1\r\n\r\n", "expected '$', got '\r'"},
		{"*9223372036854775807\r\n", "invalid multibulk length"},
		{"*1048577\r\n", "invalid multibulk length"},
		{"*x\r\n", "invalid multibulk length"},
		{"*\r\n", "invalid multibulk length"},
		{"SET \"a\r\n", "unbalanced quotes in request"},
		{"SET \"a\"b c\r\n", "unbalanced quotes in request"},
		{"SET 'a\r\n", "unbalanced quotes in request"},
		{strings.Repeat("x", 70000), "too big inline request"},
		{"*1\r\n$" + strings.Repeat("1", 70000), "too big bulk count string"},
	} {
		c := dial(t, h)
		c.send(request("PING") + r.in)
		want := "-ERR Protocol error: " + strings.ReplaceAll(r.want, "\r", " ") + "\r\n"
		if got := c.hear() + c.hear(); got != "+PONG\r\n"+want {
			t.Errorf("%.40q is answered %q, want %q", r.in, got, want)
		}
		if !c.closed() {
			t.Errorf("%.40q: the connection goes on", r.in)
		}
	}
	dial(t, h).expect("+PONG\r\n", "PING")
}

// TestBrowserCannotWrite: a web page can make a browser send commands in the body of a request, or in the first words of TLS, which are not carried out.
func TestBrowserCannotWrite(t *testing.T) {
	h := serve(t, options{})
	for _, head := range []string{"POST / HTTP/1.1\r\nAccept: *\r\n", "GET / HTTP/1.1\r\nHost: 127.0.0.1:6379\r\n", "PUT / HTTP/1.1\r\nhost: x\r\n",
		"\x16\x03\x01\r\n", "\x00\x03\x00\x08\r\n", "\x80\x2e\x01\r\n"} {
		c := dial(t, h)
		c.send(head + "\r\nSET k v\r\n")
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c.r); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%q: %v", head, err)
		}
	}
	dial(t, h).expect("$-1\r\n", "GET", "k")
}

// TestInline: a person may type commands.
func TestInline(t *testing.T) {
	c := dial(t, serve(t, options{}))
	for _, r := range []struct{ in, want string }{
		{"ping\n", "+PONG\r\n"},
		{"\r\n\n*0\r\n*-1\r\n  ECHO \t x \r\n", "$1\r\nx\r\n"},
		{`ECHO "a b\x00\xff\n\"\\\q"` + "\r\n", "$9\r\na b\x00\xff\n\"\\q\r\n"},
		{`ECHO 'a "b\n\''` + "\r\n", "$7\r\na \"b\\n'\r\n"},
		{`ECHO a"b c"` + "\r\n", "$4\r\nab c\r\n"},
		{`ECHO ""` + "\r\n", "$0\r\n\r\n"},
	} {
		c.send(r.in)
		if got := c.hear(); got != r.want {
			t.Errorf("%q is answered %q, want %q", r.in, got, r.want)
		}
	}
}

// TestLargeValues: a value of many megabytes goes through, and what was only announced costs nothing.
func TestLargeValues(t *testing.T) {
	h := serve(t, options{})
	c := dial(t, h)
	big := strings.Repeat("0123456789abcdef", 1<<20)
	c.expect("+OK\r\n", "SET", "big", big)
	if got := c.say("GET", "big"); got != fmt.Sprintf("$%d\r\n%s\r\n", len(big), big) {
		t.Errorf("%d bytes came back of %d", len(got), len(big))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 20 {
		liar := dial(t, h)
		liar.send(request("PING") + "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\nabc")
		liar.hear()
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 100<<20 {
		t.Errorf("20 announcements took %d bytes", grown)
	}
}

// TestToken: without the token a client learns nothing and can do nothing, and cannot make the server read much.
func TestToken(t *testing.T) {
	h := serve(t, options{token: "correct horse"})
	c := dial(t, h)
	c.expect("-NOAUTH Authentication required.\r\n", "GET", "k")
	c.expect("-NOAUTH Authentication required.\r\n", "CLIENT", "LIST")
	c.expect("-WRONGPASS invalid username-password pair or user is disabled.\r\n", "AUTH", "correct hors")
	c.expect("-WRONGPASS invalid username-password pair or user is disabled.\r\n", "AUTH", "root", "correct horse")
	c.expect("-NOAUTH Authentication required.\r\n", "GET", "k")
	if got := c.say("HELLO", "3"); !strings.HasPrefix(got, "-NOAUTH HELLO must be called with the client already authenticated") {
		t.Errorf("%q", got)
	}
	c.expect("+OK\r\n", "AUTH", "correct horse")
	c.expect("$-1\r\n", "GET", "k")
	c.expect("+RESET\r\n", "RESET")
	c.expect("-NOAUTH Authentication required.\r\n", "GET", "k")
	if got := c.say("HELLO", "3", "AUTH", "default", "correct horse", "SETNAME", "me"); !strings.HasPrefix(got, "%7\r\n$6\r\nserver\r\n$5\r\nshmap\r\n") {
		t.Errorf("%q", got)
	}
	c.expect("_\r\n", "GET", "k")
	c.expect("$2\r\nme\r\n", "CLIENT", "GETNAME")

	for in, want := range map[string]string{
		"*11\r\n":          "unauthenticated multibulk length",
		"*1\r\n$16385\r\n": "unauthenticated bulk length",
	} {
		c := dial(t, h)
		c.send(in)
		if got := c.hear(); got != "-ERR Protocol error: "+want+"\r\n" {
			t.Errorf("%q is answered %q", in, got)
		}
	}
	c.expect("$16385\r\n"+strings.Repeat("x", 16385)+"\r\n", "ECHO", strings.Repeat("x", 16385))
}

// TestClientListHasOneLineAClient: whatever path a client has bound its socket to.
func TestClientListHasOneLineAClient(t *testing.T) {
	h := serve(t, options{})
	at := &net.UnixAddr{Name: t.TempDir() + "/x name=root\nid=7\x7f", Net: "unix"}
	odd, err := net.DialUnix("unix", at, &net.UnixAddr{Name: h.addr.String(), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer odd.Close()
	c := &conn{Conn: odd, t: t, r: bufio.NewReader(odd)}
	got := c.say("CLIENT", "LIST")
	if strings.Contains(got, "\nid=7") || strings.Contains(got, " name=root") || !strings.Contains(got, "/x?name=root?id=7? laddr") {
		t.Errorf("%q", got)
	}
}

// TestShutdown: who waits is disconnected, and nobody comes in any more.
func TestShutdown(t *testing.T) {
	h := serve(t, options{})
	idle, half := dial(t, h), dial(t, h)
	idle.expect("+PONG\r\n", "PING")
	half.send(request("PING") + "*1\r\n")
	half.hear()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	if err := h.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-h.done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if !idle.closed() || !half.closed() {
		t.Error("a connection goes on")
	}
	if c, err := net.Dial(h.addr.Network(), h.addr.String()); err == nil {
		_ = c.Close()
		t.Error("a client comes in after the end")
	}
	if n := h.maps.Connections.Load(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

// TestCutOffFile: when somebody cuts the file off under the server, commands are errors; the server goes on with the other maps,
// and knows which one is broken.
func TestCutOffFile(t *testing.T) {
	h := serve(t, options{maps: 2, readOnly: true})
	c := dial(t, h)
	if err := h.maps.All[0].Health(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(h.paths[0], int64(layout.ShardAt(1))); err != nil {
		t.Fatal(err)
	}
	if got := c.say("KEYS", "*"); !strings.HasPrefix(got, "-ERR corrupt: ") {
		t.Errorf("%q", got)
	}
	if h.maps.All[0].Health() == nil || h.maps.All[1].Health() != nil {
		t.Errorf("health: %v and %v", h.maps.All[0].Health(), h.maps.All[1].Health())
	}
	c.expect("+OK\r\n", "SELECT", "1")
	c.expect(":0\r\n", "DBSIZE")
	h.paths = h.paths[1:] // the other one is not sound any more
}

// FuzzRequests: whatever comes, reading it ends, in commands or in an error, and every word is a part of what came.
func FuzzRequests(f *testing.F) {
	for _, s := range []string{"*1\r\n$4\r\nPING\r\n", "SET a 'b c'\r\n", "*2\r\n$1\r\na\r\n$0\r\n\r\n", "*-1\r\n", "*1\r\n$99\r\n", "a \"\\x4", "*1\r\n$9223372036854775807\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := newReader(bytes.NewReader(in))
		total := 0
		for n := 0; ; n++ {
			args, err := r.next()
			if err != nil {
				var wrong protocolError
				if !errors.As(err, &wrong) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("error %v", err)
				}
				return
			}
			for _, a := range args {
				total += len(a)
			}
			if n > len(in) || total > len(in) {
				t.Fatalf("%d commands of %d bytes in %d bytes", n, total, len(in))
			}
		}
	})
}

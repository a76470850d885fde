package resp

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/cli/word"
)

var update = flag.Bool("update", false, "record testdata/redis.txt from a Redis that is installed")

// TestLikeRedis: every reply is, byte for byte, the one that Redis gave.
func TestLikeRedis(t *testing.T) {
	path := filepath.Join("testdata", "redis.txt")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		text = record(t, text)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := dial(t, serve(t, options{ttl: true}))
	n, want := 0, ""
	said, got := "", ""
	for i, line := range strings.Split(string(text), "\n") {
		kind, rest, _ := strings.Cut(line, " ")
		switch {
		case kind == ">" || kind == "~":
			said, got = rest, c.say(words(t, rest)...)
		case strings.HasPrefix(line, `"`):
			if want, err = strconv.Unquote(line); err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			if n++; got != want {
				t.Errorf("line %d: %s\n is answered %q\nRedis says %q", i+1, said, got, want)
			}
		}
	}
	if n < 200 {
		t.Errorf("%d replies were compared", n)
	}
}

func words(t *testing.T, line string) []string {
	t.Helper()
	w, err := word.Split(nil, line)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// record writes down what a Redis answers.
func record(t *testing.T, text []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "redis.sock")
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir, "--databases", "1")
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; install redis-server to record", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var c *conn
	within(t, 10*time.Second, "redis-server answers", func() bool {
		nc, err := net.Dial("unix", socket)
		if err == nil {
			c = &conn{t: t, Conn: nc, r: bufio.NewReader(nc)}
		}
		return err == nil
	})
	var out bytes.Buffer
	for _, line := range strings.SplitAfter(string(text), "\n") {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if strings.HasPrefix(line, `"`) {
			continue
		}
		out.WriteString(line)
		switch kind {
		case ">":
			fmt.Fprintf(&out, "%q\n", c.say(words(t, rest)...))
		case "~":
			c.say(words(t, rest)...)
		}
	}
	return out.Bytes()
}

// conn is a client that sees the bytes of replies.
type conn struct {
	net.Conn
	t testing.TB
	r *bufio.Reader
}

func (c *conn) say(words ...string) string {
	c.t.Helper()
	c.send(request(words...))
	return c.hear()
}

func (c *conn) send(s string) {
	c.t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *conn) hear() string {
	c.t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		c.t.Fatal(err)
	}
	s, err := c.reply()
	if err != nil {
		c.t.Fatalf("after %q: %v", s, err)
	}
	return s
}

// closed reports whether the server closed the connection without another word (with what it had not read yet, that is a reset).
func (c *conn) closed() bool {
	c.t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		c.t.Fatal(err)
	}
	_, err := c.r.ReadByte()
	return err == io.EOF || errors.Is(err, syscall.ECONNRESET)
}

// reply reads one whole reply.
func (c *conn) reply() (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil || len(line) < 3 {
		return line, err
	}
	n, _ := strconv.Atoi(line[1 : len(line)-2])
	switch line[0] {
	case '$', '=':
		if n < 0 {
			return line, nil
		}
		b := make([]byte, n+2)
		_, err = io.ReadFull(c.r, b)
		return line + string(b), err
	case '%':
		n *= 2
	case '*', '~':
	default:
		return line, nil
	}
	for range n {
		part, err := c.reply()
		if line += part; err != nil {
			return line, err
		}
	}
	return line, nil
}

func request(words ...string) string {
	s := fmt.Sprintf("*%d\r\n", len(words))
	for _, w := range words {
		s += fmt.Sprintf("$%d\r\n%s\r\n", len(w), w)
	}
	return s
}

// within polls until f holds.
func within(t testing.TB, d time.Duration, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); !f(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", d, what)
		}
	}
}

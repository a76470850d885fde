package worker

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCost(t *testing.T) {
	one := Done{Operations: 1000, Took: time.Millisecond} // 1000 ns each
	if got := Cost([]Done{one}); math.Abs(got-1000) > 1e-9 {
		t.Errorf("one worker: %v", got)
	}
	if got := Cost([]Done{one, one}); math.Abs(got-500) > 1e-9 {
		t.Errorf("two workers: %v", got)
	}
	slow := Done{Operations: 250, Took: time.Millisecond}
	if got := Cost([]Done{one, slow}); math.Abs(got-800) > 1e-9 { // 1250 in a millisecond
		t.Errorf("a fast and a slow worker: %v", got)
	}
}

// entries writes a file of n entries and returns its directory.
func entries(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	keys, values := make([]string, n), make([]string, n)
	for i := range n {
		keys[i], values[i] = fmt.Sprint("key", i), fmt.Sprint("value", i)
	}
	if err := WriteEntries(dir, keys, values); err != nil {
		t.Fatal(err)
	}
	return dir
}

// serve has a conversation with a worker of this program.
func serve(kind, dir string, lines ...string) (answers []string, err error) {
	var out bytes.Buffer
	err = Serve(kind, []string{dir, "1", "2"}, strings.NewReader(strings.Join(lines, "\n")), &out)
	return strings.Split(strings.TrimSpace(out.String()), "\n"), err
}

func TestServe(t *testing.T) {
	for kind, ops := range map[string][]string{"shmap": {"read", "write", "half", "hot"}, "bbolt": {"read", "write", "half"}} {
		lines := []string{"load"}
		for _, op := range ops {
			lines = append(lines, "run "+op+" 1")
		}
		got, err := serve(kind, entries(t, 500), lines...)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if len(got) != len(ops)+2 || got[0] != "ready" || got[1] != "loaded" {
			t.Fatalf("%s answers %q", kind, got)
		}
		for _, line := range got[2:] {
			var n, ns int64
			if _, err := fmt.Sscan(line, &n, &ns); err != nil || n < group || n%group != 0 || ns < int64(time.Millisecond) {
				t.Errorf("%s answers %q", kind, line)
			}
		}
	}
}

func TestServeRefuses(t *testing.T) {
	for _, lines := range [][]string{{"nonsense"}, {"run read"}, {"load", "run nonsense 1"}, {"run read 1"}} { // the last: not loaded
		if _, err := serve("shmap", entries(t, 500), lines...); err == nil {
			t.Errorf("%q is no error", lines)
		}
	}
	if _, err := serve("nonsense", entries(t, 500)); err == nil {
		t.Error("a kind that is not there is no error")
	}
	if _, err := serve("shmap", t.TempDir()); err == nil {
		t.Error("a directory without entries is no error")
	}
}

// answering is a server on the socket of dir that speaks for itself: it answers each request by what answer says.
func answering(t *testing.T, dir string, answer func(request *bufio.Reader) (string, error)) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for {
					text, err := answer(in)
					if err != nil {
						return
					}
					for _, part := range strings.SplitAfter(text, "\r") { // in pieces, as a socket may
						if _, err := io.WriteString(c, part); err != nil {
							return
						}
					}
				}
			}()
		}
	}()
}

// TestRedis: the client sends what the protocol says, and finds the value in an answer that comes in pieces.
func TestRedis(t *testing.T) {
	dir := entries(t, 1)
	requests := make(chan string, 2)
	answering(t, dir, func(in *bufio.Reader) (string, error) {
		var request string
		count, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		for range 2 * (count[1] - '0') {
			line, err := in.ReadString('\n')
			if err != nil {
				return "", err
			}
			request += strings.TrimSpace(line) + " "
		}
		requests <- request
		switch {
		case strings.Contains(request, "none"):
			return "$-1\r\n", nil
		case strings.Contains(request, "GET"):
			return "$7\r\na\r\nbc\r\n\r\n", nil
		}
		return "+OK\r\n", nil
	})
	s, err := openRedis(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := s.(*redisStore)
	if err := r.read([]entry{{"key", ""}}); err != nil || string(r.value) != "a\r\nbc\r\n" {
		t.Errorf("value %q, %v", r.value, err)
	}
	if got := <-requests; got != "$3 GET $3 key " {
		t.Errorf("request %q", got)
	}
	if err := r.write([]entry{{"key", "value"}}); err != nil {
		t.Error(err)
	}
	if got := <-requests; got != "$3 SET $3 key $5 value " {
		t.Errorf("request %q", got)
	}
	if err := r.read([]entry{{"none", ""}}); err == nil {
		t.Error("a key that is not there is no error")
	}
}

func TestMemcached(t *testing.T) {
	dir := entries(t, 1)
	answering(t, dir, func(in *bufio.Reader) (string, error) {
		line, err := in.ReadString('\n')
		switch {
		case err != nil:
			return "", err
		case line == "get key\r\n":
			return "VALUE key 0 5\r\nhello\r\nEND\r\n", nil
		case line == "set key 0 0 5\r\n":
			value, err := in.ReadString('\n')
			if value != "value\r\n" {
				return "ERROR\r\n", err
			}
			return "STORED\r\n", err
		}
		return "END\r\n", nil
	})
	s, err := openMemcached(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := s.(*memcachedStore)
	if err := m.half([]entry{{"key", ""}, {"key", "value"}}); err != nil || string(m.value) != "hello" {
		t.Errorf("value %q, %v", m.value, err)
	}
	if err := m.read([]entry{{"none", ""}}); err == nil {
		t.Error("a key that is not there is no error")
	}
}

func TestMissingPeers(t *testing.T) {
	for _, s := range []System{
		{Name: "a", find: program("no-such-program-anywhere")},
		perl("No::Such::Module"),
	} {
		if _, err := NewTeam(s, t.TempDir(), 1); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: %v, want %v", s.Name, err, ErrMissing)
		}
	}
}

// TestTeam: workers that are shell scripts, one of which says nonsense.
func TestTeam(t *testing.T) {
	script := func(answer string) System {
		return System{Name: "sh", command: func(string) *exec.Cmd {
			return exec.Command("sh", "-c", `echo ready; while read line; do case $line in load) echo loaded;; *) echo `+answer+`;; esac; done`)
		}}
	}
	team, err := NewTeam(script("100 2000"), t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer team.Close()
	done, err := team.Run("read", 2, time.Millisecond)
	if err != nil || len(done) != 2 || done[1] != (Done{100, 2000}) {
		t.Errorf("%v, %v", done, err)
	}
	for _, answer := range []string{"0 2000", "100", "nonsense", "100 0"} {
		team, err := NewTeam(script(answer), t.TempDir(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := team.Run("read", 1, time.Millisecond); err == nil {
			t.Errorf("the answer %q is no error", answer)
		}
		team.Close()
	}
	if _, err := NewTeam(System{Name: "sh", command: func(string) *exec.Cmd { return exec.Command("echo", "hello") }}, t.TempDir(), 1); err == nil {
		t.Error("a worker that is not ready is no error")
	}
}

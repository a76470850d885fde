package serve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// create makes a map.
func create(t *testing.T, o dict.Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.shmap")
	m, err := dict.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

var texts = dict.Options{Key: layout.String, Value: layout.String}

// log is what a server says, for whoever waits for it.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs a server until the test ends, and returns what it said when it was ready, and what ends it.
func start(t *testing.T, o Options) (said string, stop func() error) {
	t.Helper()
	var l log
	o.Log = &l
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, o) }()
	stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = stop() })
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); ; <-tick.C {
		said = l.String()
		if (o.RESP == "" || strings.Contains(said, "RESP at")) && (o.HTTP == "" || strings.Contains(said, "dashboard")) {
			return said, stop
		}
		select {
		case err := <-done:
			t.Fatalf("the server ended: %v", err)
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("the server says only %q", said)
		}
	}
}

// refused runs a server that must not come up, and returns why.
func refused(t *testing.T, o Options) string {
	t.Helper()
	o.Log = io.Discard
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := Run(ctx, o)
	if err == nil {
		t.Fatalf("%+v was not refused", o)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %v", err)
	}
	return err.Error()
}

// TestAddresses: what an address must be like, and what it needs.
func TestAddresses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := create(t, texts)
	for _, c := range []struct {
		o     Options
		words string
	}{
		{Options{HTTP: "0.0.0.0:0"}, "needs --token-file"},
		{Options{HTTP: "[::]:0"}, "needs --token-file"},
		{Options{RESP: "0.0.0.0:0"}, "use unix:PATH or 127.0.0.1:PORT"},
		{Options{RESP: "0.0.0.0:0", Token: "long enough"}, "use unix:PATH or 127.0.0.1:PORT"},
		{Options{HTTP: taken.Addr().String()}, "something else listens there"},
		{Options{HTTP: port}, "something else listens there"},
		{Options{RESP: ":" + port}, "something else listens there"},
		{Options{HTTP: "0", RESP: port}, "something else listens there"},
		{Options{HTTP: "http"}, "want HOST:PORT, PORT or unix:PATH"},
		{Options{HTTP: "a:b:c"}, "want HOST:PORT, PORT or unix:PATH"},
		{Options{HTTP: "127.0.0.1:99999"}, "want HOST:PORT, PORT or unix:PATH"},
		{Options{HTTP: "127.0.0.1:"}, "want HOST:PORT, PORT or unix:PATH"},
		{Options{HTTP: "no.such.host.invalid:80", Token: "long enough"}, "there is no host"},
		{Options{RESP: "unix:" + file}, "no socket"},
		{Options{RESP: "unix:@name"}, "needs a path"},
		{Options{HTTP: "unix:"}, "needs a path"},
		{Options{RESP: "unix:/no/such/directory/s"}, "no such file"},
		{Options{RESP: "unix:" + filepath.Join(t.TempDir(), strings.Repeat("x", 120))}, "too long for a socket"},
	} {
		c.o.Paths = []string{path}
		if got := refused(t, c.o); !strings.Contains(got, c.words) {
			t.Errorf("%+v: %s, want %q", c.o, got, c.words)
		}
	}
	said, _ := start(t, Options{Paths: []string{path}, HTTP: "0.0.0.0:0", Token: "long enough"})
	if !strings.Contains(said, "(on all addresses)") {
		t.Errorf("%s", said)
	}
}

// TestWrongKinds: RESP is for maps of strings; the dashboard is for all.
func TestWrongKinds(t *testing.T) {
	path := create(t, dict.Options{Key: layout.Int64, Value: layout.String})
	if got := refused(t, Options{Paths: []string{create(t, texts), path}, RESP: "0"}); !strings.Contains(got, path+" is int64 -> string") {
		t.Error(got)
	}
	start(t, Options{Paths: []string{path}, HTTP: "0"})
}

// TestSocket: it has the permissions that were asked for, is not taken from a living server, is taken from a dead one, and is gone
// after the end.
func TestSocket(t *testing.T) {
	path, socket := create(t, texts), filepath.Join(t.TempDir(), "s")
	o := Options{Paths: []string{path}, RESP: "unix:" + socket, SocketMode: 0o600}
	_, stop := start(t, o)
	st, err := os.Stat(socket)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if got := refused(t, o); !strings.Contains(got, "another server listens there") {
		t.Error(got)
	}
	if got := ask(t, "unix", socket, "PING\r\n"); got != "+PONG\r\n" {
		t.Errorf("%q", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}

	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	o.SocketMode = 0o660
	start(t, o)
	if st, err := os.Stat(socket); err != nil || st.Mode().Perm() != 0o660 {
		t.Errorf("%v, %v", st, err)
	}
}

// TestSocketOfAnother: a server removes no socket but its own at its end.
func TestSocketOfAnother(t *testing.T) {
	path, socket := create(t, texts), filepath.Join(t.TempDir(), "s")
	o := Options{Paths: []string{path}, RESP: "unix:" + socket, SocketMode: 0o600}
	_, stop := start(t, o)
	if err := os.Remove(socket); err != nil {
		t.Fatal(err)
	}
	start(t, o)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := ask(t, "unix", socket, "PING\r\n"); got != "+PONG\r\n" {
		t.Errorf("%q", got)
	}
}

// TestSocketOfADeadServerIsTakenOnce: of servers that find it at the same time one replaces it, and the others do not take that one's away.
func TestSocketOfADeadServerIsTakenOnce(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	for range 100 {
		dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		dead.SetUnlinkOnClose(false)
		if err := dead.Close(); err != nil {
			t.Fatal(err)
		}
		found := make(chan net.Listener, 4)
		for range cap(found) {
			go func() {
				ln, _ := listenUnix("--resp", socket, 0o600) // nil where another was first
				found <- ln
			}()
		}
		living := []net.Listener{}
		for range cap(found) {
			if ln := <-found; ln != nil {
				living = append(living, ln)
			}
		}
		if len(living) != 1 {
			t.Errorf("%d servers listen at one socket", len(living))
		}
		if c, err := net.Dial("unix", socket); err != nil {
			t.Errorf("nobody answers: %v", err)
		} else {
			_ = c.Close() // it was only asked
		}
		for _, ln := range living {
			if err := ln.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func ask(t *testing.T, network, addr, words string) string {
	t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(words)); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1000)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// TestBothServers: what one protocol writes the other reads; the token is for both; and the end is clean.
func TestBothServers(t *testing.T) {
	const secret = "long enough"
	said, stop := start(t, Options{Paths: []string{create(t, texts)}, HTTP: "localhost:0", RESP: "127.0.0.1:0", Write: true, Token: secret})
	web := regexp.MustCompile(`http://\S+/`).FindString(said)
	resp := regexp.MustCompile(`RESP at ([^,]+),`).FindStringSubmatch(said)[1]
	if got := ask(t, "tcp", resp, "SET k v\r\n"); got != "-NOAUTH Authentication required.\r\n" {
		t.Errorf("%q", got)
	}
	if got := ask(t, "tcp", resp, "AUTH \"long enough\"\r\nSET k from-resp\r\n"); got != "+OK\r\n+OK\r\n" {
		t.Errorf("%q", got)
	}
	r, err := http.NewRequest("GET", web+"api/maps/0/entries/k?raw=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if b, err := io.ReadAll(a.Body); string(b) != "from-resp" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", resp); err == nil {
		_ = c.Close()
		t.Error("the port is open after the end")
	}
}

// TestTokens: what a token file must be like.
func TestTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for text, words := range map[string]string{
		"short": "8 to 4096 bytes", "": "8 to 4096 bytes", strings.Repeat("x", 5000): "8 to 4096 bytes", "two words here": "no white space", "control\x01here": "no white space",
	} {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadToken(file); err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), file) {
			t.Errorf("%.20q: %v, want %q", text, err, words)
		}
	}
	if err := os.WriteFile(file, []byte(" good-token-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if token, err := ReadToken(file); token != "good-token-1" || err != nil {
		t.Errorf("%q, %v", token, err)
	}
	if _, err := ReadToken(file + "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

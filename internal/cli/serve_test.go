package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Tools that some tests use are not on every machine. With SHMAP_TOOLS=1 it is a failure if one is missing; without, the part that
// needs it is left out, and the log says so.
func tool(t *testing.T, name, deb string) (path string, ok bool) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path, true
	}
	say := t.Logf
	if os.Getenv("SHMAP_TOOLS") != "" {
		say = t.Errorf
	}
	say("%s is not installed, so its part of this test did NOT run: apt-get install %s", name, deb)
	return "", false
}

// A daemon is a running shmap serve.
type daemon struct {
	t    *testing.T
	cmd  *exec.Cmd
	web  string // URL of the dashboard
	said *bytes.Buffer
	done chan error
}

// startServe runs shmap serve until it says where it is.
func startServe(t *testing.T, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, cmd: exec.Command("shmap", append([]string{"serve"}, args...)...), said: &bytes.Buffer{}, done: make(chan error, 1)}
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(stderr)
		for n := 1; lines.Scan(); n++ {
			fmt.Fprintln(d.said, lines.Text())
			if m := regexp.MustCompile(`http://\S+/`).FindString(lines.Text()); m != "" {
				d.web = m
			}
			if n == 3 { // maps, dashboard, RESP
				ready <- true
			}
		}
		d.done <- d.cmd.Wait()
	}()
	t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	select {
	case <-ready:
	case err := <-d.done:
		t.Fatalf("it ended: %v, %s", err, d.said)
	case <-time.After(30 * time.Second):
		t.Fatal("it does not say where it is")
	}
	return d
}

// stop ends it as a terminal or a service manager does.
func (d *daemon) stop(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
	select {
	case err := <-d.done:
		if err != nil {
			d.t.Errorf("it ended with %v: %s", err, d.said)
		}
	case <-time.After(30 * time.Second):
		d.t.Fatalf("%v does not end it", s)
	}
}

// printed runs a command and returns what it printed.
func printed(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s %q: %v, %s", name, args, err, stderr.Bytes())
	}
	return string(out)
}

// raw says lines to a socket and returns so many lines of answers.
func raw(t *testing.T, socket string, say string, lines int) string {
	t.Helper()
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, say); err != nil {
		t.Fatal(err)
	}
	out, r := "", bufio.NewReader(c)
	for range lines {
		line, err := r.ReadString('\n')
		if out += line; err != nil {
			t.Fatalf("after %q: %v", out, err)
		}
	}
	return out
}

// fetch asks the dashboard.
func (d *daemon) fetch(code int, method, path, body string) string {
	d.t.Helper()
	r, err := http.NewRequest(method, d.web+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer a-token-for-tests")
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != code {
		d.t.Errorf("%s %s: %d %s, %v; want %d", method, path, a.StatusCode, b, err, code)
	}
	return string(b)
}

// TestServe: two servers and the commands share maps; what one writes all others see, by every way; and the end is clean.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	cache, other := filepath.Join(dir, "cache.shmap"), filepath.Join(dir, "other.shmap")
	printed(t, "shmap", "create", cache, "--capacity", "100000", "--enable-ttl")
	printed(t, "shmap", "create", other)
	tokenFile := filepath.Join(dir, "token")
	if err := os.WriteFile(tokenFile, []byte("a-token-for-tests\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sockets := []string{filepath.Join(dir, "1"), filepath.Join(dir, "2")}
	d := startServe(t, cache, other, "--http", "127.0.0.1:0", "--resp", "unix:"+sockets[0], "--allow-write", "--token-file", tokenFile)
	second := startServe(t, cache, "--http", "127.0.0.1:0", "--resp", "unix:"+sockets[1], "--allow-write")

	auth := "AUTH a-token-for-tests\r\n"
	if got := raw(t, sockets[0], "SET k v\r\n"+auth+"SET k v\r\nSELECT 1\r\nSET in other\r\n", 5); got != "-NOAUTH Authentication required.\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n" {
		t.Errorf("%q", got)
	}
	if got := printed(t, "shmap", "get", cache, "k") + printed(t, "shmap", "get", other, "in"); got != "v\nother\n" {
		t.Errorf("%q", got)
	}
	d.fetch(http.StatusCreated, "PUT", "api/maps/0/entries/from%2Fweb%FF", "w\x00")
	if got := raw(t, sockets[1], "GET \"from/web\\xff\"\r\n", 2); got != "$2\r\nw\x00\r\n" {
		t.Errorf("%q", got)
	}
	printed(t, "shmap", "set", cache, "n", "0", "--ttl", "1h")
	const times = 2000
	incr := strings.Repeat("INCR n\r\n", times)
	finished := make(chan string, 2)
	go func() { finished <- raw(t, sockets[0], auth+incr, times+1) }()
	go func() { finished <- raw(t, sockets[1], incr, times) }()
	<-finished
	<-finished
	if got := printed(t, "shmap", "get", cache, "n"); got != fmt.Sprintf("%d\n", 2*times) {
		t.Errorf("two servers that count to %d each come to %s", times, got)
	}
	if got := printed(t, "shmap", "ls", cache, "--prefix", "n"); !strings.Contains(got, "59m") && !strings.Contains(got, "1h0m0s") {
		t.Errorf("counting moved the deadline: %s", got)
	}
	if got := d.fetch(http.StatusOK, "GET", "metrics", ""); !strings.Contains(got, `shmap_participants{map="`+cache+`"} 2`) {
		t.Errorf("%s", got)
	}
	redisTools(t, sockets[1])
	browser(t, d)

	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	d.fetch(http.StatusServiceUnavailable, "GET", "healthz", "")
	d.stop(syscall.SIGTERM)
	second.stop(syscall.SIGINT)
	for _, s := range sockets {
		if _, err := os.Lstat(s); err == nil {
			t.Errorf("%s is left behind", s)
		}
	}
	printed(t, "shmap", "check", cache)
	if got := printed(t, "shmap", "stats", cache); !regexp.MustCompile(`(?m)^participants +0`).MatchString(got) {
		t.Errorf("%s", got)
	}
}

// redisTools lets the tools of Redis use a map.
func redisTools(t *testing.T, socket string) {
	if cli, ok := tool(t, "redis-cli", "redis-tools"); ok {
		for _, c := range []struct {
			want string
			args []string
		}{
			{"OK\n", []string{"set", "cli", "hello world"}},
			{"hello world\n", []string{"get", "cli"}},
			{"hello world\n", []string{"-3", "get", "cli"}},
			{"\n", []string{"-3", "get", "nobody"}},
			{"cli\n", []string{"--scan", "--pattern", "cl*"}},
			{"1\n", []string{"expire", "cli", "100"}},
			{"100\n", []string{"ttl", "cli"}},
			{"ERR unknown command 'lpush', with args beginning with: 'cli' 'x' \n\n", []string{"lpush", "cli", "x"}},
		} {
			if got := printed(t, cli, append([]string{"-s", socket}, c.args...)...); got != c.want {
				t.Errorf("redis-cli %q prints %q, want %q", c.args, got, c.want)
			}
		}
		if got := printed(t, cli, "-s", socket, "--bigkeys"); !strings.Contains(got, "Biggest string found") {
			t.Errorf("%s", got)
		}
	}
	if bench, ok := tool(t, "redis-benchmark", "redis-tools"); ok {
		got := printed(t, bench, "-s", socket, "-t", "ping,set,get,incr,mset", "-n", "2000", "-P", "8", "-r", "500", "--csv")
		if n := strings.Count(got, "\n"); n != 7 { // a head, two pings, and the rest
			t.Errorf("%s", got)
		}
	}
}

// browser opens pages in headless Chromium: it logs in by the address, and its script draws.
func browser(t *testing.T, d *daemon) {
	path, ok := tool(t, "chromium", "chromium")
	if !ok {
		return
	}
	for page, words := range map[string][]string{
		"":                           {"cache.shmap", `data-field="entries"`},
		"maps/0":                     {`class="line s1"`, `class="bar"`, "this server"},
		"maps/0/entries?prefix=from": {"from/web", "New entry"},
		"maps/0/entry?key=" + url.QueryEscape("from/web\xff"): {"00000000  77 00"},
	} {
		with := "?"
		if strings.Contains(page, "?") {
			with = "&"
		}
		home := t.TempDir()
		out := printed(t, path, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+home, "--timeout=5000", "--enable-logging", "--log-file="+home+"/log",
			"--dump-dom", d.web+page+with+"token=a-token-for-tests")
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("%q lacks %s: %.20000s", page, w, out)
			}
		}
		if b, err := os.ReadFile(home + "/log"); err != nil || regexp.MustCompile(`CONSOLE.*(Content Security|Error|refused)`).Match(b) {
			t.Errorf("%q: %v, the console says %s", page, err, b)
		}
	}
}

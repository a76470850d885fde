package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

const secret = "correct horse battery"

// A site is a server of two maps, strings to strings with deadlines, and int16 to int64.
type site struct {
	*Server
	t     *testing.T
	paths []string
}

func open(t *testing.T, write bool, token string) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{t: t, paths: []string{filepath.Join(dir, "text.shmap"), filepath.Join(dir, "numbers.shmap")}}
	for i, o := range []dict.Options{
		{Key: layout.String, Value: layout.String, TTL: time.Hour, Shards: 2, Capacity: 5000},
		{Key: layout.Int16, Value: layout.Int64, Shards: 4},
	} {
		m, err := dict.Open(s.paths[i], o)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	maps, err := served.Open(s.paths, write)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := maps.Close(); err != nil {
			t.Error(err)
		}
	})
	if s.Server, err = New(Options{Maps: maps, Token: token, Hosts: []string{"cache.example"}}); err != nil {
		t.Fatal(err)
	}
	return s
}

// ask makes one request, with headers in pairs.
func (s *site) ask(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:7070"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// want asks and compares the status, and looks for words in the answer.
func (s *site) want(code int, words string, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	w := s.ask(method, target, body, headers...)
	if w.Code != code || !strings.Contains(w.Body.String(), words) {
		s.t.Errorf("%s %s %q: %d %s\nwant %d with %q", method, target, headers, w.Code, w.Body, code, words)
	}
	return w
}

// TestHealth: 200, and 503 when a map is gone, replaced or corrupt; the other routes go on.
func TestHealth(t *testing.T) {
	s := open(t, false, secret)
	auth := []string{"Authorization", "Bearer " + secret}
	s.want(http.StatusOK, `"ok":true`, "GET", "/healthz", "")
	if err := os.Rename(s.paths[0], s.paths[0]+".away"); err != nil {
		t.Fatal(err)
	}
	s.want(http.StatusServiceUnavailable, "no file at", "GET", "/healthz", "", auth...)
	if w := s.ask("GET", "/healthz", ""); strings.Contains(w.Body.String(), "text.shmap") {
		t.Errorf("without a token health says %s", w.Body)
	}
	s.want(http.StatusOK, `no file at`, "GET", "/api/maps", "", auth...)
	b, err := os.ReadFile(s.paths[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.paths[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	s.want(http.StatusServiceUnavailable, "another file", "GET", "/healthz", "", auth...)
	if err := os.Rename(s.paths[0]+".away", s.paths[0]); err != nil {
		t.Fatal(err)
	}
	s.want(http.StatusOK, `"ok":true`, "GET", "/healthz", "")
	f, err := os.OpenFile(s.paths[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 64), 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); s.ask("GET", "/healthz", "").Code == http.StatusOK; <-tick.C {
		if time.Now().After(end) {
			t.Fatal("damage is not found")
		}
	}
	s.want(http.StatusServiceUnavailable, "not a shmap file", "GET", "/healthz", "", auth...)
	s.want(http.StatusOK, "numbers.shmap", "GET", "/maps/1", "", auth...)
	if err := os.Truncate(s.paths[1], 4096); err != nil {
		t.Fatal(err)
	}
	s.want(http.StatusInternalServerError, "corrupt", "GET", "/api/maps/1/entries", "", auth...)
	s.want(http.StatusInternalServerError, "corrupt", "GET", "/maps/1", "", auth...)
	s.want(http.StatusServiceUnavailable, "numbers.shmap", "GET", "/healthz", "", auth...)
	s.want(http.StatusOK, `shmap_up{map="`+s.paths[1]+`"} 0`, "GET", "/metrics", "", auth...)
}

// TestMetrics: what is scraped is what the map says at that moment.
func TestMetrics(t *testing.T) {
	s := open(t, true, "")
	label := `{map="` + s.paths[0] + `"}`
	s.want(http.StatusOK, "shmap_entries"+label+" 0\n", "GET", "/metrics", "")
	for i := range 6000 {
		if err := s.o.Maps.All[0].StoreDatum(dict.Datum{S: fmt.Sprint(i)}, dict.Datum{S: "v"}); err != nil {
			t.Fatal(err)
		}
	}
	s.o.Maps.Commands.Add(3)
	for _, line := range []string{"shmap_entries" + label + " 5000", "shmap_evictions_total" + label + " 1000", "shmap_capacity_entries" + label + " 5000", "shmap_up" + label + " 1",
		"shmap_participants" + label + " 1", "shmap_server_resp_commands_total 3", "go_goroutines "} {
		s.want(http.StatusOK, "\n"+line, "GET", "/metrics", "")
	}
	if page := s.ask("GET", "/metrics", "").Body.String(); strings.Contains(page, "shmap_transactions") {
		t.Error("transactions, which wrap, are shown")
	}
}

// TestStats: the JSON of a map.
func TestStats(t *testing.T) {
	s := open(t, true, "")
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/k", "v")
	s.want(http.StatusOK, `"entries":1,"capacity":5000`, "GET", "/api/maps/0/stats", "")
	s.want(http.StatusOK, `"ttl_ns":3600000000000`, "GET", "/api/maps/0/stats", "")
	s.want(http.StatusOK, `"number":1,"name":"numbers.shmap"`, "GET", "/api/maps/1", "")
	s.want(http.StatusOK, `"key":"string","value":"string","policy":"clock"`, "GET", "/api/maps", "")
	s.want(http.StatusOK, fmt.Sprintf(`"pid":%d,"alive":true,"self":true`, os.Getpid()), "GET", "/api/maps/0/participants", "")
	for _, target := range []string{"/api/maps/2", "/api/maps/-1/stats", "/api/maps/x/entries"} {
		s.want(http.StatusNotFound, "there is no map", "GET", target, "")
	}
	s.want(http.StatusNotFound, "<h1>404</h1>", "GET", "/maps/7", "")
	s.want(http.StatusBadRequest, "?key=", "GET", "/api/maps/0/entry", "")
}

// TestLive: the charts' past and the stream of events follow the map, and the stream ends with the server.
func TestLive(t *testing.T) {
	s := open(t, true, "")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	go s.Watch(ctx)
	base := "http://" + ln.Addr().String()
	r, err := http.Get(base + "/api/maps/0/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%v", r.Header)
	}
	events := bufio.NewScanner(r.Body)
	next := func() (m moment) {
		t.Helper()
		for events.Scan() {
			if data, ok := bytes.CutPrefix(events.Bytes(), []byte("data: ")); ok {
				if err := json.Unmarshal(data, &m); err != nil {
					t.Fatal(err)
				}
				return m
			}
		}
		t.Fatalf("the stream ended: %v", events.Err())
		return m
	}
	if m := next(); m.Entries != 0 || len(m.Shards) != 2 || len(m.Participants) != 1 || m.Problem != "" {
		t.Errorf("first event %+v", m)
	}
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/k", "v")
	for m := next(); m.Entries != 1; m = next() {
		if m.Entries != 0 {
			t.Errorf("event %+v", m)
		}
	}
	w := s.want(http.StatusOK, `"period_ms":1000`, "GET", "/api/maps/0/history", "")
	if !strings.Contains(w.Body.String(), `"entries":1,`) {
		t.Errorf("the past lacks the present: %s", w.Body)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if b, err := io.ReadAll(r.Body); err != nil && !strings.Contains(err.Error(), "EOF") {
		t.Errorf("the stream ends with %q, %v", b, err)
	}
}

// TestHistoryIsBounded: five minutes are kept, the last ones.
func TestHistoryIsBounded(t *testing.T) {
	f := newFeed()
	for i := range 2*kept + 5 {
		f.add(moment{sample: sample{Time: int64(i + 1)}})
	}
	f.add(moment{Problem: "gone"})
	if len(f.past) != kept || f.past[kept-1].Time != 2*kept+5 || f.past[0].Time != kept+6 {
		t.Errorf("%d samples, from %d to %d", len(f.past), f.past[0].Time, f.past[len(f.past)-1].Time)
	}
}

// TestPages: every page is whole HTML, for people.
func TestPages(t *testing.T) {
	s := open(t, true, "")
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/text?ttl=0", "line 1\nline <2>")
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/binary", "\x00\x01\xff")
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/long", strings.Repeat("long ", 20000))
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/return", "a\r\nb")
	for target, words := range map[string]string{
		"/":                         "/maps/1",
		"/maps/0":                   "evicts beyond 5\u202f000",
		"/maps/1":                   "int16 → int64",
		"/maps/0/entries":           "binary",
		"/maps/0/entry?key=text":    "line 1\nline &lt;2&gt;</textarea>",
		"/maps/0/entry?key=binary":  "00000000  00 01 ff",
		"/maps/0/entry?key=long":    "Only the beginning is shown",
		"/maps/0/entry?key=return":  "<pre class=\"value\">a\r\nb</pre>",
		"/login":                    "",
		"/maps/0/entries?prefix=no": "No entries begin so",
	} {
		code := http.StatusOK
		if target == "/login" { // there is no token
			code = http.StatusSeeOther
		}
		w := s.want(code, words, "GET", target, "")
		if body := w.Body.String(); code == http.StatusOK && (!strings.HasPrefix(body, "<!doctype html>") || !strings.HasSuffix(strings.TrimSpace(body), "</html>")) {
			t.Errorf("%s is no whole page: %s", target, body)
		}
	}
	s.want(http.StatusOK, `{ "If-None-Match": "*" });`, "GET", "/assets/app.js", "") // a new entry does not replace another one
	s.want(http.StatusNotFound, "there is no key nobody", "GET", "/maps/0/entry?key=nobody", "")
}

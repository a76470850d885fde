package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// TestEveryByteInKeys: a key and a value of any bytes come back as they went, through the path and through ?key=.
func TestEveryByteInKeys(t *testing.T) {
	s := open(t, true, "")
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, key := range []string{"plain", "a/b", "a//b", "/", ".", "..", "../../x", "%2F", "%", "?", "#", "a b+c", "é😀", "\x00", "\xff\xfe", "&key=x;y", string(all), ""} {
		value := key + "\x00\xff" + key
		targets := []string{"/api/maps/0/entry?key=" + url.QueryEscape(key)}
		if key != "" && key != "." && key != ".." {
			targets = append(targets, "/api/maps/0/entries/"+url.PathEscape(key))
		}
		for _, target := range targets {
			s.want(http.StatusCreated, "", "PUT", target, value)
			s.want(http.StatusNoContent, "", "PUT", target, value)
			l, err := s.o.Maps.All[0].Load(dict.Datum{S: key}, nil, 0)
			if err != nil || !l.Found || string(l.B) != value {
				t.Errorf("%s stored %q, %v, %v", target, l.B, l.Found, err)
			}
			if w := s.want(http.StatusOK, value, "GET", target+map[bool]string{true: "&", false: "?"}[strings.Contains(target, "?")]+"raw=1", ""); w.Body.String() != value ||
				w.Header().Get("Content-Type") != "application/octet-stream" {
				t.Errorf("%s: raw %q", target, w.Body)
			}
			s.want(http.StatusOK, `"ttl_ms":3`, "GET", target, "")
			s.want(http.StatusNoContent, "", "DELETE", target, "")
			s.want(http.StatusNotFound, "there is no key", "DELETE", target, "")
			s.want(http.StatusNotFound, "there is no key", "GET", target, "")
		}
	}
}

// TestPathIsOneKey: a path that others would make shorter is refused, not led to another key.
func TestPathIsOneKey(t *testing.T) {
	s := open(t, true, "")
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/a/b", "v")
	for _, key := range []string{"a//b", "a/./b", "x/../a/b", "a%20b//c", "/a/b", "a/b//", "a/b/.", "..", "."} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			s.want(http.StatusBadRequest, "?key=", method, "/api/maps/0/entries/"+key, "v")
		}
	}
	for _, key := range []string{"a/b/", "a%2F%2Fb", "a%2F.%2Fb", "a/.b", "a%20b/c"} {
		s.want(http.StatusNotFound, "there is no key", "GET", "/api/maps/0/entries/"+key, "")
		s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/"+key, "v")
	}
	s.want(http.StatusOK, `"entries":6,`, "GET", "/api/maps/0", "")
}

// TestListingIsComplete: the pages of a listing, of the API and of the browser, have every key once, with a prefix those that begin
// so; links lead to the entries.
func TestListingIsComplete(t *testing.T) {
	s := open(t, true, "")
	m := s.o.Maps.All[0]
	const keys = 1500
	for i := range keys {
		if err := m.StoreDatum(dict.Datum{S: fmt.Sprintf("k\xff/%d", i)}, dict.Datum{S: strings.Repeat("v", i%3000)}); err != nil {
			t.Fatal(err)
		}
	}
	seen, pages := map[string]int{}, 0
	for cursor := ""; ; pages++ {
		var page struct {
			Entries []struct {
				Key     struct{ Base64 []byte }
				Value   string
				Bytes   int
				Clipped bool
			}
			Cursor *string
		}
		w := s.want(http.StatusOK, "", "GET", "/api/maps/0/entries?limit=40&cursor="+cursor, "")
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			seen[string(e.Key.Base64)]++
			if e.Clipped != (e.Bytes > pageValue) || len(e.Value) != min(e.Bytes, pageValue) {
				t.Fatalf("%q: %d bytes of %d, clipped %v", e.Key.Base64, len(e.Value), e.Bytes, e.Clipped)
			}
		}
		if page.Cursor == nil {
			break
		}
		cursor = *page.Cursor
	}
	for i := range keys {
		if key := fmt.Sprintf("k\xff/%d", i); seen[key] != 1 {
			t.Errorf("%q came %d times", key, seen[key])
		}
	}
	if pages < 20 {
		t.Errorf("%d pages: limit was not heeded", pages)
	}

	found := 0
	for next := "/maps/0/entries?limit=100&prefix=" + url.QueryEscape("k\xff/14"); next != ""; {
		body := s.want(http.StatusOK, "Entries", "GET", next, "").Body.String()
		for _, part := range strings.Split(body, `<td class="mono"><a href="`)[1:] {
			link, _, _ := strings.Cut(part, `"`)
			found++
			s.want(http.StatusOK, `&#34;k\xff/14`, "GET", strings.ReplaceAll(link, "&amp;", "&"), "")
		}
		_, after, ok := strings.Cut(body, `id="next" href="`)
		if next = ""; ok {
			next, _, _ = strings.Cut(after, `"`)
			next = strings.ReplaceAll(next, "&amp;", "&")
		}
	}
	if found != 111 { // 14, 140 to 149, 1400 to 1499
		t.Errorf("%d keys begin with 14", found)
	}
	s.want(http.StatusBadRequest, "cursor", "GET", "/api/maps/0/entries?cursor=x", "")
	s.want(http.StatusBadRequest, "limit", "GET", "/api/maps/0/entries?limit=0", "")
	s.want(http.StatusBadRequest, "limit", "GET", "/maps/0/entries?limit=100000", "")
	s.want(http.StatusOK, `"cursor":null`, "GET", "/api/maps/0/entries?cursor=18446744073709551615", "")
}

// TestLongKeys: a page shows the beginning of a long key, and a listing of long keys has more pages.
func TestLongKeys(t *testing.T) {
	s := open(t, true, "")
	const keys, size = 30, 4 << 20
	for i := range keys {
		if err := s.o.Maps.All[0].StoreDatum(dict.Datum{S: fmt.Sprint(i, strings.Repeat("\xff", size))}, dict.Datum{S: "v"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.want(http.StatusOK, "too long", "GET", "/maps/0/entries", "").Body.Len(); n > 100<<10 {
		t.Errorf("the page has %d bytes", n)
	}
	found := 0
	for at := uint64(0); ; {
		l, err := list(s.o.Maps.All[0], query{at: at, limit: maxEntries})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(l.entries) * size; n > pageBytes+64<<20 {
			t.Errorf("a page holds %d bytes", n)
		}
		found += len(l.entries)
		if at = l.next; at == 0 {
			break
		}
	}
	if found != keys {
		t.Errorf("%d keys of %d", found, keys)
	}
}

// TestIntegers: integer maps are read and written in decimal.
func TestIntegers(t *testing.T) {
	s := open(t, true, "")
	s.want(http.StatusCreated, "", "PUT", "/api/maps/1/entries/-5", "9223372036854775807")
	s.want(http.StatusOK, `{"key":-5,"value":9223372036854775807,"ttl_ms":0}`, "GET", "/api/maps/1/entries/-5", "")
	s.want(http.StatusOK, "9223372036854775807", "GET", "/api/maps/1/entry?key=-5&raw=1", "")
	s.want(http.StatusBadRequest, "out of range", "PUT", "/api/maps/1/entries/40000", "1")
	s.want(http.StatusBadRequest, "decimal", "PUT", "/api/maps/1/entries/1", "one")
	s.want(http.StatusBadRequest, "TTL", "PUT", "/api/maps/1/entries/1?ttl=5s", "1")
	s.want(http.StatusOK, `"entries":[{"key":-5,`, "GET", "/api/maps/1/entries?prefix=-", "")
	s.want(http.StatusOK, "-5", "GET", "/maps/1/entry?key=-5", "")
}

// TestDeadlines: ?ttl= says what it says, and without it the map's default counts.
func TestDeadlines(t *testing.T) {
	s := open(t, true, "")
	ttl := func(want time.Duration) {
		t.Helper()
		l, err := s.o.Maps.All[0].Load(dict.Datum{S: "k"}, nil, dict.ReadTTL)
		if err != nil || !l.Found || l.TTL > want || l.TTL < want-time.Minute {
			t.Errorf("%v left, %v, %v; want %v", l.TTL, l.Found, err, want)
		}
	}
	const key = "/api/maps/0/entries/k"
	s.want(http.StatusCreated, "", "PUT", key+"?ttl=90m", "1")
	ttl(90 * time.Minute)
	s.want(http.StatusNoContent, "", "PUT", key+"?ttl=keep", "2")
	ttl(90 * time.Minute)
	s.want(http.StatusNoContent, "", "PUT", key, "3")
	ttl(time.Hour)
	s.want(http.StatusNoContent, "", "PUT", key+"?ttl=0", "4")
	ttl(dict.Permanent)
	s.want(http.StatusOK, `"value":"4","ttl_ms":0`, "GET", key, "")
	s.want(http.StatusBadRequest, "duration", "PUT", key+"?ttl=soon", "5")
	s.want(http.StatusPreconditionFailed, "already", "PUT", key, "6", "If-None-Match", "*")
	s.want(http.StatusPreconditionFailed, "no such key", "PUT", "/api/maps/0/entries/new", "6", "If-Match", "*")
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/new", "6", "If-None-Match", "*")
	s.want(http.StatusNoContent, "", "PUT", "/api/maps/0/entries/new", "7", "If-Match", "*")
	s.want(http.StatusBadRequest, "tags", "PUT", key, "6", "If-Match", `"x"`)
	s.want(http.StatusOK, `"value":"4"`, "GET", key, "")
	s.want(http.StatusRequestEntityTooLarge, "too large", "PUT", key, strings.Repeat("x", maxBody+1))
}

// TestReadOnly: without the right to write nothing is changed and nothing offers to.
func TestReadOnly(t *testing.T) {
	s := open(t, false, "")
	s.want(http.StatusForbidden, "--allow-write", "PUT", "/api/maps/0/entries/k", "v")
	s.want(http.StatusForbidden, "--allow-write", "DELETE", "/api/maps/0/entries/k", "")
	w := s.want(http.StatusOK, "No entries", "GET", "/maps/0/entries", "")
	if strings.Contains(w.Body.String(), "New entry") {
		t.Error("the page offers to store")
	}
	s.want(http.StatusMethodNotAllowed, "", "POST", "/api/maps/0/entries", "")
}

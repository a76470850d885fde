package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

var texts = dict.Options{Key: layout.String, Value: layout.String, EnableTTL: true}

func text(format string, args ...any) dict.Datum { return dict.Datum{S: fmt.Sprintf(format, args...)} }

// Pages of a listing have every entry with the prefix once, and rows show what is there now.
func TestListing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, texts)
	for i := range 100 {
		store(t, m, text("user:%d", i), text("value %d", i))
		store(t, m, text("page:%d", i), text("value %d", i))
	}
	w := observe(t, path)
	l, seen := &Listing{Prefix: "user:"}, map[string]int{}
	var p Page
	var err error
	for first := 0; first < 100; first += 20 {
		if p, err = w.List(l, first, 20); err != nil || len(p.Rows) != 20 || p.First != first || p.Prefix != "user:" {
			t.Fatalf("%+v, %v", p, err)
		}
		for _, r := range p.Rows {
			seen[r.Key]++
			if want := valueOf(r.Key); r.Value != want || r.TTL != dict.Permanent {
				t.Errorf("%+v, want %s", r, want)
			}
		}
	}
	if len(seen) != 100 || p.Listed != 100 {
		t.Errorf("%d keys in %d rows", len(seen), p.Listed)
	}
	p, err = w.List(l, 1000, 20) // past the end: the last
	if err != nil || p.First != 80 || !p.Done || p.Looked != 200 || len(p.Rows) != 20 {
		t.Errorf("the end: %+v, %v", p, err)
	}
	key := p.Rows[0].Key
	do(t, m, dict.Op{Code: dict.OpStore, Key: dict.Datum{S: key}, Val: text("new"), Mode: dict.TTLExplicit, TTL: time.Hour})
	do(t, m, dict.Op{Code: dict.OpDelete, Key: dict.Datum{S: p.Rows[1].Key}})
	p, err = w.List(l, 80, 20)
	if err != nil || p.Rows[0].Value != "new" || p.Rows[0].TTL <= 0 || p.Rows[0].TTL > time.Hour || !p.Rows[1].Gone {
		t.Errorf("%+v, %v", p.Rows[:2], err)
	}
}

// valueOf is the value of a key of TestListing, as a field.
func valueOf(key string) string { return `"value ` + strings.TrimPrefix(key, "user:") + `"` }

// What a terminal should not get, or no line holds, is not in a row.
func TestListingOfUglyEntries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, texts)
	store(t, m, text("a\x1b[31m\u202e"), text("x\ny"))
	store(t, m, text("long"), text("%s", strings.Repeat("v", longValue+1)))
	store(t, m, text("%s", strings.Repeat("k", 5000)), text("short"))
	w := observe(t, path)
	l := &Listing{}
	for range 2 { // when it is listed, and when it is read again
		p, err := w.List(l, 0, 10)
		if err != nil || len(p.Rows) != 3 {
			t.Fatalf("%+v, %v", p, err)
		}
		for _, r := range p.Rows {
			switch r.Key[:1] {
			case "l":
				if r.Long != longValue+1 || r.Value != "" {
					t.Errorf("%+v", r)
				}
			case "k":
				if len(r.Key) > shortText+3 {
					t.Errorf("%d bytes of key", len(r.Key))
				}
			default:
				if r.Key != `"a\x1b[31m\u202e"` || r.Value != `"x\ny"` {
					t.Errorf("%+v", r)
				}
			}
		}
	}
}

// A listing ends its step after so many entries, and the list after so many keys.
func TestListingIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, numbers)
	const n = stepEntries + 10
	for i := range n {
		store(t, m, number(i), number(1))
	}
	w := observe(t, path)
	l := &Listing{Prefix: "no such key"}
	p, err := w.List(l, 0, 10)
	if err != nil || p.Done || p.Looked != stepEntries || p.Listed != 0 {
		t.Errorf("the first step: %+v, %v", p, err)
	}
	p, err = w.List(l, 0, 10)
	if err != nil || !p.Done || p.Looked != n || p.Listed != 0 {
		t.Errorf("the second: %+v, %v", p, err)
	}
	p, err = w.List(&Listing{}, n, 10)
	if err != nil || !p.Full || p.Listed != maxKeys || p.First != maxKeys-10 {
		t.Errorf("all keys: full %v, %d listed, the first %d, %v", p.Full, p.Listed, p.First, err)
	}
}

// A listing of long keys ends after so many bytes of them.
func TestListingIsBoundedInBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := create(t, path, texts)
	const n, size = 40, maxBytes / 32
	for i := range n {
		store(t, m, text("%d%s", i, strings.Repeat("k", size)), text("v"))
	}
	w := observe(t, path)
	l := &Listing{}
	var p Page
	var err error
	for range n { // each step looks at so many bytes
		if p, err = w.List(l, n, 0); err != nil {
			t.Fatal(err)
		}
	}
	if !p.Full || p.Listed != 32 || p.Done {
		t.Errorf("full %v, done %v, %d listed", p.Full, p.Done, p.Listed)
	}
}

// A listing of a file that was replaced starts again with the new one.
func TestListingOfReplacedFile(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "map"), filepath.Join(dir, "other")
	store(t, create(t, path, numbers), number(1), number(1))
	store(t, create(t, other, texts), text("a"), text("b"))
	w := observe(t, path)
	l := &Listing{}
	if p, err := w.List(l, 0, 10); err != nil || p.Rows[0].Key != "1" {
		t.Fatalf("%+v, %v", p, err)
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if p, err := w.List(l, 0, 10); err != nil || len(p.Rows) != 1 || p.Rows[0].Key != "a" {
		t.Errorf("%+v, %v", p, err)
	}
}

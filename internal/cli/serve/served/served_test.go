package served

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// create makes a map of strings with 1,000 entries.
func create(t *testing.T, o dict.Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.shmap")
	o.Key, o.Value = layout.String, layout.String
	m, err := dict.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if err := m.StoreDatum(dict.Datum{S: "a key that is longer than a slot " + string(rune(i))}, dict.Datum{S: "and a value"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func open1(t *testing.T, path string, write bool) *Map {
	t.Helper()
	s, err := Open([]string{path}, write)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, fault.ErrCorrupt) {
			t.Error(err)
		}
	})
	return s.All[0]
}

// TestOpenRefuses: what cannot be served is one line that names the file.
func TestOpenRefuses(t *testing.T) {
	good := create(t, dict.Options{})
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no map"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Link(good, link); err != nil {
		t.Fatal(err)
	}
	for words, paths := range map[string][]string{
		"shmap create":        {good, filepath.Join(t.TempDir(), "none")},
		"not a shmap file":    {good, text},
		"are one map":         {good, link},
		"not a regular file":  {t.TempDir()},
		text + ": not a shma": {text},
	} {
		s, err := Open(paths, false)
		if err == nil {
			t.Errorf("%q opened: %v", paths, s.Close())
		} else if !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", paths, err, words)
		}
	}
}

// TestProperties: a served map knows its default TTL, though its handle does not use it.
func TestProperties(t *testing.T) {
	m := open1(t, create(t, dict.Options{TTL: time.Hour}), true)
	if m.TTL != time.Hour || !m.HasTTL || !m.Strings() || m.Name() != "m.shmap" || m.Props.TTL != time.Hour {
		t.Errorf("%+v", m.Props)
	}
	if err := m.StoreDatum(dict.Datum{S: "k"}, dict.Datum{S: "v"}); err != nil {
		t.Fatal(err)
	}
	if l, err := m.Load(dict.Datum{S: "k"}, nil, dict.ReadTTL); err != nil || l.TTL != dict.Permanent {
		t.Errorf("%v left, %v", l.TTL, err)
	}
}

// TestHealthFindsDamage: questions about health walk through the whole map, a part with each, and so find damage anywhere.
func TestHealthFindsDamage(t *testing.T) {
	path := create(t, dict.Options{Shards: 1})
	m := open1(t, path, false)
	for range 3 {
		if err := m.Health(); err != nil {
			t.Fatal(err)
		}
		m.probe.again.Store(0)
	}
	if err := os.Truncate(path, layout.Page*20); err != nil { // buckets and strings are gone
		t.Fatal(err)
	}
	end := time.Now().Add(20 * time.Second)
	for m.Health() == nil {
		if time.Now().After(end) {
			t.Fatal("damage is not found")
		}
		m.probe.again.Store(0)
	}
	if err := m.Broken(); !errors.Is(err, fault.ErrCorrupt) {
		t.Errorf("broken: %v", err)
	}
}

// TestHealthIsAskedOften: many questions at once are one walk, which nobody waits for.
func TestHealthIsAskedOften(t *testing.T) {
	path := create(t, dict.Options{Shards: 1})
	m := open1(t, path, false)
	m.probe.Lock()
	done := make(chan error)
	go func() { done <- m.Health() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("a question waits for another")
	}
	m.probe.Unlock()
	if err := m.Health(); err != nil {
		t.Fatal(err)
	}
	m.probe.again.Store(time.Now().Add(time.Hour).UnixNano())
	if err := os.Truncate(path, layout.Page*20); err != nil {
		t.Fatal(err)
	}
	if err := m.Health(); err != nil {
		t.Errorf("the map was read again: %v", err)
	}
	m.probe.again.Store(0)
	if m.Health() == nil {
		t.Error("the map was not read again")
	}
}

// TestDamageOfAnotherFile: what stands at the path by now says nothing about the map that is served.
func TestDamageOfAnotherFile(t *testing.T) {
	path := create(t, dict.Options{})
	for _, write := range []bool{false, true} {
		m := open1(t, path, write)
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path + ".away")
		if err != nil {
			t.Fatal(err)
		}
		copy(b[layout.Page:], make([]byte, len(b)/2))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := m.Guard(m.walk); err != nil || m.Broken() != nil {
			t.Errorf("the map is %v, %v", err, m.Broken())
		}
		if err := m.Health(); !errors.Is(err, ErrGone) {
			t.Errorf("health: %v", err)
		}
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGuard: what the memory does to an operation is an error, and the mark of the map; what the code does wrong is not hidden.
func TestGuard(t *testing.T) {
	m := open1(t, create(t, dict.Options{}), false)
	var none []int
	if err := m.Guard(func() error { none[len(none)]++; return nil }); !errors.Is(err, fault.ErrCorrupt) {
		t.Errorf("an index out of range is %v", err)
	}
	if m.Broken() == nil || m.Health() == nil {
		t.Error("the map is not broken")
	}
	defer func() {
		if e := recover(); e != "slip" {
			t.Errorf("recovered %v", e)
		}
	}()
	_ = m.Guard(func() error { panic("slip") })
}

// TestChains: of a small map all chains are looked at, for one that does not ask any more none.
func TestChains(t *testing.T) {
	m := open1(t, create(t, dict.Options{}), false)
	whole, err := m.Map.Stats(true)
	if err != nil {
		t.Fatal(err)
	}
	st, chains, err := m.Stats(t.Context(), time.Hour)
	if err != nil || st.LongestChain != whole.LongestChain || chains != whole.Buckets {
		t.Errorf("longest %d of %d chains, %v; want %d of %d", st.LongestChain, chains, err, whole.LongestChain, whole.Buckets)
	}
	if st, chains, err := m.Stats(t.Context(), 0); err != nil || st.LongestChain == 0 || chains >= whole.Buckets {
		t.Errorf("without time: longest %d of %d chains of %d, %v", st.LongestChain, chains, whole.Buckets, err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if _, _, err := m.Stats(gone, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("for nobody: %v", err)
	}
}

// TestLabels: every path has a label of its own, which is UTF-8.
func TestLabels(t *testing.T) {
	seen := map[string]string{}
	for _, path := range []string{"a", "a\xff", "a\xfe", "a\uFFFD", `"a\xff"`, `a"`, "é"} {
		label := (&Map{Path: path}).Label()
		if other, ok := seen[label]; ok || !utf8.ValidString(label) {
			t.Errorf("%q has the label %q of %q", path, label, other)
		}
		seen[label] = path
	}
}

// TestLock: goroutines that change one key wait for each other.
func TestLock(t *testing.T) {
	m := open1(t, create(t, dict.Options{}), false)
	n, done := 0, make(chan bool)
	for range 4 {
		go func() {
			for range 1000 {
				unlock := m.Lock("k")
				n++
				unlock()
			}
			done <- true
		}()
	}
	for range 4 {
		<-done
	}
	if n != 4000 {
		t.Errorf("%d of 4000", n)
	}
}

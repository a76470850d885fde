package proof

import (
	"errors"
	"slices"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
)

// session opens the map at path, overwrites its values, so that the file stays as long as it is, and returns an image of it
// when it is closed.
func session(t *testing.T, path string, value uint64) []byte {
	t.Helper()
	m, err := dict.Open(path, dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		if err := m.Do(&dict.Op{Key: number(i), Val: dict.Datum{W: value}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

// TestP15TwoSessions: a copy that was begun after one session and went on after the next is refused though both were closed
// and the seal stands where it stood.
func TestP15TwoSessions(t *testing.T) {
	path := mapPath(t)
	first := session(t, path, 1)
	second := session(t, path, 2)
	if len(first) != len(second) || slices.Equal(first, second) {
		t.Fatalf("%d bytes, then %d", len(first), len(second))
	}
	for at := layout.Page; at < len(first); at += layout.Page {
		straddles(t, path+".copy", append(slices.Clone(first[:at]), second[at:]...))
	}
}

// TestP15FirstToClose: a copy of a map that somebody has closed and somebody else still has open is refused, whether or not
// it was closed by all before.
func TestP15FirstToClose(t *testing.T) {
	path := mapPath(t)
	for range 2 {
		var ms []*dict.Map
		for range 2 {
			m, err := dict.Open(path, copyOptions)
			if err != nil {
				t.Fatal(err)
			}
			ms = append(ms, m)
		}
		for i, m := range ms {
			if err := m.Do(&dict.Op{Key: number(i), Val: dict.Datum{S: "value"}}); err != nil {
				t.Fatal(err)
			}
			refused(t, path+".copy", read(t, path), "a copy of an open map")
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
		}
		m, err := dict.Open(path, dict.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if m.Len() != len(ms) {
			t.Errorf("%d entries, want %d", m.Len(), len(ms))
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestP15NextBoot: the file itself, with every page that a process had written when it died, is refused in the next boot.
func TestP15NextBoot(t *testing.T) {
	path := mapPath(t)
	c := maptest.Start(t, "hammer", path, "1")
	c.Line()
	c.Kill()
	edit(t, path, layout.HdrBootLo, func(w uint64) uint64 { return w + 1 })
	for _, o := range openings {
		if _, err := dict.Open(path, o); !errors.Is(err, fault.ErrUnclean) {
			t.Errorf("read-only %v: %v, want %v", o.ReadOnly, err, fault.ErrUnclean)
		}
	}
}

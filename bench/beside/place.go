package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/shmap-go/shmap"
)

const (
	entries = 100_000 // keys there are
	kept    = 1_000   // of them, the first, that nobody changes
	width   = 12      // bytes of a key
	longest = 200     // bytes of a value; the shortest has width
	ttl     = time.Minute
)

// What must not happen.
var (
	errDamaged = errors.New("the map is damaged")
	errWorker  = errors.New("a worker failed")
)

// A place is a directory with the map, what the workers need to know, and the command.
type place struct {
	dir, shmap string
	workers    int // of a storm
}

func (p *place) mapPath() string    { return filepath.Join(p.dir, "map") }
func (p *place) textPath() string   { return filepath.Join(p.dir, "text") }
func (p *place) countsPath() string { return filepath.Join(p.dir, "counts") }

// A text is all keys, one after the other. A value of a key is the text from there on, so it can be told from the values of
// others, and one that is torn from one that is whole.
type text string

func newText() text {
	var b strings.Builder
	for i := range entries {
		name := "user"
		if i < kept {
			name = "keep"
		}
		fmt.Fprintf(&b, "%s%08d", name, i)
	}
	b.WriteString(strings.Repeat(".", longest))
	return text(b.String())
}

func readText(path string) (text, error) {
	b, err := os.ReadFile(path)
	return text(b), err
}

func (t text) key(i int) string { return string(t[i*width : (i+1)*width]) }

func (t text) value(i, length int) string { return string(t[i*width : i*width+length]) }

// is reports whether v is a value of key i.
func (t text) is(i int, v []byte) bool {
	return len(v) >= width && len(v) <= longest && string(v) == t.value(i, len(v))
}

// fill makes the map and the text.
func (p *place) fill() error {
	t := newText()
	if err := os.WriteFile(p.textPath(), []byte(t), 0o600); err != nil {
		return err
	}
	m, err := shmap.Open[string, string](p.mapPath(), shmap.Options{TTL: ttl})
	if err != nil {
		return err
	}
	for i := range entries {
		if i < kept {
			err = m.StoreTTL(t.key(i), t.value(i, longest/2), 0)
		} else {
			err = m.Store(t.key(i), t.value(i, width+i%(longest-width+1)))
		}
		if err != nil {
			return errors.Join(err, m.Close())
		}
	}
	return m.Close()
}

// sound says what is wrong with the map while nobody uses it; all that did were killed.
func (p *place) sound() error {
	if out, err := exec.Command(p.shmap, "check", p.mapPath()).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: shmap check: %v: %s", errDamaged, err, strings.TrimSpace(string(out)))
	}
	return p.holds(p.mapPath())
}

// holds says which of the entries that nobody changes are missing in a map, or are something else.
func (p *place) holds(path string) error {
	t, err := readText(p.textPath())
	if err != nil {
		return err
	}
	m, err := shmap.Open[string, string](path, shmap.Options{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("%w: %v", errDamaged, err)
	}
	defer m.Close()
	for i := range kept {
		if v, ok := m.Load(t.key(i)); !ok || v != t.value(i, longest/2) {
			return fmt.Errorf("%w: %s: %s is %q, which nobody stored", errDamaged, path, t.key(i), v)
		}
	}
	return nil
}

// repairs is how many shards were repaired after a death.
func (p *place) repairs() (uint64, error) {
	m, err := shmap.Open[string, string](p.mapPath(), shmap.Options{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer m.Close()
	return m.Stats().Recoveries, nil
}

package demo

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"for i := range 10 { x2++ }": "for i range x2",
		"0x10 1e3 _a a_b":            "_a a_b",
		"näïve日本-ok":                 "näïve日本 ok",
		"end":                        "end",
	} {
		if got := strings.Join(slices.Collect(words(text)), " "); got != want {
			t.Errorf("the words of %q are %q, want %q", text, got, want)
		}
	}
	for n, want := range map[int]string{0: "a b", 1: "b c", 2: "c", 3: ""} {
		if got := strings.Join(wordsFrom("a b c", n, 2), " "); got != want {
			t.Errorf("the words from %d on are %q, want %q", n, got, want)
		}
	}
}

// The acknowledgements alone say how far each job is.
func TestTake(t *testing.T) {
	p := &process{queue: []job{{Path: "a", size: 1}, {Path: "b", size: 2}, {Path: "c", size: 3}}, text: 6}
	for _, acks := range []string{"\x40\x40", "\x02\x00", "", "\x00\x40\x40", "\x07"} {
		p.take([]byte(acks))
	}
	if p.acked != 265 || p.inJob != 135 || p.text != 3 || len(p.queue) != 1 || p.queue[0].Path != "c" {
		t.Errorf("after all acknowledgements: %+v", p)
	}
}

// What a killed worker leaves is the rest of its job, and a batch nobody knows about.
func TestResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, []byte(strings.Repeat("a ", 10)+strings.Repeat("b ", batch)+"c"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &crew{}
	if err := c.resume(job{Path: path, Skip: 6}, 4); err != nil {
		t.Fatal(err)
	}
	want := slices.Repeat([]string{"b"}, batch)
	if !slices.Equal(c.inFlight, want) || len(c.pile) != 1 || c.pile[0].Skip != 10+batch {
		t.Errorf("in flight %q, pile %+v", c.inFlight, c.pile)
	}
}

// One wrong count is found: a word too few, too many, or not of the corpus.
func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name     string
		word     string
		delta    int64
		inFlight []string
		err      string
	}{
		{name: "right"},
		{name: "in flight, happened", inFlight: []string{"b"}},
		{name: "in flight, not happened", word: "b", delta: -1, inFlight: []string{"b"}},
		{name: "lost", word: "b", delta: -1, err: `"b" is 1 and should be 2`},
		{name: "lost twice", word: "b", delta: -2, inFlight: []string{"b"}, err: `"b" is 1 and should be 2`},
		{name: "twice", word: "a", delta: +1, err: `"a" is 4 and should be 3`},
		{name: "foreign", word: "x", delta: +1, err: `"x" is 1 and should not be there`},
	} {
		t.Run(c.name, func(t *testing.T) {
			crew := countHere(t, "a b a b a c")
			op := dict.Op{Code: dict.OpAdd, Key: dict.Datum{S: c.word}, Val: dict.Datum{W: uint64(c.delta)}}
			if c.word != "" {
				if err := crew.m.Do(&op); err != nil {
					t.Fatal(err)
				}
			}
			crew.inFlight = c.inFlight
			crew.dead[0].acked -= int64(len(c.inFlight))
			err := verify(crew, &report{Config: Config{Out: io.Discard}, crew: crew})
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("verify says %v, want %q", err, c.err)
			}
		})
	}
}

// countHere counts text in this process, as a worker would, and returns the crew that knows of it.
func countHere(t *testing.T, text string) *crew {
	t.Helper()
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := dict.Anonymous(dict.Options{Key: layout.String, Value: layout.Int64})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	var acks bytes.Buffer
	w := &counter{m: m, acks: &acks, op: dict.Op{Code: dict.OpAdd, Val: dict.Datum{W: 1}}}
	if err := w.count(job{Path: path}); err != nil {
		t.Fatal(err)
	}
	p := &process{queue: []job{{}}}
	p.take(acks.Bytes())
	return &crew{corpus: &corpus{}, m: m, times: map[string]int{path: 1}, dead: []casualty{{acked: p.acked}}}
}

func TestGroup(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 123456: "123,456"} {
		if got := group(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

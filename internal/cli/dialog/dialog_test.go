package dialog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

func TestErrorName(t *testing.T) {
	for err, want := range map[error]string{
		word.ErrSyntax:                          "syntax",
		word.ErrRange:                           "range",
		fault.ErrFull:                           "full",
		fault.ErrNoSpace:                        "no-space",
		fault.ErrFrozen:                         "frozen",
		fault.ErrReadOnly:                       "read-only",
		fault.ErrNoTTL:                          "no-ttl",
		fault.ErrTooLarge:                       "too-large",
		fault.ErrCorrupt:                        "corrupt",
		&fault.Corrupt{Where: "bucket"}:         "corrupt",
		fault.ErrBusy:                           "busy",
		fault.ErrClosed:                         "closed",
		io.ErrUnexpectedEOF:                     "error",
		fault.With(fault.ErrFull, "at 3"):       "full",
		fmt.Errorf("%w (why)", fault.ErrFrozen): "frozen",
	} {
		if got := errorName(err); got != want {
			t.Errorf("%v is called %q, want %q", err, got, want)
		}
	}
}

func TestAppendError(t *testing.T) {
	got := string(appendError(nil, fault.With(fault.ErrFull, "3 \"entries\"\n\xff")))
	if want := `{"error":"full","detail":"map is full: 3 \"entries\"\n` + "\uFFFD\"}"; got != want {
		t.Errorf("the answer is %s, want %s", got, want)
	}
}

// The forms of the table are spelled with names that arguments have.
func TestForms(t *testing.T) {
	known := map[string]bool{"K": true, "V": true, "OLD": true, "NEW": true, "DUR": true, "N": true, "DELTA": true, "...": true}
	for _, c := range commands() {
		for _, name := range strings.Fields(c.form) {
			if !known[strings.Trim(name, "[]")] && !known[name] {
				t.Errorf("%s %s: no argument is called %s", c.name, c.form, name)
			}
		}
	}
}

func TestChecked(t *testing.T) {
	tk := &talk{}
	tk.checked([]string{"bucket 3: \"x\"", "b\xff"})
	if got, want := string(tk.out), `{"ok":false,"problems":["bucket 3: \"x\"","b`+"\uFFFD"+`"]}`; got != want {
		t.Errorf("the answer is %s, want %s", got, want)
	}
}

// A line and a value may be far longer than any buffer.
func TestLongLine(t *testing.T) {
	m := anonymous(t, dict.Options{Key: layout.String, Value: layout.String})
	long := strings.Repeat("0123456789abcde\\", 1<<20)
	in := "put long " + long + "\nget long\nput \"" + strings.ReplaceAll(long, `\`, `\\`) + "\" key\nsize\ntake long"
	var out bytes.Buffer
	if err := Run(m, strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	value := `{"value":"` + strings.ReplaceAll(long, `\`, `\\`) + `"}`
	want := []string{`{"ok":true}`, value, `{"ok":true}`, `{"value":2}`, value, ""}
	got := strings.Split(out.String(), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines of answers, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("answer %d is %.60s (%d bytes), want %.60s (%d bytes)", i, got[i], len(got[i]), want[i], len(want[i]))
		}
	}
}

var errBroken = errors.New("broken pipe")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestBrokenOutput(t *testing.T) {
	m := anonymous(t, dict.Options{Key: layout.String, Value: layout.String})
	if err := Run(m, strings.NewReader("size\nsize\n"), brokenWriter{}); !errors.Is(err, errBroken) {
		t.Errorf("Run returned %v", err)
	}
}

// Whatever a line says, its answer is one line of JSON or none.
func FuzzLine(f *testing.F) {
	for _, c := range commands() {
		f.Add(c.name+" 1 2 3", int8(3), int8(7))
		f.Add(c.name+" \"a b\"", int8(7), int8(2))
		f.Add(c.name, int8(1), int8(6))
	}
	f.Fuzz(func(t *testing.T, line string, key, value int8) {
		if strings.Contains(line, "sleep") || strings.Contains(line, "reserve") {
			return // takes as long, or as much memory, as it says
		}
		o := dict.Options{Key: layout.Kind(key), Value: layout.Kind(value), EnableTTL: true, Policy: layout.PolicyClock}
		if !o.Key.Valid() || !o.Value.Valid() {
			return
		}
		line = strings.ReplaceAll(line, "\n", " ")
		tk := newTalk(anonymous(t, o))
		for range 2 {
			got := tk.answer(line)
			if len(got) == 0 && strings.Trim(line, " ") == "" {
				continue
			}
			if bytes.Count(got, []byte("\n")) != 1 || !bytes.HasSuffix(got, []byte("\n")) || !json.Valid(got) {
				t.Fatalf("%q is answered with %q", line, got)
			}
		}
	})
}

func anonymous(t *testing.T, o dict.Options) *dict.Map {
	t.Helper()
	m, err := dict.Anonymous(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if problems, err := m.Check(); err != nil || len(problems) > 0 {
			t.Errorf("check: %q, %v", problems, err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

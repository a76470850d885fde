package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// load is one operation, which is enough for most tests.
const load = "^int64 load, present$"

// TestCompare: what is more than the limit is named, with what to do; what is less is not.
func TestCompare(t *testing.T) {
	here := record{Arch: runtime.GOARCH, Go: minor(runtime.Version()), Operations: []number{{"a", 100}, {"b", 200}}}
	old, far := here, here
	old.Go, far.Arch = "go1.1", "pdp11"
	for _, c := range []struct {
		name   string
		record record
		a, b   float64
		want   []string // in the error; none for no error
		prints string
	}{
		{"as recorded", here, 100, 200, nil, "counted"},
		{"within the limit", here, 109, 219, nil, "counted"},
		{"slower", here, 111, 200, []string{"a: 100 instructions recorded, 111 counted, +11 % (limit +10 %)", "-update"}, "SLOWER"},
		{"both slower", here, 150, 300, []string{"a: 100", "b: 200"}, "SLOWER"},
		{"faster", here, 50, 200, nil, "faster: -update keeps it"},
		{"another Go", old, 125, 200, nil, "The record is of go1.1"},
		{"another Go, much slower", old, 140, 200, []string{"a: 100", "limit +30 %"}, "The record is of go1.1"},
		{"another machine", far, 1000, 2000, nil, "nothing is compared"},
		{"not recorded", record{Arch: here.Arch, Go: here.Go}, 1, 1, []string{"a: not in the record"}, "not recorded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := c.record.compare([]number{{"a", c.a}, {"b", c.b}}, 0.1, &out)
			if (err != nil) != (c.want != nil) {
				t.Fatalf("%v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %q", want, err)
				}
			}
			if !strings.Contains(out.String(), c.prints) {
				t.Errorf("no %q in\n%s", c.prints, out.String())
			}
		})
	}
}

// TestRecordNamesAll: what the repository says is about all operations and no others, on a machine that everybody has.
func TestRecordNamesAll(t *testing.T) {
	r, err := readRecord("instructions.json")
	if err != nil {
		t.Fatal(err)
	}
	var known, have []string
	for _, n := range r.Operations {
		known = append(known, n.Name)
	}
	for _, o := range operations() {
		have = append(have, o.name)
	}
	if got, want := strings.Join(known, "; "), strings.Join(have, "; "); got != want || r.Arch != "amd64" {
		t.Errorf("recorded are\n%s\non %s, there are\n%s", got, r.Arch, want)
	}
}

// slowed makes the go command compile the map with a loop in Load that nobody needs.
func slowed(t *testing.T) {
	t.Helper()
	path, err := filepath.Abs("../../map.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const sound = "	return m.load(m.quick, k)\n"
	if n := bytes.Count(text, []byte(sound)); n != 1 {
		t.Fatalf("%s has %d times %q", path, n, sound)
	}
	dir := t.TempDir()
	slow, overlay := filepath.Join(dir, "map.go"), filepath.Join(dir, "overlay.json")
	text = bytes.Replace(text, []byte(sound), []byte("	for range 20 {\n		v, ok = m.load(m.quick, k)\n	}\n	return v, ok\n"), 1)
	if err := os.WriteFile(slow, text, 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := json.Marshal(map[string]any{"Replace": map[string]string{path: slow}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, lines, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-buildvcs=false -overlay="+overlay)
}

// TestSlowDownIsNoticed plants a slow-down in the map and sees that it is named, by the one method and the other.
func TestSlowDownIsNoticed(t *testing.T) {
	slowed(t)
	for _, args := range [][]string{{}, {"-steps"}} {
		err := run(append(args, "-only", load, "-file", "instructions.json"), io.Discard)
		if runtime.GOARCH != "amd64" {
			continue // nothing to compare with
		}
		if err == nil || !strings.Contains(err.Error(), "int64 load, present: ") || !strings.Contains(err.Error(), "recorded") {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// TestSteps: where there is no valgrind, steps come to much the same numbers.
func TestSteps(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-steps", "-only", load, "-file", "instructions.json"}, &out); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestStandsStill: a program that takes no step is ended, and named.
func TestStandsStill(t *testing.T) {
	if _, err := Steps(exec.Command("sleep", "1000"), 10*time.Millisecond); !errors.Is(err, errStill) {
		t.Errorf("%v", err)
	}
}

// TestUpdate: what is written is what is read, and what was not counted stays.
func TestUpdate(t *testing.T) {
	old := &record{Arch: runtime.GOARCH, Go: minor(runtime.Version()), Operations: []number{{operations()[1].name, 5}}}
	path := filepath.Join(t.TempDir(), "record")
	if err := old.update([]number{{operations()[0].name, 6.6}}).write(path); err != nil {
		t.Fatal(err)
	}
	r, err := readRecord(path)
	if err != nil || r.find(operations()[0].name) != 7 || r.find(operations()[1].name) != 5 || len(r.Operations) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	r.Go = "go1.1" // another one's numbers are not kept
	if r = r.update([]number{{operations()[0].name, 8}}); len(r.Operations) != 1 || r.Go != old.Go {
		t.Errorf("%+v", r)
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{"-nonsense"}, {"word"}, {"-only", "("}, {"-only", "no such operation"}, {"-file", "nowhere"}} {
		if err := run(append([]string{"-file", "instructions.json"}, args...), io.Discard); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The test binary is also its children.
func TestMain(m *testing.M) {
	if done, err := child(os.Args[1:], os.Stdout); done {
		end(err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const root = "../.."

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{"-nonsense"}, {"word"}, {"-only", "("}, {"-only", "nobody"}, {"-rounds", "0"}, {"-workers", "0"}, {"-for", "1us"}, {"-root", t.TempDir()}} {
		if err := run(append([]string{"-root", root}, args...), io.Discard, io.Discard); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}

// TestShortRun: no command fails and the map stays whole, in a run too short to measure anything.
func TestShortRun(t *testing.T) {
	var out, log bytes.Buffer
	page := filepath.Join(root, "docs", "BESIDE.md")
	before, _ := os.ReadFile(page)
	if err := run([]string{"-root", root, "-rounds", "2", "-for", "200ms", "-workers", "1", "-only", "check|export", "-json"}, &out, &log); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	var got []row
	for line := range strings.Lines(out.String()) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if len(got) != 3 || got[0].Beside != "alone" || got[1].Beside != "export" || got[2].Beside != "check" {
		t.Fatalf("%s", &out)
	}
	for i, r := range got {
		if r.Rate.Median <= 0 || r.Rate.Q1 > r.Rate.Median || r.Rate.Q3 < r.Rate.Median || r.Worst <= 0 || len(r.Failures) > 0 {
			t.Errorf("%+v", r)
		}
		if i > 0 && (r.Runs < 2 || r.CPU.Median <= 0 || r.VsAlone == nil || r.VsControl == nil || r.Control.Rate.Median <= 0 || r.Control.CPU.Median <= 0) {
			t.Errorf("%+v", r)
		}
	}
	if after, _ := os.ReadFile(page); !bytes.Equal(before, after) {
		t.Error("a part of the run wrote the page of a full one")
	}
	if left, _ := filepath.Glob(fmt.Sprintf("/dev/shm/shmap-beside-%d-*", os.Getpid())); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestOtherCommands: those that need a terminal, a client, or a look at what they made do not fail either.
func TestOtherCommands(t *testing.T) {
	var out, log bytes.Buffer
	if err := run([]string{"-root", root, "-rounds", "1", "-for", "200ms", "-workers", "1", "-only", "top|serve|snapshot"}, &out, &log); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	for _, want := range []string{"\ntop ", "\nserve ", "\nsnapshot ", "\nserve under load ", "\n12 turns, "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// lasting is a turn that is not over yet.
func lasting(t *testing.T) *turn {
	return &turn{p: &place{dir: t.TempDir(), shmap: "/bin/sh"}, ctx: t.Context(), start: time.Now(), d: time.Millisecond}
}

// TestFailures: a status, and words that are not expected, are failures.
func TestFailures(t *testing.T) {
	for _, c := range []struct{ says, script, want string }{
		{"", "echo broken >&2; exit 3", "exit status 3: broken"},
		{"", "echo unexpected >&2", "said: unexpected"},
		{"^fine", "echo fine >&2; echo unexpected >&2", "said: unexpected"},
		{"^fine", "echo fine >&2", ""},
	} {
		err := lasting(t).again(c.says, "-c", c.script+"; ")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: %v", c.script, err)
		}
	}
}

// TestDamage: a map that lost what nobody deleted, and a worker that ends by itself, are noticed.
func TestDamage(t *testing.T) {
	p := &place{dir: t.TempDir(), shmap: "/bin/true"}
	if err := p.fill(); err != nil {
		t.Fatal(err)
	}
	if err := p.sound(); err != nil {
		t.Fatal(err)
	}
	words, err := readText(p.textPath())
	if err != nil {
		t.Fatal(err)
	}
	torn := []byte(words.value(kept, longest-1))
	if !words.is(kept, torn) {
		t.Errorf("%q is no value", torn)
	}
	torn[longest/2]++
	if words.is(kept, torn) || words.is(kept+1, []byte(words.value(kept, longest))) {
		t.Error("what nobody stored is a value")
	}
	p.shmap = "/bin/false"
	if err := p.sound(); err == nil {
		t.Error("a map that does not pass the check is sound")
	}
	if err := os.Truncate(p.mapPath(), 0); err != nil {
		t.Fatal(err)
	}
	p.shmap = "/bin/true"
	if err := p.sound(); err == nil {
		t.Error("an empty file is sound")
	}
	if s, err := raise(p); err == nil {
		t.Errorf("workers work on an empty file: %v", s.end())
	}
}

// TestMeasurable: the sign test, against sums of binomial coefficients.
func TestMeasurable(t *testing.T) {
	for _, c := range []struct {
		slower, of int
		want       bool
	}{
		{0, 0, false}, {1, 1, false}, {6, 6, false}, {7, 7, true}, {6, 7, false}, // 1/64, 1/128, 8/128
		{9, 11, false}, {10, 11, true}, {11, 11, true}, {0, 11, false}, // 67/2048, 12/2048
	} {
		if got := measurable(c.slower, c.of); got != c.want {
			t.Errorf("%d of %d: %v", c.slower, c.of, got)
		}
	}
}

// TestDocument: the page has every command, its failures and the machine.
func TestDocument(t *testing.T) {
	var some, slower samples
	for i := range 7 {
		some = append(some, sample{rate: 1e6 * float64(i+1), stall: 1, cpu: 0.5, runs: 1})
		slower = append(slower, sample{rate: 0.5e6 * float64(i+1), stall: 1, cpu: 0.5, runs: 1})
	}
	r := &result{turns: 4, kills: 8}
	for _, one := range tools() {
		r.tools = append(r.tools, measuredTool{tool: one, alone: some, beside: some, control: some})
	}
	text := r.document(time.Now(), options{rounds: 7, turn: time.Second})
	for _, want := range []string{"| top |", "| serve |", "| serve under load |", "| export |", "| snapshot |", "| check |", "7 rounds", "8 kills", "commit ",
		time.Now().UTC().Format("2006-01-"), "No command failed", "+0.0 [+0.0, +0.0]", "slower than alone: none. Measurably slower than the CPU time explains: none."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	r.tools[0].beside, r.tools[1].failures = slower, []string{"it broke"}
	r.tools[2].beside, r.tools[2].control = slower, slower // as slow as its control, and slower than alone
	text = r.document(time.Now(), options{rounds: 7, turn: time.Second})
	for _, want := range []string{"-50.0 [-50.0, -50.0]", "slower than alone: top, serve under load. Measurably slower than the CPU time explains: top.", "it broke"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text = r.document(time.Now(), options{rounds: 6, turn: time.Second}); !strings.Contains(text, "In 6 rounds nothing is measurable") {
		t.Errorf("too few rounds say something:\n%s", text)
	}
	if r.failed() == nil {
		t.Error("a failure is no error")
	}
}

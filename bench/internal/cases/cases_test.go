package cases

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/bench/internal/report"
)

func TestCaseNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Cases() {
		if seen[name] {
			t.Errorf("two cases are %s", name)
		}
		seen[name] = true
	}
}

// TestGoalsHaveCases: a goal that no case answers to would be forgotten.
func TestGoalsHaveCases(t *testing.T) {
	for _, g := range goals() {
		found := false
		for _, name := range Cases() {
			found = found || target(name, g.peer) == g.ratio
		}
		if !found {
			t.Errorf("no case for %q against %s", g.cases, g.peer)
		}
	}
}

func TestTarget(t *testing.T) {
	if got := target("int64/get/25K", rwMap); got != 1 {
		t.Errorf("target %v", got)
	}
	for _, c := range [][2]string{{"int64/get/1M", rwMap}, {"xint64/get/25K", rwMap}, {"int64/get/25KB", rwMap}, {"nothing", "nobody"}} {
		if got := target(c[0], c[1]); got != 0 {
			t.Errorf("%v has the target %v", c, got)
		}
	}
}

// TestTargets: a line is met when all of its rows are, the missing ones not being so.
func TestTargets(t *testing.T) {
	const line = "garbage collection with 10 M entries: a built-in map"
	count := func(rows ...report.Row) report.Target {
		for _, t := range Targets(rows) {
			if t.Line == line {
				return t
			}
		}
		t.Fatalf("no line %q", line)
		return report.Target{}
	}
	good := report.Compared("gc/pause/10M", 1, stringMap, 100, 0.05)
	bad := report.Compared("gc/cpu/10M", 10, stringMap, 100, 0.05)
	gone := report.Missing("gc/cpu/10M", stringMap, 0.05, "")
	other := report.Compared("gc/cpu/10M", 1, "somebody", 100, 0.05)
	for want, got := range map[report.Target]report.Target{
		{Line: line}:                  count(other),
		{Line: line, Rows: 1, Met: 1}: count(good, other),
		{Line: line, Rows: 2, Met: 1}: count(good, bad),
		{Line: line, Rows: 3, Met: 2}: count(good, good, gone),
	} {
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if (report.Target{}).OK() {
		t.Error("a target without rows is met")
	}
}

// TestReasons: every reason is for a case that there is.
func TestReasons(t *testing.T) {
	for line := range strings.Lines(reasons) {
		part := strings.SplitN(strings.TrimSpace(line), " | ", 3)
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(part) != 3 {
			t.Errorf("%q does not have three parts", line)
			continue
		}
		found := false
		for _, name := range Cases() {
			found = found || Reason(report.Row{Case: name, Peer: part[1]}) == part[2]
		}
		if !found {
			t.Errorf("no case for %q", line)
		}
	}
	if got := Reason(report.Row{Case: "no such case", Peer: "nobody"}); got != "" {
		t.Errorf("reason %q", got)
	}
}

// session is one that keeps its rows to itself.
func session(t *testing.T, only string) *Session {
	t.Helper()
	return &Session{Options: Options{
		Quick: true, Only: regexp.MustCompile(only), Out: report.NewJSON(io.Discard), Log: io.Discard, Dir: t.TempDir(),
	}}
}

// TestFailure: an experiment that fails becomes an error, and its cases are reported as missing by Run.
func TestFailure(t *testing.T) {
	s, broken := session(t, ""), errors.New("broken")
	if err := s.try(experiment{run: func(*Session) error { check(broken); return nil }}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	defer func() {
		if r := recover(); r != "other" {
			t.Errorf("recovered %v", r)
		}
	}()
	_ = s.try(experiment{run: func(*Session) error { panic("other") }})
}

// TestPointerChase: the steps go through every cache line before they come back.
func TestPointerChase(t *testing.T) {
	const lines = 1000
	p := newPointerChase(lines*cacheLine + 7)
	defer p.close()
	seen := map[uint64]bool{}
	for range lines {
		p.steps(1)
		if p.at%cacheLine != 0 || p.at >= lines*cacheLine || seen[p.at] {
			t.Fatalf("step to %d after %d others", p.at, len(seen))
		}
		seen[p.at] = true
	}
	if p.at != 0 {
		t.Errorf("at %d after a full round", p.at)
	}
}

func TestKeys(t *testing.T) {
	seen := map[int64]bool{}
	for _, k := range integers(100_000) {
		if seen[k] {
			t.Fatalf("key %d comes twice", k)
		}
		seen[k] = true
	}
	for _, k := range shuffled(integers(1000)) {
		if !seen[k] {
			t.Fatalf("key %d is not of those shuffled", k)
		}
	}
	for i := range 1000 {
		n := rand.IntN(1 << 28)
		if i < 200 {
			n = i
		}
		if s := short(n); len(s) != 7 {
			t.Errorf("short(%d) = %q", n, s)
		}
		if s := long(n); len(s) < 50 || len(s) > 100 {
			t.Errorf("long(%d) = %q", n, s)
		}
	}
	for n, want := range map[int]string{999: "999", 1000: "1K", 25_000: "25K", 1_500_000: "1500K", 10_000_000: "10M"} {
		if got := human(n); got != want {
			t.Errorf("human(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestOverGoesRound(t *testing.T) {
	s := session(t, "")
	keys := integers(small + 1) // a large map: a stretch at a time
	var got []int
	side := over(s, "a", keys, func(part []int64) int64 {
		got = append(got, len(part))
		return part[0]
	})
	if _, err := side.Sample(); err != nil {
		t.Fatal(err)
	}
	if len(got) < 2 || got[0] != stretch || s.sink == 0 {
		t.Errorf("%d passes, the first of %d keys, sum %d", len(got), got[0], s.sink)
	}
}

func TestWork(t *testing.T) {
	var out bytes.Buffer
	if err := Work("gc", []string{"shmap", "100"}, nil, &out); err != nil || !strings.Contains(out.String(), "Pause") {
		t.Errorf("%v, %q", err, out.String())
	}
	for _, args := range [][]string{nil, {"shmap"}, {"shmap", "x"}} {
		if err := Work("gc", args, nil, &out); err == nil {
			t.Errorf("arguments %q are no error", args)
		}
	}
	if err := Work("nonsense", nil, nil, &out); err == nil {
		t.Error("a worker of no kind is no error")
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/proof/record"
)

func TestDocument(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	text := "=== RUN   TestP03A\n    --- PASS: TestP03A/sub (0.50s)\n--- PASS: TestP03A (1.00s)\n--- FAIL: TestP01B (2.00s)\nFAIL\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := []record.Line{
		{Promise: "P3", Test: "TestP03A/x", What: "kills", Value: "900"}, {Promise: "P3", Test: "TestP03A/y", What: "kills", Value: "1000"},
		{Promise: "P3", Test: "TestP03A", What: "stall", Value: "median 1ms"}, {Promise: "P3", Test: "TestP03AB", What: "kills", Value: "7"},
		{Promise: "P12", Test: "TestP03A", What: "files", Value: "5"},
	}
	res := []result{
		{step: step{name: "both", promise: "P3"}, tests: verdicts(file), lines: lines},
		{step: step{name: "broken", promise: "P3"}},
		{step: step{name: "faults", promise: besides}, ok: true, tests: []verdict{{name: "faults", ok: true, took: "5s", said: "7 of 7"}}},
	}
	runs := []run{{Commit: "a"}, {Commit: "b", Failed: []string{"both"}}, {Commit: "b"}, {Commit: "b"}, {Commit: "b", Date: time.Unix(0, 0).UTC()}}
	got := document(runs, res, "a machine", map[string]string{"P3": "Nobody waits."})
	for _, want := range []string{
		"Clean runs in a row at this commit: **3**.",
		"## P3\n\nNobody waits.\n",
		"| `TestP03A` | pass | 1.00s | 1,900 kills; stall median 1ms |\n",
		"| `TestP01B` | **FAIL** | 2.00s |  |\n",
		"## P12\n\n\n\n| test | verdict | took | counted |\n|---|---|---|---|\n| `TestP03A` | pass | 1.00s | 5 files |\n",
		"| broken | **FAIL** | 0s | |\n",
		"| `faults` | pass | 5s | 7 of 7 |\n",
		"| 0001-01-01 00:00 | b | 0 | 0s | **failed**: both |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestStepsAreComplete: no field is forgotten. (That a step runs a test at all is asked when it is run.)
func TestStepsAreComplete(t *testing.T) {
	for _, s := range steps("docs") {
		if len(s.args) == 0 || s.about == 0 || s.promise == "" {
			t.Errorf("%q is not complete", s.name)
		}
	}
}

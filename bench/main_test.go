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

	"github.com/shmap-go/shmap/bench/internal/cases"
	"github.com/shmap-go/shmap/bench/internal/report"
	"github.com/shmap-go/shmap/bench/internal/worker"
)

// The test binary is also the worker of the processes it starts.
func TestMain(m *testing.M) {
	if kind := os.Getenv(worker.Env); kind != "" {
		if err := cases.Work(kind, os.Args[1:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{"-nonsense"}, {"word"}, {"-only", "("}, {"-root", t.TempDir()}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}

func TestList(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-list"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"int64/get/25K\n", "procs/read/2\n", "misses-percent/zipf/0.5%\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// rows runs the tool for real, with short samples.
func rows(t *testing.T, only string) map[string]report.Row {
	t.Helper()
	var out bytes.Buffer
	if err := run([]string{"-quick", "-json", "-only", only}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	got := map[string]report.Row{}
	for line := range strings.Lines(out.String()) {
		var r report.Row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		got[r.Case+" "+r.Peer] = r
	}
	return got
}

func TestInProcess(t *testing.T) {
	got := rows(t, "^(int64/(get|update|add)|ttl/get/.*)(/25K)?$")
	for _, want := range []string{
		"int64/get/25K map+RWMutex", "int64/get/25K sync.Map", "int64/get/25K xsync.Map",
		"int64/update/25K xsync.Map", "int64/add/25K map+Mutex", "ttl/get/permanent shmap without TTL",
	} {
		r, ok := got[want]
		if !ok || r.Ratio == nil || *r.Ours <= 0 || *r.Theirs <= 0 || r.OK == nil {
			t.Errorf("%s: %+v", want, r)
		}
	}
}

func TestProcesses(t *testing.T) {
	got := rows(t, "^(procs/hot(-slowest)?/[28]|bytes/int16/64K)$")
	for _, want := range []string{"procs/hot/2 one process", "procs/hot-slowest/2 the fastest", "procs/hot/8 one process", "procs/hot-slowest/8 the fastest", "bytes/int16/64K payload"} {
		if r, ok := got[want]; !ok || r.Ratio == nil {
			t.Errorf("%s: %+v", want, r)
		}
	}
	if left, _ := filepath.Glob(fmt.Sprintf("/dev/shm/shmap-bench-%d-*", os.Getpid())); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestWrite: the document and its pictures are where the document says.
func TestWrite(t *testing.T) {
	root := t.TempDir()
	s := &cases.Session{
		Rows:   []report.Row{report.Compared("int64/get/25K", 1, "map+RWMutex", 2, 1)},
		Charts: []report.Chart{{File: "picture", Title: "A picture", Series: []report.Series{{Name: "s", X: []float64{1}, Y: []float64{1}}}}},
	}
	if err := write(root, s); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "BENCHMARKS.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"int64/get/25K", "(bench/plots/picture.svg)", time.Now().UTC().Format("2006-01-")} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "bench/plots/picture.svg")); err != nil {
		t.Error(err)
	}
}

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// run runs a command line in this process and returns its standard output.
func run(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(io.Discard)
	if err := root.Execute(); err != nil {
		t.Fatalf("shmap %s: %v", strings.Join(args, " "), err)
	}
	return out.String()
}

// stats names the processes that are attached, and those only.
func TestStatsNamesParticipants(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	var ms [3]*dict.Map
	for i := range ms {
		var err error
		if ms[i], err = dict.Open(path, dict.Options{Key: layout.Int64, Value: layout.Int64}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ms[i].Close() })
	}
	if err := ms[1].Close(); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("(pid %d, %[1]d)\n", os.Getpid())
	if out := run(t, "stats", path); !strings.Contains(out, text) {
		t.Errorf("no %q in\n%s", text, out)
	}
	var s struct {
		Participants int
		Attached     []dict.Participant
	}
	if err := json.Unmarshal([]byte(run(t, "stats", path, "--json")), &s); err != nil {
		t.Fatal(err)
	}
	if s.Participants != 2 || len(s.Attached) != 2 || s.Attached[1].Number != 2 || s.Attached[1].PID != os.Getpid() || !s.Attached[1].Alive {
		t.Errorf("%+v", s)
	}
}

// Of many participants a few are named.
func TestStatsOfManyParticipants(t *testing.T) {
	ps := make([]dict.Participant, 20)
	for i := range ps {
		ps[i].PID = i + 1
	}
	for n, want := range map[int]string{0: "", 1: "pid 1", 9: "pid 1, 2, 3, 4, 5, 6, 7, 8 and 1 more", 20: "pid 1, 2, 3, 4, 5, 6, 7, 8 and 12 more"} {
		if got := pids(ps[:n]); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

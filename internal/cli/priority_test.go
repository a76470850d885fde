package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommandsThatGiveWay(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"check", "m"}, 19},
		{[]string{"check", "m", "--nice", "0"}, 0},
		{[]string{"export", "m"}, 19},
		{[]string{"export", "m", "--nice=7"}, 7},
		{[]string{"snapshot", "m", "n"}, 19},
		{[]string{"snapshot", "m", "n", "--per-shard"}, 0},
		{[]string{"snapshot", "m", "n", "--per-shard", "--nice", "5"}, 5},
		{[]string{"get", "m", "k"}, 0},
		{[]string{"import", "m", "f"}, 0},
	} {
		cmd, rest, err := newRoot().Find(c.args)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err != nil {
			t.Fatal(c.args, err)
		}
		if got := niceOf(cmd); got != c.want {
			t.Errorf("%v runs at priority %d; want %d", c.args, got, c.want)
		}
		if paced := paceOf(t.Context(), cmd) != nil; paced != (c.want != 0) {
			t.Errorf("%v naps: %v", c.args, paced)
		}
	}
	for _, bad := range []string{"-1", "20", "low"} {
		cmd := newCheck()
		if err := cmd.ParseFlags([]string{"--nice", bad}); err == nil || !strings.Contains(err.Error(), "0 to 19") {
			t.Errorf("--nice %s: %v", bad, err)
		}
	}
}

// All threads of the program give way, not only the first. They are looked at while it cannot go on, as nobody reads what it writes.
func TestEveryThreadGivesWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	run(t, "create", path, "--key", "int64", "--value", "string")
	var lines strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&lines, `{"key":%d,"value":"some text or other"}`+"\n", i)
	}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "import", path, text)
	for _, want := range []int{19, 7} {
		cmd := exec.Command("shmap", "export", path, "--nice", fmt.Sprint(want))
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 1)
		if _, err := io.ReadFull(out, first); err != nil {
			t.Error(err)
		}
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", cmd.Process.Pid))
		if len(tasks) < 2 {
			t.Errorf("%d threads; this test wants to see some", len(tasks))
		}
		for _, stat := range tasks {
			b, err := os.ReadFile(stat)
			if err != nil {
				continue // it has ended
			}
			fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
			if nice := fields[16]; nice != fmt.Sprint(want) { // field 19 of proc(5), counted behind the name
				t.Errorf("%s: priority %s; want %d", stat, nice, want)
			}
		}
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

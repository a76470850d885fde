package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// pane is a pane of a tmux server of the test's own, in a directory of its own.
type pane struct {
	t      *testing.T
	socket string
	dir    string
}

// openTerminal starts a shell command in a terminal of 80x24; nil if there is no tmux on this machine.
func openTerminal(t *testing.T, command string) *pane {
	t.Helper()
	if _, ok := tool(t, "tmux", "tmux"); !ok {
		return nil
	}
	dir := t.TempDir()
	x := &pane{t: t, socket: filepath.Join(dir, "tmux"), dir: dir}
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", x.socket, "kill-server").Run() }) // it may have ended
	x.tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", dir, "LANG=C.UTF-8; export LANG; "+command)
	return x
}

func (x *pane) tmux(args ...string) string {
	x.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-u", "-S", x.socket}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TMUX=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// keys presses keys, as tmux names them.
func (x *pane) keys(names ...string) {
	x.t.Helper()
	x.tmux(append([]string{"send-keys"}, names...)...)
}

// until waits for a screen that ok likes, and returns it.
func (x *pane) until(what string, ok func(screen string) bool) string {
	x.t.Helper()
	for start := time.Now(); ; <-time.After(20 * time.Millisecond) {
		screen := x.tmux("capture-pane", "-p")
		if ok(screen) {
			return screen
		}
		if time.Since(start) > 30*time.Second {
			x.t.Fatalf("no %s on the screen\n%s", what, screen)
		}
	}
}

// shows waits until all texts are on the screen.
func (x *pane) shows(texts ...string) string {
	x.t.Helper()
	return x.until(fmt.Sprintf("%q", texts), func(screen string) bool {
		for _, s := range texts {
			if !strings.Contains(screen, s) {
				return false
			}
		}
		return true
	})
}

// countersAt makes a map with n counters, attached until the end of the test.
func countersAt(t *testing.T, path string, n int) *dict.Map {
	t.Helper()
	m, err := dict.Open(path, dict.Options{Key: layout.String, Value: layout.Int64, Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	for i := range n {
		op := dict.Op{Code: dict.OpStore, Key: dict.Datum{S: fmt.Sprint("user:", i)}, Val: dict.Datum{W: uint64(i)}}
		if err := m.Do(&op); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// masked is a screen without what differs from run to run: numbers, bars and the width of what is between them.
func masked(screen string) string {
	screen = regexp.MustCompile(`[▁▂▃▄▅▆▇█]+( +[▁▂▃▄▅▆▇█]+)*`).ReplaceAllString(screen, "BARS")
	screen = strings.ReplaceAll(screen, "all keys  BARS", "all keys") // the history, which grows
	screen = regexp.MustCompile(`[0-9][0-9,:.]*`).ReplaceAllString(screen, "#")
	screen = regexp.MustCompile(`chains( #?<?#%)+`).ReplaceAllString(screen, "chains #%")
	screen = regexp.MustCompile(` +`).ReplaceAllString(screen, " ")
	screen = regexp.MustCompile(`/\S*/cli\.test\S*.*|\S*cli\.test.*`).ReplaceAllString(screen, "COMMAND")
	return strings.TrimSpace(regexp.MustCompile(`(?m) +$`).ReplaceAllString(screen, "")) + "\n"
}

// The whole of top in a terminal: what it shows, keys, a map that goes and comes back as another, the end.
func TestTopInTerminal(t *testing.T) {
	x := openTerminal(t, `while ! test -e start; do sleep 0.1; done; shmap top words.shmap --interval 100ms; echo status $?; exec cat`)
	if x == nil {
		return
	}
	path := filepath.Join(x.dir, "words.shmap")
	m := countersAt(t, path, 300)
	if err := os.WriteFile(filepath.Join(x.dir, "start"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	screen := x.shows("entries   300 0/s", "values 0/s in all keys", "q quit", fmt.Sprint(os.Getpid()))
	want, err := os.ReadFile("testdata/top-80x24.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got := masked(screen); got != string(want) {
		t.Errorf("the screen is, masked,\n%s\nwant\n%s\nunmasked\n%s", got, want, screen)
	}

	x.keys("2")
	x.shows("no value changes")
	x.until("hot counter", func(screen string) bool {
		op := dict.Op{Code: dict.OpAdd, Key: dict.Datum{S: "user:7"}, Val: dict.Datum{W: 1000}}
		if err := m.Do(&op); err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`\+[0-9,]{5,}/s +[0-9]+ user:7\n`).MatchString(screen)
	})
	x.keys("4", "/", "user:29")
	x.until("keys with the prefix", func(screen string) bool {
		return strings.Contains(screen, "key begins with: user:29") && strings.Count(screen, "\nuser:29") == 9 && strings.Count(screen, "\nuser:") == 9
	})
	x.keys("Enter", "End")
	x.shows("/user:29 ", " 11 of 300")
	x.keys("?")
	x.shows("pause, and go on")
	x.keys("Escape", "1")

	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	x.shows("! waiting: words.shmap: the map is not there any more", "entries   300")
	other, err := dict.Open(path, dict.Options{Key: layout.Int32, Value: layout.String})
	if err != nil {
		t.Fatal(err)
	}
	x.shows("int32→string", "file 2", "entries   0")
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	x.shows("! waiting: words.shmap: ")
	x.keys("q")
	screen = x.shows("shmap: words.shmap: ", "status 1")
	if strings.Contains(screen, "locks") || strings.Contains(screen, "q quit") {
		t.Errorf("the frame stays behind:\n%s", screen)
	}
}

// NO_COLOR takes the colours away, and nothing else does; the frame follows the size; the status is 0 if the map is there.
func TestTopColours(t *testing.T) {
	for noColor, want := range map[string]bool{"-u NO_COLOR": true, "NO_COLOR=1": false} {
		x := openTerminal(t, `while ! test -e start; do sleep 0.1; done; env `+noColor+` shmap top words.shmap; echo status $?; exec cat`)
		if x == nil {
			return
		}
		countersAt(t, filepath.Join(x.dir, "words.shmap"), 10)
		if err := os.WriteFile(filepath.Join(x.dir, "start"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		x.shows("entries   10", "q quit")
		coloured := regexp.MustCompile(`\x1b\[[0-9;:]*(3[0-8]|9[0-7])[;:m]`).MatchString(x.tmux("capture-pane", "-p", "-e"))
		if coloured != want {
			t.Errorf("%q: colours %v", noColor, coloured)
		}
		x.tmux("resize-window", "-x", "100", "-y", "30")
		x.until("frame of 100x30", func(screen string) bool {
			lines := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
			return len(lines) == 30 && strings.HasPrefix(lines[29], "q quit") && len([]rune(strings.TrimRight(lines[12], " "))) == 100
		})
		x.keys("q")
		x.shows("status 0")
	}
}

// A terminal that is gone ends the program, though no signal says so.
func TestTopWithoutTerminal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	run(t, "create", path, "--key", "int64", "--value", "int64")
	screen, tty, err := newTerminal()
	if err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	cmd := exec.Command("shmap", "top", path)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := screen.Read(make([]byte, 1)); err != nil { // it has begun
		t.Error(err)
	}
	if err := errors.Join(tty.Close(), screen.Close()); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(complaint.String(), "the terminal is gone") {
		t.Errorf("it ends with %v: %s", err, &complaint)
	}
}

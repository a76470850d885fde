// Package procs starts a test binary again, as processes of their own, for tests of what processes share. It knows how to
// talk with them, to kill one, and where a test's map lies; it must not know what they do.
package procs

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// roleEnv names what the test binary is to be instead of running tests.
const roleEnv = "SHMAP_CONTRIB_ROLE"

// patience is how long a test waits for a process to say or do something.
const patience = 30 * time.Second

// Role is what a process of a test does. Its words go to standard output, a line each; standard input ends when it may end.
type Role func(args []string) error

// Main is for TestMain: it runs the tests, or the role that the process was started for.
func Main(m *testing.M, roles map[string]Role) {
	name := os.Getenv(roleEnv)
	if name == "" {
		os.Exit(m.Run())
	}
	role, ok := roles[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "no role", name)
		os.Exit(2)
	}
	if err := role(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// UntilEnd waits for the end of standard input: the test says that the process may end.
func UntilEnd() error {
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// Proc is a process in a role.
type Proc struct {
	t     testing.TB
	cmd   *exec.Cmd
	stdin io.Closer
	lines chan string
	err   chan error
	said  int // lines that were taken from lines
}

// Start starts the test binary in a role, with arguments and further lines of the environment.
func Start(t testing.TB, role string, args []string, env ...string) *Proc {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), roleEnv+"="+role), env...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	p := &Proc{t: t, cmd: cmd, stdin: stdin, lines: make(chan string, 1<<16), err: make(chan error, 1)}
	go func() {
		for in := bufio.NewScanner(stdout); in.Scan(); {
			p.lines <- in.Text()
		}
		close(p.lines)
		p.err <- cmd.Wait()
	}()
	t.Cleanup(p.Kill)
	return p
}

// PID is the process's number.
func (p *Proc) PID() int { return p.cmd.Process.Pid }

// Line is the next line that the process says.
func (p *Proc) Line() string {
	p.t.Helper()
	line, ok := p.next()
	if !ok {
		p.t.Fatalf("process %d ended without a word", p.PID())
	}
	return line
}

func (p *Proc) next() (line string, ok bool) {
	p.t.Helper()
	select {
	case line, ok = <-p.lines:
	case <-time.After(patience):
		p.t.Fatalf("process %d said nothing for %v", p.PID(), patience)
	}
	if ok {
		p.said++
	}
	return line, ok
}

// Said is how many lines the process has said, up to its end, for which it waits.
func (p *Proc) Said() int {
	p.t.Helper()
	for {
		if _, ok := p.next(); !ok {
			return p.said
		}
	}
}

// Kill ends the process by SIGKILL, wherever it is. It may have ended before.
func (p *Proc) Kill() { _ = p.cmd.Process.Kill() }

// End lets the process end, and returns how many lines it has said in all. It fails the test if the status is not 0.
func (p *Proc) End() int {
	p.t.Helper()
	_ = p.stdin.Close()
	n := p.Said()
	if err := <-p.err; err != nil {
		p.t.Fatalf("process %d: %v", p.PID(), err)
	}
	return n
}

// Acknowledged starts n processes on the map at path in a role that says a line after each operation that succeeded. It kills
// the first one in the middle, lets the others finish, and returns how many lines each has said; the killed one may have done
// one operation more than it could say. Arguments of the role are the path, the number of the process, and how many operations
// it shall do: ops, but the first one goes on until it is killed. With ops 0 the role knows by itself when it has finished.
func Acknowledged(t testing.TB, n int, role, path string, ops int) (said []int) {
	t.Helper()
	var all []*Proc
	for i := range n {
		count := ops
		if i == 0 {
			count = math.MaxInt
		}
		all = append(all, Start(t, role, []string{path, strconv.Itoa(i), strconv.Itoa(count)}))
	}
	for range 100 {
		all[0].next() // with ops 0 the others may have left it nothing to do
	}
	all[0].Kill()
	said = append(said, all[0].Said())
	for i, p := range all[1:] {
		said = append(said, p.End())
		if ops > 0 && said[i+1] != ops {
			t.Errorf("process %d did %d operations, want %d", i+1, said[i+1], ops)
		}
	}
	t.Logf("operations of each process: %d", said)
	return said
}

// Repeat is the role's part of [Acknowledged]: it does the operation as often as the arguments say, and says a line after each.
func Repeat(args []string, op func(i int) error) error {
	count, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for i := range count {
		if err := op(i); err != nil {
			return err
		}
		if _, err := os.Stdout.WriteString("done\n"); err != nil {
			return err
		}
	}
	return nil
}

// Path is a path in memory for a map, removed when the test ends.
func Path(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "shmap-contrib-")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return filepath.Join(dir, "map")
}

// Until asks a question until the answer is yes, and fails the test if that takes too long.
func Until(t testing.TB, what string, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !yes(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not after %v: %s", patience, what)
		}
	}
}

// Check fails the test if the map is not whole.
func Check(t testing.TB, m interface{ Check() ([]string, error) }) {
	t.Helper()
	problems, err := m.Check()
	must(t, err)
	for _, p := range problems {
		t.Errorf("the map: %s", p)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

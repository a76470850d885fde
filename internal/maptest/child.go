package maptest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// Child processes are the test binary again, in a role.

// childEnv names the role.
const childEnv = "SHMAP_MAPTEST_ROLE"

// Role is the program of a child process.
type Role func(c *Parent, args []string) error

// Main is the TestMain of packages with roles.
func Main(m *testing.M, roles map[string]Role) {
	role := os.Getenv(childEnv)
	if role == "" {
		os.Exit(m.Run())
	}
	p := Parent{in: bufio.NewReader(os.Stdin)}
	if err := roles[role](&p, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, role, err)
		os.Exit(1)
	}
}

// Parent is the parent as the child sees it.
type Parent struct{ in *bufio.Reader }

// Tell writes a line to the parent; it ends the process if nobody listens any more.
func (*Parent) Tell(format string, args ...any) {
	if _, err := fmt.Fprintf(os.Stdout, format+"\n", args...); err != nil {
		os.Exit(1)
	}
}

// Wait waits for a line from the parent; false if the parent has none left.
func (p *Parent) Wait() bool {
	_, err := p.in.ReadString('\n')
	return err == nil
}

// Child is a child as the parent sees it.
type Child struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Start starts a child in a role. It is killed when the test ends.
func Start(t testing.TB, role string, args ...string) *Child {
	t.Helper()
	return StartIn(t, nil, role, args...)
}

// StartIn is Start with attributes of the process: the namespaces that it lives in.
func StartIn(t testing.TB, attr *syscall.SysProcAttr, role string, args ...string) *Child {
	t.Helper()
	c := &Child{t: t, cmd: exec.Command(os.Args[0], args...)}
	c.cmd.SysProcAttr = attr
	c.cmd.Env = append(os.Environ(), childEnv+"="+role)
	c.cmd.Stderr = os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

// Go gives the child a line: it may go on.
func (c *Child) Go() { _, _ = io.WriteString(c.in, "\n") } // fails if the child is dead, which its answers show

// Line is the next line of the child; false if there is none left.
func (c *Child) Line() (string, bool) {
	line, err := c.out.ReadString('\n')
	return strings.TrimSuffix(line, "\n"), err == nil
}

// Signal sends a signal.
func (c *Child) Signal(s syscall.Signal) {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Signal(s) // it may have ended by itself
	}
}

// Kill kills the child and waits for its end.
func (c *Child) Kill() {
	c.Signal(syscall.SIGKILL)
	_ = c.Wait()
}

// Wait waits for the end of the child; the error says how it ended, if not well.
func (c *Child) Wait() error {
	if c.cmd.ProcessState != nil {
		return nil
	}
	_ = c.in.Close() // may be closed already
	return c.cmd.Wait()
}

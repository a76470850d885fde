package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// newTerminal is a terminal: what a person sees, and what a program writes to. It controls nobody.
func newTerminal() (screen, tty *os.File, err error) {
	screen, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		_ = screen.Close()
	}
	return screen, tty, err
}

// terminal runs shmap with a terminal for standard error, and writes what was shown there to a file: terminal FILE ARG...
func terminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: terminal FILE ARG...")
	}
	screen, tty, err := newTerminal()
	ts.Check(err)
	defer screen.Close()
	cmd := exec.Command("shmap", args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.Getenv("WORK"), ts.Stdout(), tty
	ts.Check(cmd.Start())
	ts.Check(tty.Close())
	shown, _ := io.ReadAll(screen) // ends with an error when nobody has the terminal any more
	ts.Check(cmd.Wait())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), shown, 0o600))
}

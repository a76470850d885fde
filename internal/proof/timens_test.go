package proof

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/maptest"
)

// elsewhenRole runs a datedRole in a time namespace in which the machine was started 1000 seconds earlier. Only the first
// thread of a process may say so: if this goroutine is on another one by now, the process begins again.
func elsewhenRole(p *maptest.Parent, args []string) error {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		return unix.Exec("/proc/self/exe", os.Args, os.Environ())
	}
	if err := unix.Unshare(unix.CLONE_NEWTIME); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	if err := os.WriteFile("/proc/self/timens_offsets", []byte("boottime 1000 0\n"), 0); err != nil {
		return err
	}
	c := exec.Command("/proc/self/exe", args...)
	c.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasSuffix(s, "=elsewhen") })
	c.Env = append(c.Env, "SHMAP_MAPTEST_ROLE=dated")
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	return c.Run()
}

// TestP08TimeNamespace: a process to which the machine seems to run longer gives the same deadlines.
func TestP08TimeNamespace(t *testing.T) {
	path := makeDated(t)
	m, err := dict.Open(path, datedOptions)
	m = maptest.Keep(t, m, err)
	notes, err := shared(path+".notes", dated*dateWords)
	if err != nil {
		t.Fatal(err)
	}
	c := maptest.StartIn(t, apart(0), "elsewhen", path, path+".notes")
	if line, _ := c.Line(); line != "stored" {
		t.Fatalf("the process said %q", line)
	}
	watch(t, m, notes, skew)
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

package proof

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// TestP10Protection: the kernel keeps a read-only handle from writing, whatever this code does: each of its mappings and
// descriptors of the file is for reading.
func TestP10Protection(t *testing.T) {
	path := mapPath(t)
	for _, readOnly := range []bool{false, true, false} { // the first one makes the map, and has no name for it
		m, err := dict.Open(path, map[bool]dict.Options{false: copyOptions, true: {ReadOnly: true}}[readOnly])
		if err != nil {
			t.Fatal(err)
		}
		maps, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		reading, writing := 0, 0
		for _, line := range regexp.MustCompile(`(?m)^\S+ r(.)-s .*`+regexp.QuoteMeta(path)+`$`).FindAllSubmatch(maps, -1) {
			if reading++; string(line[1]) == "w" {
				writing++
			}
		}
		fds, err := filepath.Glob("/proc/self/fd/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range fds {
			if name, _ := os.Readlink(fd); name != path { // one that is gone meanwhile is another one
				continue
			}
			n, _ := strconv.Atoi(filepath.Base(fd)) // it is a number
			flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFL, 0)
			if err != nil {
				t.Fatal(err)
			}
			if reading++; flags&unix.O_ACCMODE != unix.O_RDONLY {
				writing++
			}
		}
		if readOnly && (reading != 2 || writing != 0) {
			t.Errorf("%d mappings and descriptors, %d for writing", reading, writing)
		}
		if !readOnly && m.Len() > 0 && writing != 2 {
			t.Errorf("%d mappings and descriptors of a writer: this test sees nothing", writing)
		}
		if !readOnly {
			err = m.Do(&dict.Op{Key: number(1), Val: sideValue(1)})
		}
		if err = errors.Join(err, m.Close()); err != nil {
			t.Error(err)
		}
	}
}

// mountedRole makes a map in the directory args[0], freezes it if args[1] says so, and reads it when the file system has
// become read-only.
func mountedRole(p *maptest.Parent, args []string) error {
	if err := settle(false); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", args[0], "tmpfs", 0, "size=16m"); err != nil {
		return err
	}
	path := filepath.Join(args[0], "map")
	m, err := dict.Open(path, copyOptions)
	for i := 0; i < 500 && err == nil; i++ {
		err = m.Do(&dict.Op{Key: number(i), Val: sideValue(i)})
	}
	if err == nil && args[1] == "frozen" {
		err = m.Freeze()
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		return err
	}
	if err := readOnlyMount(args[0]); err != nil {
		return err
	}
	if _, err := dict.Open(path, copyOptions); !errors.Is(err, unix.EROFS) {
		return fmt.Errorf("opened for writing: %w", err)
	}
	m, err = dict.Open(path, dict.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	found, err := all(m)
	if err != nil || len(found) != 500 || found[number(499)] != sideValue(499) {
		return fmt.Errorf("%d entries: %w", len(found), err)
	}
	p.Tell("%d", len(found))
	return m.Close()
}

// readOnlyMount makes a mount read-only. Closed handles keep descriptors until the garbage collector has found them.
func readOnlyMount(dir string) (err error) {
	for range 1000 {
		if err = unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); !errors.Is(err, unix.EBUSY) {
			return err
		}
		runtime.GC()
	}
	return err
}

// TestP10ReadOnlyMount reads a frozen file, and one that was closed, on a read-only mount.
func TestP10ReadOnlyMount(t *testing.T) {
	for _, how := range []string{"frozen", "closed"} {
		c := maptest.StartIn(t, apart(0), "mounted", memoryDir(t), how)
		line, _ := c.Line()
		if err := c.Wait(); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		record.Figure(t, "P10", "entries read on a read-only mount, "+how, line)
	}
}

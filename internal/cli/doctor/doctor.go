// Package doctor looks at a machine and at the files of maps on it, and says what is wrong or will be, and what to do. It
// knows the limits of Linux that a map runs into; it changes nothing, and must not know commands.
package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Level says how bad a finding is.
type Level string

// Levels.
const (
	OK      Level = "ok"
	Warning Level = "warning" // works, but not as it could, or not for long
	Problem Level = "problem" // does not work
)

// Finding is one thing that was looked at.
type Finding struct {
	Level   Level
	Subject string // a path, or what of the machine was looked at
	Text    string
	Advice  string // what to do
}

// report collects findings.
type report struct {
	found func(Finding)
	on    string // the subject
}

func (r *report) add(l Level, advice, format string, args ...any) {
	r.found(Finding{Level: l, Subject: r.on, Text: fmt.Sprintf(format, args...), Advice: advice})
}

func (r *report) ok(format string, args ...any) { r.add(OK, "", format, args...) }

// Shm is where maps live that need no disk.
const Shm = "/dev/shm"

// Look examines the machine, and the maps at paths; a directory stands for the maps below it. Without paths it looks below
// /dev/shm. found hears of every finding as it is made.
func Look(ctx context.Context, h *Host, paths []string, found func(Finding)) error {
	h.examine(found)
	if len(paths) == 0 {
		paths = []string{Shm}
		if _, err := os.Stat(Shm); err != nil {
			return nil // which was reported
		}
	}
	for _, path := range paths {
		if err := h.path(ctx, path, found); err != nil {
			return err
		}
	}
	return nil
}

// path examines what is at a path.
func (h *Host) path(ctx context.Context, path string, found func(Finding)) error {
	r := &report{found, path}
	st, err := os.Stat(path)
	switch {
	case err != nil:
		r.add(Problem, "make one: shmap create "+shell(path), "%v", err)
		return nil
	case !st.IsDir():
		h.file(r)
		return nil
	}
	maps, looked := 0, 0
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if looked++; looked > mostFiles {
			r.add(Warning, "name the maps themselves", "has more than %d files, the others were not looked at", mostFiles)
			return fs.SkipAll
		}
		one := &report{found, name}
		switch {
		case err != nil:
			return nil // not ours to see
		case d.IsDir() && leftover(name) && name != path:
			one.add(Warning, "if no shmap snapshot or restore is running: rm -r "+shell(name), "a half-made file in a directory of its own")
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		case leftover(name):
			one.add(Warning, "if no shmap snapshot or restore is running: rm "+shell(name), "a half-made file")
		case IsMap(name):
			maps++
			h.file(one)
		}
		return nil
	})
	if err == nil {
		r.ok("%s below it", count(maps, "map"))
	}
	return err
}

// mostFiles is how many files of a directory are looked at.
const mostFiles = 100_000

// leftover reports whether a file is one that was being made, by its name.
func leftover(name string) bool {
	return strings.HasSuffix(name, ".shmap-tmp") || strings.HasSuffix(name, ".tmp") && strings.Contains(filepath.Base(name), ".shmap-")
}

// size is a number of bytes for people.
func size(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	f, unit := float64(n), -1
	for f >= 1024 && unit < 4 {
		f, unit = f/1024, unit+1
	}
	return fmt.Sprintf("%.3g %ciB", f, "KMGTP"[unit])
}

// count is a number of things for people.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

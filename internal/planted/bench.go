package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a test may take. One that does not end by itself has noticed nothing: it hangs in the gate, too.
const patience = 8 * time.Minute

// A bench is where faults are planted: a copy of each changed file, and the test programs built with it.
type bench struct {
	root  string // of the module
	dir   string
	mu    sync.Mutex
	count int
	sound map[string]func() error // by test: what it says without a fault
}

func newBench() (*bench, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "planted-")
	return &bench{root: filepath.Dir(strings.TrimSpace(string(mod))), dir: dir, sound: map[string]func() error{}}, err
}

func (b *bench) clear() { _ = os.RemoveAll(b.dir) } // what is left in the directory for temporary files harms nobody

// try plants one fault.
func (b *bench) try(r row) result {
	start := time.Now()
	by, err := b.catch(r)
	if err == nil {
		err = b.soundness(r)()
	}
	res := result{Promise: r.promise, Name: r.name, Caught: err == nil, By: by, Seconds: time.Since(start).Seconds()}
	if err != nil {
		res.By = err.Error()
	}
	return res
}

// catch says what in which test caught the fault.
func (b *bench) catch(r row) (by string, err error) {
	path := filepath.Join(b.root, r.file)
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if n := bytes.Count(text, []byte(r.old)); n != 1 {
		return "", fmt.Errorf("the table is out of date: %s has %d times %q", r.file, n, r.old)
	}
	at := b.place()
	faulty := at + ".go"
	if err := os.WriteFile(faulty, bytes.Replace(text, []byte(r.old), []byte(r.new), 1), 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: faulty}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(at+".json", overlay, 0o600); err != nil {
		return "", err
	}
	out, err := b.test(r, at+".test", "-overlay="+at+".json")
	switch err {
	case nil:
		return "", fmt.Errorf("unnoticed by %s in %s", r.run, r.pkg)
	case errFailed:
		return b.where(r, out), nil
	}
	return "", err
}

// soundness is the test of a row without the fault; it is run once.
func (b *bench) soundness(r row) func() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := r.pkg + " " + r.run
	if b.sound[key] == nil {
		b.sound[key] = sync.OnceValue(func() error {
			if out, err := b.test(r, b.place()+".test"); err != nil {
				return fmt.Errorf("without the fault: %w: %s", err, b.where(r, out))
			}
			return nil
		})
	}
	return b.sound[key]
}

// place is a name in the directory that nobody has.
func (b *bench) place() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	return filepath.Join(b.dir, strconv.Itoa(b.count))
}

// test builds the test program of a row, with flags, and runs it. errFailed is that of the test; out says why.
func (b *bench) test(r row, program string, flags ...string) (out string, err error) {
	dir := filepath.Join(b.root, r.pkg)
	env := append(os.Environ(), "GOFLAGS="+strings.Join(append(flags, "-buildvcs=false"), " "), // for tests that build, too
		"SHMAP_LONG=", "SHMAP_PROOF=", "TMPDIR="+b.dir)
	build := exec.Command("go", "test", "-c", "-vet=off", "-ldflags=-w", "-tags", r.tags(), "-o", program, ".")
	build.Dir, build.Env = dir, env
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the table is out of date: it does not build: %v\n%s", err, out)
	}
	defer os.Remove(program)
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	test := exec.CommandContext(ctx, program, "-test.run", r.run, "-test.failfast")
	test.Dir, test.Env = dir, env
	out, err = output(test)
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s hangs: ended after %v", r.run, patience)
	case err == nil && strings.Contains(out, "no tests to run"):
		return "", fmt.Errorf("the table is out of date: no test matches %s", r.run)
	case err != nil && test.ProcessState != nil && test.ProcessState.ExitCode() > 0: // not ended by a signal
		return out, errFailed
	}
	return out, err
}

// errFailed says that a test has failed, or crashed.
var errFailed = errors.New("it fails")

// output runs a command and returns what it and its children said. It ends the children that the command leaves.
func output(c *exec.Cmd) (string, error) {
	said, err := os.CreateTemp("", "") // a pipe would have to be waited for until the last child is gone
	if err != nil {
		return "", err
	}
	defer said.Close()
	defer os.Remove(said.Name())
	c.Stdout, c.Stderr = said, said
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	group := func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.Cancel = group
	if err := c.Start(); err != nil {
		return "", err
	}
	werr := c.Wait()
	_ = group() // there may be nobody
	text, err := os.ReadFile(said.Name())
	return string(text), errors.Join(werr, err)
}

var (
	failed    = regexp.MustCompile(`^\s*--- FAIL: ([^/ ]+)`)
	position  = regexp.MustCompile(`^\s+(\w+\.go):(\d+): `)
	crashed   = regexp.MustCompile(`^(panic|fatal error): .*`)
	reporting = regexp.MustCompile(`\.(Error|Fatal)f?\(`)
	logging   = regexp.MustCompile(`\.Logf?\(|random\(t\)`)
)

// where finds in what a test said which one failed, and at which line: the first that reports an error, else the last that
// does not just log, as a helper may have reported it.
func (b *bench) where(r row, out string) string {
	name, line := strings.Trim(r.run, "^$"), ""
	for _, said := range strings.Split(out, "\n") {
		if crash := crashed.FindString(said); crash != "" {
			return name + ": " + crash
		}
		if m := failed.FindStringSubmatch(said); m != nil {
			name = m[1]
		}
		m := position.FindStringSubmatch(said)
		if m == nil {
			continue
		}
		code := b.line(filepath.Join(b.root, r.pkg, m[1]), m[2])
		if code == "" || logging.MatchString(code) {
			continue
		}
		if line = m[1] + ":" + m[2]; reporting.MatchString(code) {
			break
		}
	}
	return strings.TrimSpace(name + " " + line)
}

// line is a line of a source file of the tree; empty if there is none.
func (b *bench) line(path, number string) string {
	text, _ := os.ReadFile(path)
	lines := strings.Split(string(text), "\n")
	n, _ := strconv.Atoi(number)
	return lines[min(max(n, 1), len(lines))-1]
}

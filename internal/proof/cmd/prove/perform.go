package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/shmap-go/shmap/internal/proof/record"
)

// A result is what a step said.
type result struct {
	step
	ok    bool
	took  time.Duration
	tests []verdict
	lines []record.Line
}

// A verdict is that of one test, or of one fuzz target.
type verdict struct {
	name  string
	ok    bool
	took  string
	execs string // of a fuzz target
}

const atOnce = 2

// perform runs the steps: first those that want to be alone, then two at a time.
func perform(ctx context.Context, all []step, env []string) ([]result, error) {
	logs, err := os.MkdirTemp("", "shmap-proof-")
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d steps; their output goes to %s\n", len(all), logs)
	results, began := make([]result, len(all)), time.Now()
	one := func(i int) {
		s := all[i]
		say := func(format string, args ...any) {
			fmt.Fprintf(os.Stderr, "[%7s] %2d of %d: %s: %s\n", span(int(time.Since(began).Seconds())), i+1, len(all), s.name, fmt.Sprintf(format, args...))
		}
		if ctx.Err() != nil {
			results[i] = result{step: s}
			return
		}
		say("begins, about %v", s.about)
		file := filepath.Join(logs, fmt.Sprintf("%02d", i+1))
		results[i] = s.run(ctx, file, env)
		if results[i].ok {
			say("passed after %s", span(int(results[i].took.Seconds())))
			return
		}
		say("FAILED after %s: %s\n%s", span(int(results[i].took.Seconds())), file, tail(file))
	}
	var free sync.WaitGroup
	next := make(chan int)
	for i, s := range all {
		if s.alone {
			one(i)
		}
	}
	for range atOnce {
		free.Go(func() {
			for i := range next {
				one(i)
			}
		})
	}
	for i, s := range all {
		if !s.alone {
			next <- i
		}
	}
	close(next)
	free.Wait()
	return results, nil
}

// run runs the step's command; its output goes to a file, and what it records to another one.
func (s step) run(ctx context.Context, file string, env []string) (res result) {
	res.step = s
	began := time.Now()
	defer func() { res.took = time.Since(began) }()
	out, err := os.Create(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return res
	}
	defer out.Close()
	c := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	c.Env = append(append(os.Environ(), env...), record.Env+"="+file+".records")
	c.Stdout, c.Stderr = out, out
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) } // with its children
	if err := c.Run(); err != nil {
		fmt.Fprintln(out, err)
	} else {
		res.ok = true
	}
	res.tests, res.lines = verdicts(file), records(file+".records")
	if res.ok && len(res.tests) == 0 {
		fmt.Fprintln(out, "prove: it ran no test")
		res.ok = false
	}
	return res
}

var (
	ended = regexp.MustCompile(`^--- (PASS|FAIL): (\S+) \(([^)]+)\)`)
	execs = regexp.MustCompile(`execs: (\d+)`)
)

// verdicts reads the output of go test: of each test, or of the fuzz target.
func verdicts(file string) (out []verdict) {
	fuzzed := ""
	each(file, func(line string) {
		if m := execs.FindStringSubmatch(line); m != nil {
			fuzzed = m[1]
		}
		if m := ended.FindStringSubmatch(line); m != nil {
			out = append(out, verdict{name: m[2], ok: m[1] == "PASS", took: m[3]})
		}
	})
	if fuzzed != "" && len(out) == 0 {
		out = append(out, verdict{ok: true, execs: fuzzed})
	}
	return out
}

func records(file string) (out []record.Line) {
	each(file, func(line string) {
		var l record.Line
		if json.Unmarshal([]byte(line), &l) == nil {
			out = append(out, l)
		}
	})
	return out
}

// each calls f with every line of a file, of which there may be none.
func each(file string, f func(line string)) {
	in, err := os.Open(file)
	if err != nil {
		return
	}
	defer in.Close()
	for r := bufio.NewReader(in); ; {
		line, err := r.ReadString('\n')
		if f(strings.TrimSuffix(line, "\n")); err == io.EOF {
			return
		} else if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
	}
}

// tail is the end of a file.
func tail(file string) string {
	var lines []string
	each(file, func(line string) { lines = append(lines, line) })
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

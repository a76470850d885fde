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
	"slices"
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

// A verdict is that of one test, of one fuzz target, or of another command.
type verdict struct {
	name  string
	ok    bool
	took  string
	execs string // of a fuzz target
	said  string // by another command
}

const atOnce = 2

// perform runs the steps: first those that want to be alone, then two at a time, then what fills the rest of the time.
func perform(ctx context.Context, all []step, env []string) ([]result, error) {
	logs, err := os.MkdirTemp("", "shmap-proof-")
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d steps; their output goes to %s\n", len(all), logs)
	results, began := make([]result, len(all)), time.Now()
	one := func(i int) {
		s := all[i]
		if at := slices.Index(s.args, rest); at >= 0 {
			s.about = max(leastRest, (whole - time.Since(began)).Round(time.Second))
			s.args = slices.Clone(s.args)
			s.args[at] = s.about.String()
		}
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
	each := func(at when, f func(i int)) {
		for i, s := range all {
			if s.when == at {
				f(i)
			}
		}
	}
	each(alone, one)
	for range atOnce {
		free.Go(func() {
			for i := range next {
				one(i)
			}
		})
	}
	each(beside, func(i int) { next <- i })
	close(next)
	free.Wait()
	each(last, one)
	return results, nil
}

// run runs the step's command; its output goes to a file, and what it records to another one.
func (s step) run(ctx context.Context, file string, env []string) (res result) {
	res.step = s
	began := time.Now()
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
	err = c.Run()
	if res.ok, res.took = err == nil, time.Since(began); err != nil {
		fmt.Fprintln(out, err)
	}
	res.tests, res.lines = verdicts(file), records(file+".records")
	if len(res.tests) == 0 && s.args[1] != "test" { // what another command has done is its last line
		said := strings.Split(tail(file), "\n")
		res.tests = []verdict{{name: s.name, ok: res.ok, took: res.took.Round(time.Second).String(), said: said[len(said)-1]}}
	}
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
	eachLine(file, func(line string) {
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
	eachLine(file, func(line string) {
		var l record.Line
		if json.Unmarshal([]byte(line), &l) == nil {
			out = append(out, l)
		}
	})
	return out
}

// eachLine calls f with every line of a file, of which there may be none.
func eachLine(file string, f func(line string)) {
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
	eachLine(file, func(line string) { lines = append(lines, line) })
	return strings.TrimSpace(strings.Join(lines[max(0, len(lines)-40):], "\n"))
}

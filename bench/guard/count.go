package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// A method is a way to count the instructions of sections.
type method struct {
	name      string
	samples   int     // runs of the program, each with maps of its own
	rounds    int     // of the loop
	marks     bool    // the program says itself where its sections are
	tolerance float64 // how much more than the record is a slow-down
	sections  func(dir, program string, args, env []string) ([]int, error)
}

const (
	callgrind = "callgrind"
	steps     = "steps"
)

func methods() map[string]method {
	return map[string]method{
		callgrind: {callgrind, 3, keys, false, 0.10, underCallgrind},
		steps:     {steps, 1, keys / 16, true, 0.30, stepByStep},
	}
}

// count counts the operations named, which are in the order of operations.
func count(names []string, by method) ([]number, error) {
	dir, err := os.MkdirTemp("", "guard-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "guard")
	// built, not this program itself: go run leaves out the names of functions
	build := exec.Command("go", "build", "-o", program, "github.com/shmap-go/shmap/bench/guard")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("go build: %w", err)
	}
	// one thread that no garbage collection and no other goroutine gets in the way of
	env := append(os.Environ(), env+"="+by.name, "GOMAXPROCS=1", "GOGC=off", "GODEBUG=asyncpreemptoff=1")
	samples := make([][]int, len(names))
	for range by.samples {
		sections, err := by.sections(dir, program, names, env)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", by.name, err)
		}
		if len(sections) != 2*len(names) {
			return nil, fmt.Errorf("%s: %d sections of %d operations", by.name, len(sections), len(names))
		}
		for i := range names {
			samples[i] = append(samples[i], sections[2*i+1]-sections[2*i])
		}
	}
	out := make([]number, len(names))
	for i, name := range names {
		slices.Sort(samples[i])
		out[i] = number{name, float64(samples[i][by.samples/2]) / float64(by.rounds)}
	}
	return out, nil
}

// underCallgrind runs the program under valgrind, which writes a file whenever function section is left.
func underCallgrind(dir, program string, args, env []string) (sections []int, err error) {
	dir, err = os.MkdirTemp(dir, "")
	if err != nil {
		return nil, err
	}
	out := filepath.Join(dir, "out")
	cmd := exec.Command("valgrind", append([]string{"--tool=callgrind", "--quiet", "--callgrind-out-file=" + out,
		"--toggle-collect=main.section", "--dump-after=main.section", program}, args...)...)
	cmd.Env = env
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("valgrind: %w: %s", err, text)
	}
	totals := regexp.MustCompile(`(?m)^(?:totals|summary): (\d+)$`)
	for i := 1; ; i++ {
		text, err := os.ReadFile(fmt.Sprint(out, ".", i))
		if os.IsNotExist(err) {
			return sections, nil
		} else if err != nil {
			return nil, err
		}
		m := totals.FindSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("no total in what callgrind wrote")
		}
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			return nil, err
		}
		sections = append(sections, n)
	}
}

// stepByStep runs the program under ptrace, and again if it stands still.
func stepByStep(_, program string, args, env []string) (sections []int, err error) {
	for range 3 {
		cmd := exec.Command(program, args...)
		cmd.Env, cmd.Stderr = env, os.Stderr
		if sections, err = Steps(cmd, patience); !errors.Is(err, errStill) {
			break
		}
	}
	return sections, err
}

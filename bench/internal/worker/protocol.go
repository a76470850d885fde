// Package worker lets several processes work on one store at the same time, and counts what they get done. A worker
// is a process that opens the store and then does what it is told in lines on its standard input:
//
//	load          store all entries              answer: loaded
//	run OP MS     do OP for MS milliseconds      answer: OPERATIONS NANOSECONDS
//
// Before the first line it says ready. The operations are read (get a copy of the value of a key), write (overwrite a
// value by another one of the same size), half (the one and the other in turns) and hot (add 1 to the one counter).
// The entries come from a file, a line each: key, space, value. Workers go through them in its order, again and
// again, each from a start of its own. Every system that is compared follows the same protocol, in the language that
// its users have.
package worker

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Entries is the name of the file with the entries, in the directory of the store.
const Entries = "entries"

// WriteEntries writes the file of entries.
func WriteEntries(dir string, keys, values []string) error {
	var b strings.Builder
	for i := range keys {
		fmt.Fprintf(&b, "%s %s\n", keys[i], values[i])
	}
	return os.WriteFile(filepath.Join(dir, Entries), []byte(b.String()), 0o600)
}

// A Done is what one worker did.
type Done struct {
	Operations int64
	Took       time.Duration
}

// Cost is the nanoseconds of one operation of the worker.
func (d Done) Cost() float64 { return float64(d.Took.Nanoseconds()) / float64(d.Operations) }

// Cost is the nanoseconds of one operation of all workers together: the inverse of their total throughput.
func Cost(all []Done) float64 {
	throughput := 0.0
	for _, d := range all {
		throughput += 1 / d.Cost()
	}
	return 1 / throughput
}

// A Team is a number of workers on one store, which wait for work.
type Team struct {
	workers []*process
	stop    []func() // what else ends with the team
}

// process is the tool's end of a worker.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start starts a process that is killed should the tool die.
func start(cmd *exec.Cmd) (*process, error) {
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd, in, bufio.NewReader(out)}
	return p, p.expect("ready")
}

func (p *process) say(line string) error {
	_, err := io.WriteString(p.in, line+"\n")
	return err
}

func (p *process) hear() (string, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("worker %s: %w", strings.Join(p.cmd.Args, " "), err)
	}
	return strings.TrimSuffix(line, "\n"), nil
}

func (p *process) expect(want string) error {
	got, err := p.hear()
	if err == nil && got != want {
		err = fmt.Errorf("worker %s says %q, not %q", strings.Join(p.cmd.Args, " "), got, want)
	}
	return err
}

// end closes the worker's input, at which it ends.
func (p *process) end() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// Run lets the first n workers of the team do an operation at the same time, for the duration d.
func (t *Team) Run(op string, n int, d time.Duration) ([]Done, error) {
	workers := t.workers[:n]
	for _, w := range workers {
		if err := w.say(fmt.Sprintf("run %s %d", op, d.Milliseconds())); err != nil {
			return nil, err
		}
	}
	out := make([]Done, n)
	for i, w := range workers {
		line, err := w.hear()
		if err != nil {
			return nil, err
		}
		var took int64
		if _, err := fmt.Sscan(line, &out[i].Operations, &took); err != nil || took <= 0 || out[i].Operations <= 0 {
			return nil, fmt.Errorf("worker %s answers %q", strings.Join(w.cmd.Args, " "), line)
		}
		out[i].Took = time.Duration(took)
	}
	return out, nil
}

// Close ends the workers and what belongs to them.
func (t *Team) Close() {
	for _, w := range t.workers {
		w.end()
	}
	for _, stop := range t.stop {
		stop()
	}
}

// Command beside measures what the commands of shmap cost the processes that use a map at full speed, while these are killed
// all the time: top, serve, export, snapshot and check. docs/BESIDE.md is its last full run.
//
//	go run ./beside                              the full run, which writes docs/BESIDE.md
//	go run ./beside -rounds 3 -only 'check|top'
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	if done, err := child(os.Args[1:], os.Stdout); done {
		end(err)
		return
	}
	end(run(os.Args[1:], os.Stdout, os.Stderr))
}

func end(err error) {
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "beside:", err)
		}
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	rounds  int
	turn    time.Duration
	workers int
	only    *regexp.Regexp
	json    bool
	root    string
	log     io.Writer
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{log: stderr}
	flags := flag.NewFlagSet("beside", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.rounds, "rounds", 9, "rounds, each with three turns for every command: beside it, beside its control, and alone")
	flags.DurationVar(&o.turn, "for", 5*time.Second, "length of a turn; a command that still runs then may end")
	flags.IntVar(&o.workers, "workers", max(2, runtime.NumCPU()), "processes at full speed; with one for each processor a command, which gives way, takes seconds")
	only := flags.String("only", "", "commands whose names match this `regexp`; docs/BESIDE.md is then not written")
	flags.BoolVar(&o.json, "json", false, "print lines of JSON")
	flags.StringVar(&o.root, "root", "..", "`directory` of the repository")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	case o.rounds < 1:
		return o, errors.New("-rounds: at least 1")
	case o.workers < 1 || o.workers > 1000:
		return o, errors.New("-workers: from 1 to 1000")
	case o.turn < 50*time.Millisecond || o.turn > time.Hour:
		return o, errors.New("-for: from 50ms to 1h")
	}
	if *only != "" {
		re, err := regexp.Compile(*only)
		if err != nil {
			return o, fmt.Errorf("-only: %w", err)
		}
		o.only = re
	}
	if _, err := os.Stat(filepath.Join(o.root, "cmd", "shmap")); err != nil {
		return o, fmt.Errorf("there is no cmd/shmap: run this in bench/, or say -root: %w", err)
	}
	return o, nil
}

// run is the whole program, unless it is one of its children.
func run(args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("/dev/shm", fmt.Sprintf("shmap-beside-%d-", os.Getpid()))
	if err != nil {
		return err
	}
	keep := false
	defer func() {
		if !keep {
			_ = os.RemoveAll(dir)
		}
	}()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		fmt.Fprintln(stderr, "beside:", <-signals)
		_ = os.RemoveAll(dir) // the other processes die with this one
		os.Exit(1)
	}()

	p := &place{dir: dir, shmap: filepath.Join(dir, "shmap"), workers: o.workers}
	fmt.Fprintln(stderr, "building cmd/shmap")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", p.shmap, "./cmd/shmap")
	build.Dir, build.Stderr = o.root, stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building cmd/shmap: %w", err)
	}
	tools, err := chosen(p, o)
	if err != nil {
		return err
	}
	if err := p.fill(); err != nil {
		return err
	}
	r, err := measured(p, o, tools)
	if err != nil {
		if keep = errors.Is(err, errDamaged) || errors.Is(err, errWorker); keep {
			err = fmt.Errorf("%w; the map is kept: %s", err, p.mapPath())
		}
		return err
	}
	if err := r.print(stdout, o.json); err != nil {
		return err
	}
	if o.only == nil {
		if err := os.WriteFile(filepath.Join(o.root, "docs", "BESIDE.md"), []byte(r.document(time.Now(), o)), 0o644); err != nil {
			return err
		}
	}
	return r.failed()
}

// chosen are the commands to measure.
func chosen(p *place, o options) ([]tool, error) {
	help, err := exec.Command(p.shmap, "--help").Output()
	if err != nil {
		return nil, err
	}
	var out []tool
	for _, t := range tools() {
		switch {
		case o.only != nil && !o.only.MatchString(t.name):
		case !strings.Contains(string(help), "\n  "+strings.Fields(t.name)[0]+" "):
			fmt.Fprintf(o.log, "this shmap has no command %s\n", t.name)
		default:
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("-only: no command is called so")
	}
	return out, nil
}

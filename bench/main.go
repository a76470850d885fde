// Command bench compares shmap with other maps, caches, databases and servers, side by side in one run, and says which
// targets it meets. See BENCHMARKS.md for the last full run.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/shmap-go/shmap/bench/internal/cases"
	"github.com/shmap-go/shmap/bench/internal/report"
	"github.com/shmap-go/shmap/bench/internal/worker"
)

func main() {
	var err error
	if kind := os.Getenv(worker.Env); kind != "" {
		err = cases.Work(kind, os.Args[1:], os.Stdin, os.Stdout)
	} else {
		err = run(os.Args[1:], os.Stdout, os.Stderr)
	}
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

// run is the whole program, unless it is a worker.
func run(args []string, stdout, stderr io.Writer) error {
	o := cases.Options{Log: stderr}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.Quick, "quick", false, "smaller and fewer samples: the whole within a minute")
	asJSON := flags.Bool("json", false, "print rows as lines of JSON")
	list := flags.Bool("list", false, "print the names of the cases and end")
	only := flags.String("only", "", "run the cases whose names match this `regexp`")
	root := flags.String("root", "..", "`directory` of the repository, where a full run writes BENCHMARKS.md")
	flags.StringVar(&o.Traces, "traces", "", "`directory` with the access traces (*.trace.gz) for the hit ratios (shared/traces beside the repository, if it is there)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	}
	if *list {
		for _, name := range cases.Cases() {
			fmt.Fprintln(stdout, name)
		}
		return nil
	}
	if beside := filepath.Join(*root, "..", "shared", "traces"); o.Traces == "" && isDir(beside) {
		o.Traces = beside
	}
	full := !o.Quick && *only == ""
	if full {
		if _, err := os.Stat(filepath.Join(*root, "bench", "go.mod")); err != nil {
			return fmt.Errorf("no place for BENCHMARKS.md: run this in bench/, or say -root: %w", err)
		}
	}
	if *only != "" {
		re, err := regexp.Compile(*only)
		if err != nil {
			return fmt.Errorf("-only: %w", err)
		}
		o.Only = re
	}
	o.Out = report.NewJSON(stdout)
	if !*asJSON {
		table, err := report.NewTable(stdout)
		if err != nil {
			return err
		}
		o.Out = table
	}
	s, err := measured(o)
	if err != nil || !full {
		return err
	}
	return write(*root, s)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// measured makes the measurements, in a directory that is removed at the end.
func measured(o cases.Options) (*cases.Session, error) {
	dir, err := os.MkdirTemp("/dev/shm", fmt.Sprintf("shmap-bench-%d-", os.Getpid()))
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		fmt.Fprintln(o.Log, "bench:", <-signals)
		_ = os.RemoveAll(dir) // the other processes die with this one
		os.Exit(1)
	}()
	o.Dir = dir
	s, err := cases.Run(o)
	if s != nil {
		met, all := 0, cases.Targets(s.Rows)
		for _, t := range all {
			if t.OK() {
				met++
			}
		}
		fmt.Fprintf(o.Log, "%d of %d targets are met by all of their rows\n", met, len(all))
	}
	return s, err
}

// write writes BENCHMARKS.md and its pictures.
func write(root string, s *cases.Session) error {
	const plots = "bench/plots"
	if err := os.MkdirAll(filepath.Join(root, plots), 0o755); err != nil {
		return err
	}
	for _, c := range s.Charts {
		if err := os.WriteFile(filepath.Join(root, plots, c.File+".svg"), []byte(c.SVG()), 0o644); err != nil {
			return err
		}
	}
	d := report.Document{
		Machine: report.Machine(time.Now()), Rows: s.Rows, Targets: cases.Targets(s.Rows), Charts: s.Charts,
		Reason: cases.Reason, Plots: plots,
	}
	return os.WriteFile(filepath.Join(root, "BENCHMARKS.md"), []byte(d.Markdown()), 0o644)
}

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
	"regexp"
	"syscall"

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

// run is the whole program.
func run(args []string, stdout, stderr io.Writer) error {
	var o cases.Options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.Quick, "quick", false, "smaller and fewer samples: the whole within a minute")
	asJSON := flags.Bool("json", false, "print rows as lines of JSON")
	list := flags.Bool("list", false, "print the names of the cases and end")
	only := flags.String("only", "", "run the cases whose names match this `regexp`")
	flags.StringVar(&o.Traces, "traces", "", "`directory` with the access traces (*.trace.gz) for the hit ratios")
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
	if *only != "" {
		re, err := regexp.Compile(*only)
		if err != nil {
			return fmt.Errorf("-only: %w", err)
		}
		o.Only = re
	}
	o.Log = stderr
	if *asJSON {
		o.Out = report.NewJSON(stdout)
	} else {
		table, err := report.NewTable(stdout)
		if err != nil {
			return err
		}
		o.Out = table
	}
	dir, err := os.MkdirTemp("/dev/shm", "shmap-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		_ = os.RemoveAll(dir) // the other processes die with this one
		os.Exit(1)
	}()
	o.Dir = dir
	_, err = cases.Run(o)
	return err
}

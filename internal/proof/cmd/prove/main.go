// Command prove runs the long form of every proof and writes docs/PROOF.md, the document of what was run and counted.
// It knows the steps and how to read what they say; it must not know what they prove.
//
// It ends with 1 if a step fails; the document says which one, too.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

func main() {
	only := flag.String("only", "", "run only the steps whose names match this `expression`, and write no document")
	list := flag.Bool("list", false, "list the steps")
	docs := flag.String("docs", "docs", "write the document into this `directory`")
	seed := flag.Uint64("seed", uint64(time.Now().Unix()), "SHMAP_SEED of the tests")
	flag.Parse()
	match, err := regexp.Compile(*only)
	if err != nil {
		fatal(err)
	}
	dir, err := filepath.Abs(*docs)
	if err != nil {
		fatal(err)
	}
	var chosen []step
	for _, s := range steps(dir) {
		if match.MatchString(s.name) {
			chosen = append(chosen, s)
		}
	}
	if *list {
		for _, s := range chosen {
			fmt.Printf("%-28s about %-6v %v\n", s.name, s.about, s.args)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := run{Date: time.Now().UTC().Truncate(time.Second), Commit: commit(), Seed: *seed}
	results, err := perform(ctx, chosen, []string{"SHMAP_LONG=1", "SHMAP_SEED=" + strconv.FormatUint(*seed, 10)})
	if err != nil {
		fatal(err)
	}
	r.Seconds = int(time.Since(r.Date).Seconds())
	for _, res := range results {
		if !res.ok {
			r.Failed = append(r.Failed, res.name)
		}
	}
	if *only == "" && ctx.Err() == nil {
		if err := write(dir, r, results); err != nil {
			fatal(err)
		}
	}
	for _, name := range r.Failed {
		fmt.Fprintf(os.Stderr, "FAILED: %s\n", name)
	}
	if len(r.Failed) > 0 {
		stop()
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "all %d steps passed in %s, seed %d\n", len(results), span(r.Seconds), *seed)
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "prove:", err)
	os.Exit(1)
}

// Command hitratio measures eviction policies on traces and writes the tables of
// docs/decisions/007-eviction-policy.md:
//
//	cd bench && go run ./policy/hitratio -traces ../../shared/traces -doc ../docs/decisions/007-eviction-policy.md
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/shmap-go/shmap/bench/policy"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "hitratio:", err)
		os.Exit(1)
	}
}

const (
	begin = "<!-- tables by hitratio: begin -->\n"
	end   = "<!-- tables by hitratio: end -->\n"
)

func run(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("hitratio", flag.ContinueOnError)
	dir := flags.String("traces", "", "`directory` with *.trace.gz")
	runs := flags.Int("runs", 3, "runs of otter, which draws lots: its means are compared")
	doc := flags.String("doc", "", "`file` in which the tables are replaced; otherwise they are printed")
	brief := flags.Bool("brief", false, "the chosen policy and otter alone")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var traces []policy.Trace
	if *dir == "" {
		fmt.Fprintln(os.Stderr, "hitratio: no -traces DIR given: synthetic traces alone")
	} else {
		var err error
		if traces, err = policy.Load(*dir); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	b := book{Writer: &out, traces: append(traces, policy.Synthetic()...)}
	b.otter = policy.Measure(b.traces, policy.Otter(), policy.Shards(1), max(1, *runs))
	b.cells()
	if !*brief {
		b.table("### Policies, one shard", policy.Compared())
		b.table("### The chosen policy with one property changed", policy.Variants())
		b.shards()
		b.seeds()
		b.work()
		b.further(max(1, *runs))
	}
	if *doc == "" {
		_, err := stdout.Write(out.Bytes())
		return err
	}
	return replace(*doc, out.String())
}

// replace puts the tables between the marks of a document.
func replace(name, tables string) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(old), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return errors.New(name + " has no marks for the tables")
	}
	return os.WriteFile(name, []byte(head+begin+tables+"\n"+end+tail), 0o644)
}

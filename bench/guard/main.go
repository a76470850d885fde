// Command guard counts the machine instructions of the core operations and compares them with the numbers in
// instructions.json, so that a slow-down is noticed without a clock. It knows the public operations; it must not know
// how they come to their results.
//
//	go run ./guard [-only REGEXP] [-update] [-steps]
//
// It builds itself and has that program run the loops of the operations under valgrind's callgrind, or, where that is not
// installed, under ptrace, step by step, which takes longer and so fewer keys. What a loop of no rounds takes is
// subtracted. It does not matter what else the machine is doing, and two runs differ by as much as the seeds of hashes
// make them differ. What instructions do not show are cache misses, locked instructions and branches that are
// mispredicted: those are bench's business.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
)

// env makes this program the one that is counted. Its value is the name of the method; the arguments are operations.
const env = "SHMAP_GUARD"

func main() {
	var err error
	if by, ok := methods()[os.Getenv(env)]; ok {
		err = perform(os.Args[1:], by)
	} else {
		err = run(os.Args[1:], os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("guard", flag.ContinueOnError)
	update := flags.Bool("update", false, "write what was counted to the file")
	only := flags.String("only", "", "count only the operations whose names match this `regexp`")
	stepping := flags.Bool("steps", false, "count steps though callgrind is there")
	path := flags.String("file", "guard/instructions.json", "the recorded counts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	known, err := readRecord(*path)
	if err != nil {
		return err
	}
	var names []string
	for _, o := range operations() {
		if match.MatchString(o.name) {
			names = append(names, o.name)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("-only: no operation matches %q", *only)
	}
	by := methods()[callgrind]
	if _, err := exec.LookPath("valgrind"); err != nil || *stepping {
		by = methods()[steps]
		fmt.Fprintf(out, "Counted step by step: with fewer keys, so up to %.0f %% more are let pass.\n", 100*by.tolerance)
	}
	counts, err := count(names, by)
	if err != nil {
		return err
	}
	if *update {
		if by.name != callgrind {
			return fmt.Errorf("-update wants valgrind, which is more exact: apt-get install valgrind")
		}
		return known.update(counts).write(*path)
	}
	return known.compare(counts, by.tolerance, out)
}

// A number is what one operation takes.
type number struct {
	Name         string  `json:"name"`
	Instructions float64 `json:"instructions"`
}

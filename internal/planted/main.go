// Command planted shows that the tests of the promises can fail. It plants the faults of a table, one at a time, and runs
// for each the test that has to notice; a fault that passes unnoticed means that a test is missing. It knows texts and
// tests; it must not know what they are about.
//
//	go run ./internal/planted [-only REGEX] [-json FILE]
//
// A fault is a change of one source file, told to the go command by -overlay: no file of the tree is touched. Each test is
// run without any fault as well, so one that always fails notices nothing.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"sync"
	"time"
)

// atOnce is how many faults are tried at the same time: the tests have processes of their own.
const atOnce = 2

func main() {
	only := flag.String("only", "", "regular `expression`: try only the faults whose promise and name it matches")
	lines := flag.String("json", "", "append a line of JSON for each fault to this `file`")
	flag.Parse()
	if err := run(*only, *lines); err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(1)
	}
}

// A result is a row of the table with what came of it.
type result struct {
	Promise string  `json:"promise"`
	Name    string  `json:"name"`
	Caught  bool    `json:"caught"`
	By      string  `json:"by"`
	Seconds float64 `json:"seconds"`
}

func run(only, lines string) error {
	match, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	b, err := newBench()
	if err != nil {
		return err
	}
	defer b.clear()
	var rows []row
	for _, r := range table() {
		if match.MatchString(r.promise + " " + r.name) {
			rows = append(rows, r)
		}
	}
	results := make([]result, len(rows))
	var todo, print sync.Mutex
	var all sync.WaitGroup
	next, start := 0, time.Now()
	for range atOnce {
		all.Go(func() {
			for {
				todo.Lock()
				i := next
				next++
				todo.Unlock()
				if i >= len(rows) {
					return
				}
				results[i] = b.try(rows[i])
				print.Lock()
				show(results[i])
				print.Unlock()
			}
		})
	}
	all.Wait()
	unnoticed := 0
	for _, r := range results {
		if !r.Caught {
			unnoticed++
		}
	}
	fmt.Printf("%d faults, %d caught, in %.0f s\n", len(results), len(results)-unnoticed, time.Since(start).Seconds())
	if err := record(lines, results); err != nil {
		return err
	}
	if unnoticed > 0 || len(results) == 0 {
		return fmt.Errorf("%d of %d faults passed unnoticed", unnoticed, len(results))
	}
	return nil
}

// show prints a line of the table.
func show(r result) {
	mark := "  "
	if !r.Caught {
		mark = "! "
	}
	fmt.Printf("%s%-4s%-62s %5.1f s  %s\n", mark, r.Promise, r.Name, r.Seconds, r.By)
}

// record appends the results to a file of records, if one is named.
func record(path string, results []result) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	for _, r := range results {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return f.Close()
}

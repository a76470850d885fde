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
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"sync"
	"time"

	"github.com/shmap-go/shmap/internal/proof/record"
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

func run(only, lines string) error {
	match, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	var rows []row
	for _, r := range table() {
		if match.MatchString(r.promise + " " + r.name) {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return fmt.Errorf("no fault matches %q", only)
	}
	start := time.Now()
	results, err := all(rows)
	if err != nil {
		return err
	}
	caught := 0
	for _, r := range results {
		if r.Caught {
			caught++
		}
	}
	fmt.Printf("%d faults, %d caught, in %.0f s\n", len(rows), caught, time.Since(start).Seconds())
	if err := errors.Join(write(lines, results), prove(os.Getenv(record.Env), results, time.Since(start))); err != nil {
		return err
	}
	if caught < len(rows) {
		again(results)
		return fmt.Errorf("%d of %d faults passed unnoticed", len(rows)-caught, len(rows))
	}
	return nil
}

// A result is a row of the table with what came of it.
type result struct {
	Promise string  `json:"promise"`
	Name    string  `json:"name"`
	Caught  bool    `json:"caught"`
	By      string  `json:"by"`
	Seconds float64 `json:"seconds"`
}

// all tries all rows, and prints each result when it is known.
func all(rows []row) ([]result, error) {
	b, err := newBench()
	if err != nil {
		return nil, err
	}
	defer b.clear()
	var free sync.WaitGroup
	var printing sync.Mutex
	results, next := make([]result, len(rows)), make(chan int)
	for range atOnce {
		free.Go(func() {
			for i := range next {
				results[i] = b.try(rows[i])
				printing.Lock()
				results[i].print()
				printing.Unlock()
			}
		})
	}
	for i := range rows {
		next <- i
	}
	close(next)
	free.Wait()
	return results, nil
}

func (r result) print() {
	mark := " "
	if !r.Caught {
		mark = "!"
	}
	fmt.Printf("%s %-4s%-60s %5.1f s  %s\n", mark, r.Promise, r.Name, r.Seconds, r.By)
}

// again prints the results of faults that passed unnoticed, for who sees only the end of a log.
func again(results []result) {
	fmt.Println("unnoticed:")
	for _, r := range results {
		if !r.Caught {
			r.print()
		}
	}
}

// write appends the results to a file, if one is named.
func write[T any](path string, lines []T) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	for _, l := range lines {
		if err := e.Encode(l); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return f.Close()
}

// prove says the same in the way of a test to the command that writes docs/PROOF.md, if that has named a file.
func prove(path string, results []result, took time.Duration) error {
	if path == "" {
		return nil
	}
	var lines []record.Line
	verdict := "PASS"
	for _, r := range results {
		what := "planted faults caught"
		if !r.Caught {
			what, verdict = "planted faults unnoticed", "FAIL"
		}
		lines = append(lines, record.Line{Promise: r.Promise, Test: "planted", What: what, Value: "1", Time: time.Now().UTC()})
	}
	fmt.Printf("--- %s: planted (%.2fs)\n", verdict, took.Seconds())
	return write(path, lines)
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/proof/record"
)

// A run is one line of the document's history, and an element of PROOF.json.
type run struct {
	Date    time.Time `json:"date"`
	Commit  string    `json:"commit"` // the last one that changed anything but the document
	Seed    uint64    `json:"seed"`
	Seconds int       `json:"seconds"`
	Failed  []string  `json:"failed,omitempty"`
}

func (r run) verdict() string {
	if len(r.Failed) == 0 {
		return "clean"
	}
	return "**failed**: " + strings.Join(r.Failed, ", ")
}

const mostRuns = 20

// write adds the run to the history and writes the document.
func write(dir string, r run, results []result) error {
	var runs []run
	file := filepath.Join(dir, "PROOF.json")
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &runs)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	runs = append(runs, r)
	runs = runs[max(0, len(runs)-mostRuns):]
	if text, err = json.MarshalIndent(runs, "", "\t"); err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "PROOF.md"), []byte(document(runs, results, machine(), said())), 0o644)
}

// inARow is how many of the last runs were clean, at one commit.
func inARow(runs []run) (n int) {
	last := runs[len(runs)-1].Commit
	for _, r := range slices.Backward(runs) {
		if len(r.Failed) > 0 || r.Commit != last {
			break
		}
		n++
	}
	return n
}

// document is docs/PROOF.md.
func document(runs []run, results []result, machine string, promises map[string]string) string {
	var b strings.Builder
	r := runs[len(runs)-1]
	fmt.Fprintf(&b, "# Proof\n\nWritten by `make proof`, which runs the long form of every test behind a promise of [README](../README.md#guarantees).\n"+
		"Everything that is random follows from a seed, another one in each run.\n\n"+
		"The last run began on %s at commit %s and took %s on %s: %s. Clean runs in a row at this commit: **%d**.\n\n",
		r.Date.Format("2006-01-02 15:04 MST"), r.Commit, span(r.Seconds), machine, r.verdict(), inARow(runs))
	b.WriteString("| run | commit | seed | took | verdict |\n|---|---|---|---|---|\n")
	for _, r := range slices.Backward(runs) {
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %s |\n", r.Date.Format("2006-01-02 15:04"), r.Commit, r.Seed, span(r.Seconds), r.verdict())
	}
	for p := range 15 {
		name := fmt.Sprintf("P%d", p+1)
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", name, promises[name])
		b.WriteString(section(name, results))
	}
	fmt.Fprintf(&b, "\n## %s\n\nWhat belongs to no promise alone: operations against a model, the referee, faults that were planted to be found.\n", besides)
	b.WriteString(section(besides, results))
	return b.String()
}

var numbered = regexp.MustCompile(`^TestP(\d\d)`)

// section is the table of one promise.
func section(promise string, results []result) string {
	var b strings.Builder
	for _, res := range results {
		for _, t := range res.tests {
			of := res.promise
			if m := numbered.FindStringSubmatch(t.name); m != nil {
				n, _ := strconv.Atoi(m[1]) // two digits
				of = fmt.Sprintf("P%d", n)
			}
			name, counts := "`"+t.name+"`", counted(promise, of, t.name, res.lines)
			if of != promise && counts == "" {
				continue
			}
			if t.said != "" {
				counts = t.said
			}
			if t.execs != "" {
				name, counts, t.took = "`"+strings.Trim(res.args[5], "^$")+"`", thousands(t.execs)+" executions", span(int(res.took.Seconds()))
			}
			word := "pass"
			if !t.ok || t.execs != "" && !res.ok {
				word = "**FAIL**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, word, t.took, counts)
		}
		failed := slices.ContainsFunc(res.tests, func(t verdict) bool { return !t.ok })
		if !res.ok && !failed && res.promise == promise { // it did not come to a verdict
			fmt.Fprintf(&b, "| %s | **FAIL** | %s | |\n", res.name, span(int(res.took.Seconds())))
		}
	}
	return "\n| test | verdict | took | counted |\n|---|---|---|---|\n" + b.String()
}

// counted is what a test recorded for a promise, or, if it is the test's own, for one without a section: numbers are
// added up, other things listed.
func counted(promise, own, test string, lines []record.Line) string {
	var order []string
	sums, words := map[string]int{}, map[string][]string{}
	for _, l := range lines {
		if name, _, _ := strings.Cut(l.Test, "/"); name != test || l.Promise != promise && (own != promise || strings.HasPrefix(l.Promise, "P")) {
			continue
		}
		if !slices.Contains(order, l.What) {
			order = append(order, l.What)
		}
		if n, err := strconv.Atoi(l.Value); err == nil {
			sums[l.What] += n
		} else {
			words[l.What] = append(words[l.What], l.Value)
		}
	}
	for i, what := range order {
		if w := words[what]; w != nil {
			order[i] = what + " " + strings.Join(w, ", ")
		} else {
			order[i] = thousands(strconv.Itoa(sums[what])) + " " + what
		}
	}
	return strings.Join(order, "; ")
}

// thousands puts commas into a number.
func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// span is a number of seconds for a reader.
func span(seconds int) string { return (time.Duration(seconds) * time.Second).String() }

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/shmap-go/shmap/bench/internal/report"
)

// document is docs/BESIDE.md.
func (r *result) document(now time.Time, o options) string {
	var b strings.Builder
	b.WriteString(`# Beside a running program

What ` + "`shmap top`, `serve`, `export`, `snapshot` and `check`" + ` cost the processes that use a map at full speed, and whether they fail,
while those processes are killed all the time.

Written by ` + "`cd bench && go run ./beside`" + `, never by hand: the last full run. ` + "`-rounds 1 -for 1s`" + ` is a short one, ` + "`-only REGEXP`" + ` takes some
commands and leaves this page alone, ` + "`-json`" + ` prints everything.

## What was run

`)
	fmt.Fprintf(&b, "- The storm: %d processes on one map in `/dev/shm` with %d keys of %d bytes and values of %d to %d bytes, which expire after 1 s to\n"+
		"  1 min. Of 16 operations 10 read (and compare what they read), 3 store, 2 insert, 1 deletes, as fast as they can. About every %v\n"+
		"  one of the processes is killed by SIGKILL and another one takes its place.\n", o.workers, entries, width, width, longest, kill)
	fmt.Fprintf(&b, "- %d rounds. In each there are three turns of %v for each command, one after the other: beside it, beside its control, a process that\n"+
		"  does nothing but use as much CPU time as the command did, and alone. A turn beside a command ends when that has, which begins with\n"+
		"  it. The order changes from round to round.\n", o.rounds, o.turn)
	for _, t := range r.tools {
		fmt.Fprintf(&b, "- %s.\n", t.how)
	}
	fmt.Fprintf(&b, "- After each turn all processes are killed, and the map must pass `shmap check` and hold %d entries that nobody changes.\n", kept)
	b.WriteString("\n## The machine\n\n")
	for _, fact := range report.Host(now) {
		fmt.Fprintf(&b, "- %s\n", fact)
	}
	fmt.Fprintf(&b, "\n## Measured\n\n%d turns, %d kills, %d repairs of shards by those who came after a dead process; the map was whole after every turn.\n\n",
		r.turns, r.kills, r.repairs)
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	row(headings())
	b.WriteString("|---" + strings.Repeat("|--:", len(headings())-1) + "|\n")
	var slow, slower []string
	for _, one := range r.rows() {
		row(one.cells())
		if one.Slower.Measurable {
			slow = append(slow, one.Beside)
		}
		if one.SlowerThanControl.Measurable {
			slower = append(slower, one.Beside)
		}
	}
	if measurable(o.rounds, o.rounds) {
		fmt.Fprintf(&b, "\nMeasurably slower than alone: %s. Measurably slower than the CPU time explains: %s.", listed(slow), listed(slower))
	} else {
		fmt.Fprintf(&b, "\nIn %d rounds nothing is measurable.", o.rounds)
	}
	if err := r.failed(); err == nil {
		b.WriteString(" No command failed.\n")
	} else {
		fmt.Fprintf(&b, "\n\n**Failed:**\n\n```\n%v\n```\n", err)
	}
	b.WriteString(`
## How to read it

Figures are medians over the rounds with the quartiles in brackets. *To alone* compares the storm beside a command with the storm alone
right before or after it: what a user would see on a machine whose processors are all busy. ` + "`export`, `snapshot` and `check`" + ` run at priority 19
there (` + "`--nice`" + `), and nap so long while no processor is idle that they use a fortieth of one. *Processors* is what they got: CPU time a second, that of the client included. *To control* compares with the storm beside the control, in the same round: what the CPU
time does not explain, such as waiting for locks, lines of cache and bandwidth of memory that a command takes. Each counts as *measurable*
if so many rounds are slower that chance does it in fewer than one of 100 runs (sign test; fewer than 7 rounds show
nothing). A *stall* is the longest time in a turn from one operation of a worker that lived on to its next: the time that the scheduler
gave to others is in it, so compare it with that of the storm alone and that of the control (median, worst). On a machine with
processors to spare *to alone* is near 0 for all. No figure makes the program fail; a command that fails or a map that is not whole
does.
`)
	return b.String()
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

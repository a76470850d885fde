// Command scaling says what this machine cannot show: how the map would do with 64 cores and a billion entries. It
// simulates the locks of the shards, and measures here what the simulation and the sums in docs/SCALING.md need.
//
//	go run ./scaling             the simulation
//	go run ./scaling measure     what is measured
package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 1:
		err = simulate(os.Stdout)
	case len(os.Args) == 2 && os.Args[1] == "measure":
		err = measure(os.Stdout)
	case len(os.Args) == 4 && os.Args[1] == victimWord:
		err = victim(os.Args[2], os.Args[3])
	default:
		err = fmt.Errorf("unknown arguments %q: say nothing, or measure", os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scaling:", err)
		os.Exit(1)
	}
}

// A work is an operation as the simulation sees it: its times in nanoseconds, and how many lines it takes from whoever
// had the shard last.
type work struct {
	name  string
	hold  float64
	lines float64
}

// What is assumed. The holds are measured (scaling measure): the whole operation, as if all of it were under the lock. The
// lines are counted in the code: for an integer that of the lock, since another key is in another bucket; for a string those
// of the journal's head, two of its entries, and the counters, bitmap and block of the slab as well. A line from another core
// took 57 to 240 ns on the virtual machine of docs/SCALING.md, depending on where its processors were.
const (
	seed     = 1
	ops      = 200_000
	line     = 100
	asking   = 600    // whether an owner lives
	wake     = 1_500  // the system call of a releaser that wakes somebody
	latency  = 20_000 // until that one runs
	spinOld  = 100    // 64 looks at the lock word, as it was before there were pauses between them
	spinNew  = 2_500  // 2,048
	cores    = 64
	thinking = 300 // of the program that uses the map, between two operations
)

func works() []work {
	return []work{{"int64 store", 50, 1}, {"string store, 60 bytes", 300, 7}}
}

func shardCounts() []int { return []int{1, 4, 16, 64, 256, 1024} }

// simulate prints the tables.
func simulate(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d cores that do nothing but write, %d ns between two operations, a line of cache moves in %d ns; seed %d\n\n",
		cores, thinking, line, seed)
	fmt.Fprint(w, "operation\tshards\tspin ns\tM/s\tof ideal\tcontended\tslept\tslowest/fastest\n")
	for _, o := range works() {
		for _, shards := range shardCounts() {
			for _, spin := range []float64{spinOld, spinNew} {
				m := machine(o, shards)
				m.Spin = spin
				row(w, o.name, m)
			}
		}
	}
	fmt.Fprint(w, "\nshards asked for as by Zipf's law, exponent 0.99\t\t\t\t\t\t\t\n")
	for _, o := range works() {
		for _, shards := range shardCounts()[2:] {
			m := machine(o, shards)
			m.Zipf = 0.99
			row(w, o.name, m)
		}
	}
	fmt.Fprint(w, "\nwhether an owner lives is a longer question among 16, 1024 and 4096 participants\t\t\t\t\t\t\t\n")
	for _, ask := range []float64{asking, 5_400, 45_000} {
		m := machine(works()[1], 256)
		m.Ask = ask
		row(w, fmt.Sprintf("string store, 60 bytes, %.0f ns", ask), m)
	}
	fmt.Fprint(w, "\nlock, journal head and counters in one line: two lines fewer\t\t\t\t\t\t\t\n")
	for _, shards := range []int{16, 256} {
		o := works()[1]
		row(w, o.name, machine(o, shards))
		o.lines -= 2
		row(w, o.name+", merged", machine(o, shards))
	}
	fmt.Fprint(w, "\nfewest shards for nine tenths of what locks that are never held would allow\t\t\t\t\t\t\t\n")
	for _, o := range works() {
		for _, n := range []int{2, 4, 8, 16, 32, 64, 128} {
			fmt.Fprintf(w, "%s\t%d writers\t%s\n", o.name, n, enough(o, n))
		}
	}
	return w.Flush()
}

func machine(o work, shards int) Machine {
	return Machine{Cores: cores, Shards: shards, Hold: o.hold, Think: thinking, Transfer: line * o.lines, Spin: spinOld, Ask: asking, Wake: wake, Latency: latency}
}

func row(w io.Writer, name string, m Machine) {
	r := Simulate(m, seed, ops)
	fmt.Fprintf(w, "%s\t%d\t%.0f\t%.1f\t%.0f %%\t%.1f %%\t%.1f %%\t%.2f\n",
		name, m.Shards, m.Spin, r.PerSecond/1e6, 100*r.Ideal, 100*r.Contended, 100*r.Slept, r.Fairness)
}

// enough is the fewest shards at which n writers get nine tenths of what they would with locks that are never held. Moving
// the lines is no fault of the locks: so many shards are compared with as many as there can be.
func enough(o work, n int) string {
	rate := func(shards int) float64 {
		m := machine(o, shards)
		m.Cores = n
		return Simulate(m, seed, ops).PerSecond
	}
	m := machine(o, 1)
	m.Cores, m.Hold, m.Transfer = 1, o.hold+line*o.lines, 0
	free := Simulate(m, seed, ops).PerSecond * float64(n)
	for shards := 1; shards <= 1024; shards *= 2 {
		if rate(shards) >= 0.9*free {
			return fmt.Sprint(shards)
		}
	}
	return "more than 1024"
}

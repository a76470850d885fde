package cases

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/shmap-go/shmap/bench/internal/measure"
	"github.com/shmap-go/shmap/bench/internal/report"
	"github.com/shmap-go/shmap/bench/internal/worker"
)

// Entries of the stores that processes share.
const (
	sharedEntries = 25_000
	sharedKey     = 16 // bytes
	sharedValue   = 64
)

// operations are what the processes do.
func operations() []string { return []string{"read", "write", "half"} }

// storeDir makes a directory in memory for a store, with the file of entries.
func (s *Session) storeDir(name string) string {
	dir := filepath.Join(s.Dir, name)
	check(os.Mkdir(dir, 0o700))
	keys, values := make([]string, sharedEntries), make([]string, sharedEntries)
	for i := range keys {
		keys[i] = fmt.Sprintf("%0*x", sharedKey, uint64(spread(i)))
		values[i] = fmt.Sprintf("%0*x", sharedValue, i)
	}
	check(worker.WriteEntries(dir, keys, values))
	return dir
}

// turn is how long the processes work for one sample.
func (s *Session) turn() time.Duration { return pick(s, 30*time.Millisecond, 200*time.Millisecond) }

func (s *Session) turns() int { return pick(s, 5, 15) }

// team makes a Side of the first n workers of a team, at op.
func (s *Session) team(name string, t *worker.Team, op string, n int) measure.Side {
	return measure.Side{Name: name, Sample: func() (float64, error) {
		done, err := t.Run(op, n, s.turn())
		if err != nil {
			return 0, err
		}
		return worker.Cost(done), nil
	}}
}

// processes compares two processes at one store with one process, and with two processes at other stores.
func processes(s *Session) error {
	var names []string
	for _, op := range operations() {
		names = append(names, "procs/"+op+"/2")
	}
	type present struct {
		name string
		team *worker.Team
	}
	var teams []present
	for _, system := range worker.Systems() {
		s.progress("procs: starting %s", system.Name)
		t, err := worker.NewTeam(system, s.storeDir(system.Name), 2)
		if errors.Is(err, worker.ErrMissing) {
			for _, name := range names {
				s.emitMissing(name, system.Name, err.Error())
			}
			continue
		}
		check(err)
		defer t.Close()
		teams = append(teams, present{system.Name, t})
	}
	for i, op := range operations() {
		ours := teams[0].team
		sides := []measure.Side{s.team("shmap", ours, op, 2), s.team(oneProcess, ours, op, 1)}
		for _, peer := range teams[1:] {
			sides = append(sides, s.team(peer.name, peer.team, op, 2))
		}
		s.compareReps(names[i], s.turns(), sides...)
	}
	return nil
}

// alone compares one process with one that has a bbolt database open, which no two processes can at once.
func alone(s *Session) error {
	ours, err := worker.NewTeam(worker.Shmap(), s.storeDir("shmap-alone"), 1)
	check(err)
	defer ours.Close()
	bolt, err := worker.NewTeam(worker.Bolt(), s.storeDir("bolt"), 1)
	check(err)
	defer bolt.Close()
	for _, op := range operations() {
		s.compareReps("procs/"+op+"/1", s.turns(), s.team("shmap", ours, op, 1), s.team("bbolt", bolt, op, 1))
	}
	return nil
}

// hotCounter compares two processes that add to one counter with one process that does, and the slower of the two with
// the faster.
func hotCounter(s *Session) error {
	t, err := worker.NewTeam(worker.Shmap(), s.storeDir("shmap-hot"), 2)
	check(err)
	defer t.Close()
	s.compareReps("procs/hot/2", s.turns(), s.team("shmap", t, "hot", 2), s.team(oneProcess, t, "hot", 1))
	if !s.wants("procs/hot-slowest/2") {
		return nil
	}
	var ends extremes
	for range s.turns() {
		done, err := t.Run("hot", 2, s.turn())
		check(err)
		ends.add(done)
	}
	s.emitSamples("procs/hot-slowest/2", ends.slowest, fastest, ends.quickest)
	return nil
}

// scaling compares several processes with one, in more numbers than there are processors.
func scaling(s *Session) error {
	numbers := []int{1, 2, 4, 8}
	t, err := worker.NewTeam(worker.Shmap(), s.storeDir("shmap-many"), numbers[len(numbers)-1])
	check(err)
	defer t.Close()
	chart := report.Chart{
		File: "scaling", Title: "Processes at one map of 25K strings: operations a second of all together",
		XLabel: "processes", YLabel: "million a second", XLog: true,
	}
	fairness := report.Chart{
		File: "fairness", Title: "Processes at one map of 25K strings: what the slowest gets done, for each that the fastest does",
		XLabel: "processes", YLabel: "part", XLog: true,
	}
	for _, op := range append(operations(), "hot") {
		line, fair := report.Series{Name: op}, report.Series{Name: op}
		var sides []measure.Side
		ends := make([]extremes, len(numbers))
		for i, n := range numbers {
			sides = append(sides, s.uneven(fmt.Sprint(n), t, op, n, &ends[i]))
		}
		samples, err := measure.Interleave(sides, s.turns())
		check(err)
		for i, n := range numbers {
			line.X, line.Y = append(line.X, float64(n)), append(line.Y, 1e3/samples[i].Median())
			fair.X, fair.Y = append(fair.X, float64(n)), append(fair.Y, ends[i].quickest.Median()/ends[i].slowest.Median())
			if name := procsCase(op, n); n > 2 && s.wants(name) {
				s.emitSamples(name, samples[i], oneProcess, samples[0])
			}
			if name := procsCase(op+"-slowest", n); n > 2 && s.wants(name) {
				s.emitSamples(name, ends[i].slowest, fastest, ends[i].quickest)
			}
		}
		chart.Series, fairness.Series = append(chart.Series, line), append(fairness.Series, fair)
	}
	s.Charts = append(s.Charts, chart, fairness)
	return nil
}

func procsCase(op string, n int) string { return fmt.Sprintf("procs/%s/%d", op, n) }

// scalingCases are those that scaling reports: what all do together, and the slowest beside the fastest.
func scalingCases() (out []string) {
	for _, op := range append(operations(), "hot") {
		for _, n := range []int{4, 8} {
			out = append(out, procsCase(op, n), procsCase(op+"-slowest", n))
		}
	}
	return out
}

// extremes are the costs of the slowest and of the fastest of several processes, in each sample.
type extremes struct{ slowest, quickest measure.Samples }

func (e *extremes) add(all []worker.Done) {
	slow, quick := all[0].Cost(), all[0].Cost()
	for _, d := range all {
		slow, quick = max(slow, d.Cost()), min(quick, d.Cost())
	}
	e.slowest, e.quickest = append(e.slowest, slow), append(e.quickest, quick)
}

// uneven is team, which notes how unequal the workers were.
func (s *Session) uneven(name string, t *worker.Team, op string, n int, e *extremes) measure.Side {
	return measure.Side{Name: name, Sample: func() (float64, error) {
		done, err := t.Run(op, n, s.turn())
		if err != nil {
			return 0, err
		}
		e.add(done)
		return worker.Cost(done), nil
	}}
}

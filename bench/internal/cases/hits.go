package cases

import (
	"fmt"
	"slices"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/internal/report"
	"github.com/shmap-go/shmap/bench/policy"
)

// Caches are compared by their misses in percent, because less is better in every case. The hit ratio is 100 less that.

// points is how much more a cache may miss than otter in any one trace, in percent of the requests.
const points = 3

// lru is the policy that others are measured by.
const lru = "LRU"

// traceNames are the traces of the target, the made ones last.
func traceNames() []string {
	return []string{"loop", "multi2", "orm-busy", "sprite", "two-pools", "web12", "zipf", "scan"}
}

func missCase(trace string, percent float64) string {
	return fmt.Sprintf("misses-percent/%s/%v%%", trace, percent)
}

const meanMisses = "misses-percent/mean"

// missCases are the names of all cases of misses.
func missCases() []string {
	var out []string
	for _, name := range traceNames() {
		for _, percent := range policy.Percents {
			out = append(out, missCase(name, percent))
		}
	}
	return append(out, meanMisses)
}

// ours is the map itself, with a capacity and a policy and else as it is by default.
type ours struct {
	*shmap.Map[int32, int32]
}

// newOurs makes maps of a policy.
func newOurs(p shmap.Policy) policy.Maker {
	return func(_ *policy.Trace, capacity, _ int) policy.Cache {
		return ours{anonymous[int32, int32](shmap.Options{Capacity: uint64(capacity), Policy: p})}
	}
}

// Access implements policy.Cache.
func (c ours) Access(k int32) bool {
	_, ok := c.Load(k)
	if !ok {
		if err := c.Store(k, k); err != nil {
			panic(err) // not by check: this runs in goroutines of policy.Measure, where nobody would recover
		}
	}
	return ok
}

// misses compares the misses of all caches in all traces. Ours is the map with PolicyS3; with PolicyClock it is among the
// others.
func misses(s *Session) error {
	traces, err := s.traces()
	if err != nil {
		return err
	}
	s.progress("misses-percent: %d traces", len(traces))
	hits := map[string]policy.Grid{
		"shmap":   policy.Measure(traces, newOurs(shmap.PolicyS3), policy.Shards(1), 1),
		clockPeer: policy.Measure(traces, newOurs(shmap.PolicyClock), policy.Shards(1), 1),
		otterPeer: policy.Measure(traces, policy.Otter(), policy.Shards(1), pick(s, 1, 3)), // it draws lots
		lru:       policy.Measure(traces, policy.LRU(), policy.Shards(1), 1),
	}
	for i, t := range traces {
		for j, percent := range policy.Percents {
			if name := missCase(t.Name, percent); s.wants(name) {
				ours, theirs := 100-hits["shmap"][i][j], 100-hits[otterPeer][i][j]
				s.emit(report.Compared(name, ours, otterPeer, theirs, 1+points/theirs))
				s.emit(report.Compared(name, ours, clockPeer, 100-hits[clockPeer][i][j], 0))
				s.emit(report.Compared(name, ours, lru, 100-hits[lru][i][j], 0))
			}
		}
		s.Charts = append(s.Charts, hitChart(t.Name, i, hits))
	}
	s.emitMean(traces, 100-hits["shmap"].Mean(), 100-hits[otterPeer].Mean())
	s.progress("misses-percent: the mean of shmap with PolicyClock is %.2f", 100-hits[clockPeer].Mean())
	return nil
}

// emitMean reports the mean, if all traces are there, and else which are not.
func (s *Session) emitMean(traces []policy.Trace, ours, theirs float64) {
	absent := 0
	for _, name := range traceNames() {
		if slices.ContainsFunc(traces, func(t policy.Trace) bool { return t.Name == name }) {
			continue
		}
		absent++
		for _, percent := range policy.Percents {
			s.emitMissing(missCase(name, percent), otterPeer, "no such trace: give their directory with -traces")
		}
	}
	if absent > 0 {
		s.emitMissing(meanMisses, otterPeer, fmt.Sprintf("%d of %d traces are missing", absent, len(traceNames())))
		return
	}
	s.emitValues(meanMisses, ours, otterPeer, theirs)
}

func hitChart(name string, trace int, hits map[string]policy.Grid) report.Chart {
	c := report.Chart{
		File: "hits-" + name, Title: "Hit ratio: " + name, XLabel: "capacity, % of the keys", YLabel: "hits, %", XLog: true,
	}
	for _, cache := range []string{"shmap", clockPeer, otterPeer, lru} {
		c.Series = append(c.Series, report.Series{Name: cache, X: policy.Percents, Y: hits[cache][trace]})
	}
	return c
}

// traces returns the traces of the target that are there. A quick run takes the beginning of each.
func (s *Session) traces() ([]policy.Trace, error) {
	var all []policy.Trace
	if s.Traces == "" {
		s.progress("no traces were given (-traces): hit ratios for made ones alone")
	} else {
		s.progress("reading the traces in %s", s.Traces)
		read, err := policy.Load(s.Traces)
		if err != nil {
			return nil, err
		}
		all = read
	}
	all = append(all, policy.Synthetic()...)
	all = slices.DeleteFunc(all, func(t policy.Trace) bool { return !slices.Contains(traceNames(), t.Name) })
	if s.Quick {
		s.note = "with 100K requests in a quick run"
		for i := range all {
			all[i] = beginning(all[i], 100_000)
		}
	}
	return all, nil
}

// beginning is the trace of the first n requests. Keys are numbered in the order of their first use.
func beginning(t policy.Trace, n int) policy.Trace {
	n = min(n, len(t.Requests))
	t.Requests = t.Requests[:n]
	t.Keys = int(slices.Max(t.Requests)) + 1
	return t
}

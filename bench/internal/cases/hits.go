package cases

import (
	"fmt"
	"math"

	"github.com/maypok86/otter/v2"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/internal/report"
	"github.com/shmap-go/shmap/bench/internal/trace"
)

// Caches are compared by their misses in percent, because less is better in every case. The hit ratio is 100 less that.

// percents are the sizes of the caches, in percent of the keys of a trace.
func percents() []float64 { return []float64{0.5, 1, 5, 10, 25} }

// points is how much more a cache may miss than otter in any one trace, in percent of the requests.
const points = 3

// traceNames are the traces of the target, the made ones last.
func traceNames() []string {
	return []string{"loop", "multi2", "orm-busy", "sprite", "two-pools", "web12", "zipf", "zipf-scans"}
}

func missCase(trace string, percent float64) string {
	return fmt.Sprintf("misses-percent/%s/%v%%", trace, percent)
}

const meanMisses = "misses-percent/mean"

// missCases are the names of all cases of misses.
func missCases() []string {
	var out []string
	for _, name := range traceNames() {
		for _, percent := range percents() {
			out = append(out, missCase(name, percent))
		}
	}
	return append(out, meanMisses)
}

// oursCache is our map with a capacity.
type oursCache struct {
	*shmap.Map[int64, int64]
}

func (c oursCache) Get(k int64) bool {
	_, ok := c.Load(k)
	if !ok {
		check(c.Store(k, k))
	}
	return ok
}

// otterCache does its housekeeping at once, so that the result is the same each time.
type otterCache struct {
	*otter.Cache[int64, int64]
}

func newOtterCache(capacity int) otterCache {
	return otterCache{otter.Must(&otter.Options[int64, int64]{MaximumSize: capacity, Executor: func(do func()) { do() }})}
}

func (c otterCache) Get(k int64) bool {
	_, ok := c.GetIfPresent(k)
	if !ok {
		c.Set(k, k)
	}
	return ok
}

// misses compares the misses of all caches in all traces.
func misses(s *Session) error {
	traces := s.traces()
	var ours, theirs float64
	n := 0
	for _, name := range traceNames() {
		t, ok := traces[name]
		if !ok {
			for _, percent := range percents() {
				s.emitMissing(missCase(name, percent), otterPeer, "no such trace: give their directory with -traces")
			}
			continue
		}
		chart := report.Chart{
			File: "hits-" + name, Title: "Hit ratio: " + name, XLabel: "capacity, % of the keys", YLabel: "hits, %", XLog: true,
			Series: []report.Series{{Name: "shmap"}, {Name: otterPeer}, {Name: "LRU"}},
		}
		for _, percent := range percents() {
			values := missesOf(t, t.Capacity(percent))
			ours, theirs, n = ours+values[0], theirs+values[1], n+1
			for i, v := range values {
				chart.Series[i].X = append(chart.Series[i].X, percent)
				chart.Series[i].Y = append(chart.Series[i].Y, 100-v)
			}
			if name := missCase(name, percent); s.wants(name) {
				s.emit(report.Compared(name, values[0], otterPeer, values[1], 1+points/values[1]))
				s.emit(report.Compared(name, values[0], "LRU", values[2], 0))
			}
		}
		s.Charts = append(s.Charts, chart)
	}
	if len(traces) < len(traceNames()) {
		s.emitMissing(meanMisses, otterPeer, fmt.Sprintf("%d of %d traces are there", len(traces), len(traceNames())))
	} else {
		s.emitValues(meanMisses, ours/float64(n), otterPeer, theirs/float64(n), "")
	}
	return nil
}

// missesOf are those of shmap, otter, and LRU.
func missesOf(t trace.Trace, capacity int) [3]float64 {
	m := anonymous[int64, int64](shmap.Options{Capacity: uint64(capacity)})
	defer m.Close()
	o := newOtterCache(capacity)
	defer o.StopAllGoroutines()
	return [3]float64{t.Misses(oursCache{m}), t.Misses(o), t.Misses(trace.NewLRU(capacity))}
}

// traces returns those that are there and have a case that was asked for. A quick run takes the beginning of each.
func (s *Session) traces() map[string]trace.Trace {
	made := pick(s, 100_000, 1_000_000)
	all := []trace.Trace{trace.Zipf(made), trace.Scans(made)}
	if s.Traces != "" {
		s.progress("reading the traces in %s", s.Traces)
		read, err := trace.Load(s.Traces, pick(s, made, math.MaxInt))
		check(err)
		all = append(all, read...)
	} else {
		s.progress("no traces were given (-traces): hit ratios for made ones alone")
	}
	out := map[string]trace.Trace{}
	for _, t := range all {
		out[t.Name] = t
	}
	return out
}

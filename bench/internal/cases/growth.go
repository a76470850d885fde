package cases

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/internal/measure"
	"github.com/shmap-go/shmap/bench/internal/report"
)

// inserts compares filling an empty map, growth included. It returns the last map it filled.
func inserts(s *Session, name string, keys []int64, reps int) (m *shmap.Map[int64, int64]) {
	s.compareReps(name, reps,
		measure.Once("shmap", len(keys), func() (time.Duration, error) {
			if m != nil {
				check(m.Close())
			}
			start := time.Now()
			m = filled(keys)
			return time.Since(start), nil
		}),
		measure.Once(muMap, len(keys), func() (time.Duration, error) {
			start := time.Now()
			l := newLocked[int64, int64]()
			last := len(keys) - 1
			for i, k := range keys[:last] {
				l.store(k, keys[i+1])
			}
			l.store(keys[last], keys[0])
			return time.Since(start), nil
		}))
	return m
}

// insertsOf compares filling a map of n entries.
func insertsOf(n int) func(*Session) error {
	return func(s *Session) error {
		return inserts(s, "insert/"+human(n), integers(n), pick(s, 3, 9)).Close()
	}
}

// filled makes a map in which the value of each key is the next key.
func filled(keys []int64) *shmap.Map[int64, int64] {
	m := anonymous[int64, int64](shmap.Options{})
	last := len(keys) - 1
	for i, k := range keys[:last] {
		check(m.Store(k, keys[i+1]))
	}
	check(m.Store(keys[last], keys[0]))
	return m
}

// quantiles are the points of the picture of latencies.
func quantiles() []float64 { return []float64{50, 90, 99, 99.9, 99.99, 99.999, 99.9999, 100} }

// latencies times each store on its own while a map grows to hold keys.
func latencies(keys []int64, store func(k, v int64)) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	for i, k := range keys {
		start := time.Now()
		store(k, int64(i))
		check(h.RecordValue(max(1, int64(time.Since(start)))))
	}
	return h
}

// gaps times nothing again and again, for as long as the stores took: in more time the machine takes more away.
func gaps(long time.Duration) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	for began := time.Now(); ; {
		start := time.Now()
		check(h.RecordValue(max(1, int64(time.Since(start)))))
		if start.Sub(began) > long {
			return h
		}
	}
}

// growthLatency compares the longest store while growing, and one in ten thousand.
func growthLatency(s *Session, keys []int64, reps int) {
	const longest, typical = "longest-store/10M", "p99.99-store/10M"
	s.progress(longest)
	var ours, theirs, idle *hdrhistogram.Histogram
	var took time.Duration
	samples, err := measure.Interleave([]measure.Side{
		{Name: "shmap", Sample: func() (float64, error) {
			m := anonymous[int64, int64](shmap.Options{})
			start := time.Now()
			ours = latencies(keys, func(k, v int64) { check(m.Store(k, v)) })
			took = time.Since(start)
			return float64(ours.Max()), m.Close()
		}},
		{Name: muMap, Sample: func() (float64, error) {
			l := newLocked[int64, int64]()
			theirs = latencies(keys, l.store)
			return float64(theirs.Max()), nil
		}},
		{Name: noStore, Sample: func() (float64, error) { // what the machine takes away from a program that only looks at the clock
			idle = gaps(took)
			return float64(idle.Max()), nil
		}},
	}, reps)
	check(err)
	s.emitValues(longest, samples[0].Median(), muMap, samples[1].Median())
	s.emitValues(longest, samples[0].Median(), noStore, samples[2].Median())
	s.emitValues(typical, float64(ours.ValueAtQuantile(99.99)), muMap, float64(theirs.ValueAtQuantile(99.99)))
	s.Charts = append(s.Charts, latencyChart(human(len(keys)), ours, theirs, idle))
}

func latencyChart(size string, ours, theirs, idle *hdrhistogram.Histogram) report.Chart {
	c := report.Chart{
		File: "latency", Title: fmt.Sprintf("Stores while growing to %s entries: the slowest of how many", size),
		XLabel: "one store in", YLabel: "ns", XLog: true, YLog: true,
	}
	for _, side := range []struct {
		name string
		h    *hdrhistogram.Histogram
	}{{"shmap", ours}, {muMap, theirs}, {noStore, idle}} {
		line := report.Series{Name: side.name}
		for _, q := range quantiles() {
			one := 100 / max(100-q, 100/float64(side.h.TotalCount()))
			line.X = append(line.X, one)
			line.Y = append(line.Y, float64(side.h.ValueAtQuantile(q)))
		}
		c.Series = append(c.Series, line)
	}
	return c
}

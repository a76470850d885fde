package cases

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/internal/measure"
	"github.com/shmap-go/shmap/bench/internal/report"
)

// inserts compares filling an empty map, growth included.
func inserts(name string, keys []int64, reps int) func(*Session) error {
	return func(s *Session) error {
		s.compareReps(name, reps,
			measure.Once("shmap", len(keys), func() (time.Duration, error) {
				start := time.Now()
				m := filled(keys)
				took := time.Since(start)
				return took, m.Close()
			}),
			measure.Once(muMap, len(keys), func() (time.Duration, error) {
				start := time.Now()
				l := newLocked[int64, int64]()
				for i, k := range keys {
					l.store(k, keys[(i+1)%len(keys)])
				}
				return time.Since(start), nil
			}))
		return nil
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

// latencies times each store on its own while a map grows to hold keys; the value of each is the next key.
func latencies(keys []int64, store func(k, v int64)) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	for i, k := range keys {
		next := keys[(i+1)%len(keys)]
		start := time.Now()
		store(k, next)
		check(h.RecordValue(max(1, int64(time.Since(start)))))
	}
	return h
}

// growthLatency compares the longest store while growing, and one in ten thousand. It returns the last map it filled.
func growthLatency(s *Session, n int, keys []int64, reps int) (m *shmap.Map[int64, int64], err error) {
	size := human(n)
	name := "longest-store/" + size
	s.progress("%s", name)
	var ours, theirs *hdrhistogram.Histogram
	samples, err := measure.Interleave([]measure.Side{
		{Name: "shmap", Sample: func() (float64, error) {
			if m != nil {
				check(m.Close())
			}
			m = anonymous[int64, int64](shmap.Options{})
			ours = latencies(keys, func(k, v int64) { check(m.Store(k, v)) })
			return float64(ours.Max()), nil
		}},
		{Name: muMap, Sample: func() (float64, error) {
			l := newLocked[int64, int64]()
			theirs = latencies(keys, l.store)
			return float64(theirs.Max()), nil
		}},
	}, reps)
	if err != nil {
		return nil, err
	}
	if s.wants(name) {
		s.emitSamples(name, samples[0], muMap, samples[1])
	}
	s.emitValues("p99.99-store/"+size, float64(ours.ValueAtQuantile(99.99)), muMap, float64(theirs.ValueAtQuantile(99.99)))
	s.Charts = append(s.Charts, latencyChart(size, ours, theirs))
	return m, nil
}

func latencyChart(size string, ours, theirs *hdrhistogram.Histogram) report.Chart {
	c := report.Chart{
		File: "latency", Title: fmt.Sprintf("Stores while growing to %s entries: the slowest of how many", size),
		XLabel: "one store in", YLabel: "ns", XLog: true, YLog: true,
	}
	for _, side := range []struct {
		name string
		h    *hdrhistogram.Histogram
	}{{"shmap", ours}, {muMap, theirs}} {
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

// Package measure times the sides of a comparison against each other: in turns, so that whatever else the machine does
// meets all of them alike, and as medians, so that a disturbance is not taken for a result. It knows nothing of maps.
package measure

import (
	"runtime"
	"runtime/metrics"
	"slices"
	"time"
)

// A Side is one of the things that are compared. Sample does its work once and returns the cost, in whatever unit the
// comparison is in.
type Side struct {
	Name   string
	Sample func() (float64, error)
}

// Samples are the costs of one side.
type Samples []float64

// Interleave takes reps samples of each side, in turns. Each sample begins on a collected heap; each round begins with
// another side, so that none always follows the same one.
func Interleave(sides []Side, reps int) ([]Samples, error) {
	out := make([]Samples, len(sides))
	var heap collector
	for rep := range reps {
		for i := range sides {
			at := (rep + i) % len(sides)
			heap.collect()
			cost, err := sides[at].Sample()
			if err != nil {
				return nil, err
			}
			out[at] = append(out[at], cost)
		}
	}
	return out, nil
}

// A collector collects garbage, if there can be any: on a large heap that takes longer than most samples.
type collector struct{ seen uint64 }

// enough is how many bytes of new objects are worth a collection.
const enough = 256 << 10

func (c *collector) collect() {
	if now := allocated(); c.seen == 0 || now-c.seen > enough {
		runtime.GC()
		c.seen = allocated()
	}
}

// allocated is the number of bytes that the process has ever allocated.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// Loop makes a Side of a loop: run performs passes times ops operations, and a sample is the nanoseconds of one. How
// many passes make a sample of about the duration d is found out before the first one. Each sample begins with a pass
// that does not count, because the side before has filled the caches with its own data.
func Loop(name string, ops int, d time.Duration, run func(passes int)) Side {
	passes := 0
	timed := func(n int) time.Duration {
		start := time.Now()
		run(n)
		return time.Since(start)
	}
	return Side{Name: name, Sample: func() (float64, error) {
		if passes == 0 {
			passes = calibrate(d, timed)
		}
		run(1)
		return float64(timed(passes).Nanoseconds()) / float64(passes*ops), nil
	}}
}

// calibrate finds the number of passes that takes about d.
func calibrate(d time.Duration, timed func(int) time.Duration) int {
	n := 1
	for {
		took := timed(n)
		if took >= d/2 || n >= 1<<20 {
			return max(1, int(float64(n)*float64(d)/float64(took+1)))
		}
		n *= 2
	}
}

// Once makes a Side of one long piece of work of ops operations, which measures itself.
func Once(name string, ops int, run func() (time.Duration, error)) Side {
	return Side{Name: name, Sample: func() (float64, error) {
		d, err := run()
		return float64(d.Nanoseconds()) / float64(ops), err
	}}
}

// Median is the middle sample, or the mean of the two in the middle. There must be one.
func (s Samples) Median() float64 { return s.Quantile(0.5) }

// Quantile is the value below which the part q of the samples lies, interpolated between neighbours.
func (s Samples) Quantile(q float64) float64 {
	sorted := slices.Sorted(slices.Values(s))
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 == len(sorted) {
		return sorted[low]
	}
	part := at - float64(low)
	return sorted[low]*(1-part) + sorted[low+1]*part
}

// Spread is how far the samples lie apart: the distance between the quartiles as a part of the median.
func (s Samples) Spread() float64 {
	m := s.Median()
	if m == 0 {
		return 0
	}
	return (s.Quantile(0.75) - s.Quantile(0.25)) / m
}

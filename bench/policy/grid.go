package policy

import (
	"runtime"
	"sync"
)

// Grid is the hit ratios of a policy: for each trace, for each of Percents.
type Grid [][]float64

// Measure runs a policy on every trace with every capacity, runs times, and returns means. shards says how many shards a
// cache of a capacity has.
func Measure(traces []Trace, mk Maker, shards func(capacity int) int, runs int) Grid {
	g := make(Grid, len(traces))
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for i := range traces {
		g[i] = make([]float64, len(Percents))
		for j, percent := range Percents {
			free <- struct{}{}
			all.Go(func() {
				capacity := traces[i].Capacity(percent)
				for range runs {
					g[i][j] += HitRatio(&traces[i], mk, capacity, shards(capacity)) / float64(runs)
				}
				<-free
			})
		}
	}
	all.Wait()
	return g
}

// Mean is the mean of all cells.
func (g Grid) Mean() float64 {
	sum := 0.0
	for i := range g {
		sum += g.Trace(i)
	}
	return sum / float64(len(g))
}

// Trace is the mean of one trace.
func (g Grid) Trace(i int) float64 {
	sum := 0.0
	for _, v := range g[i] {
		sum += v
	}
	return sum / float64(len(g[i]))
}

// Worst is the cell that is farthest below another grid's.
func (g Grid) Worst(than Grid) (trace, percent int, diff float64) {
	diff = 101
	for i := range g {
		for j := range g[i] {
			if d := g[i][j] - than[i][j]; d < diff {
				trace, percent, diff = i, j, d
			}
		}
	}
	return trace, percent, diff
}

// Shards is a fixed number of shards.
func Shards(n int) func(int) int { return func(int) int { return n } }

// DefaultShards is how many shards a map has that is made without a wish (segment.PickShards).
func DefaultShards(capacity int) int {
	switch {
	case capacity > 64<<10:
		return 16
	case capacity > 4<<10:
		return 4
	}
	return 1
}

// Work counts what evictions did, if c is a policy that walks.
func Work(c Cache) (evictions, passed int) {
	sh, ok := c.(*sharded)
	if !ok {
		return 0, 0
	}
	for _, s := range sh.shards {
		switch p := s.(type) {
		case *s3clock:
			evictions, passed = evictions+p.evictions, passed+p.passed
		case *oneList:
			evictions, passed = evictions+p.evictions, passed+p.passed
		}
	}
	return evictions, passed
}

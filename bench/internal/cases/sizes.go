package cases

import (
	"fmt"
	"math"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/internal/measure"
	"github.com/shmap-go/shmap/bench/internal/report"
)

// Maps of 10^3 to 10^8 entries.
const smallest, largest = 3, 8

// builtInUpTo is the largest size of the built-in map, whose filling would take too long otherwise.
const builtInUpTo = 7

func sizeCase(e int) string { return fmt.Sprintf("size/get/1e%d", e) }

func sizeCases() []string {
	var out []string
	for e := smallest; e <= largest; e++ {
		out = append(out, sizeCase(e))
	}
	return out
}

// sizes compares hits in maps of growing size with a built-in map and with what memory takes.
func sizes(s *Session) error {
	lines := map[string]*report.Series{"shmap": {Name: "shmap"}, rwMap: {Name: rwMap}, chase: {Name: chase}}
	for e := smallest; e <= largest; e++ {
		name := sizeCase(e)
		switch {
		case !s.wants(name):
			continue
		case s.late() || s.Quick && e > 6:
			s.emitMissing(name, chase, "no time for it with -quick")
			continue
		}
		for _, r := range sizeTrial(s, e) {
			line := lines[r.name]
			line.X, line.Y = append(line.X, math.Pow10(e)), append(line.Y, r.median)
		}
	}
	s.Charts = append(s.Charts, report.Chart{
		File: "size", Title: "A hit among how many entries, int64 to int64", XLabel: "entries", YLabel: "ns", XLog: true, YLog: true,
		Series: []report.Series{*lines["shmap"], *lines[rwMap], *lines[chase]},
	})
	return nil
}

// sizeTrial measures one size.
func sizeTrial(s *Session, e int) []result {
	n := int(math.Pow10(e))
	s.progress("filling a map of 1e%d", e)
	m := anonymous[int64, int64](shmap.Options{})
	defer m.Close()
	for i := range n {
		check(m.Store(spread(i), int64(i)))
	}
	order := shuffled(integers(min(n, 1<<24))) // of the largest map a part
	sides := []measure.Side{over(s, "shmap", order, func(keys []int64) (sum int64) {
		for _, k := range keys {
			v, _ := m.Load(k)
			sum += v
		}
		return sum
	})}
	if e <= builtInUpTo {
		rw := newRW[int64, int64]()
		for i := range n {
			rw.store(spread(i), int64(i))
		}
		sides = append(sides, over(s, rwMap, order, func(keys []int64) (sum int64) {
			for _, k := range keys {
				v, _ := rw.load(k)
				sum += v
			}
			return sum
		}))
	}
	p := newPointerChase(fileBytes(m))
	defer p.close()
	sides = append(sides, over(s, chase, order, func(keys []int64) int64 { return p.steps(len(keys)) }))
	return s.compare(sizeCase(e), sides...)
}

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/shmap-go/shmap/bench/policy"
)

// book writes tables.
type book struct {
	io.Writer
	traces []policy.Trace
	otter  policy.Grid
}

func (b *book) row(cells ...string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }

// header writes a heading and the first rows of a table; the last n columns are figures.
func (b *book) header(title string, columns ...string) {
	fmt.Fprintf(b, "\n%s\n\n", title)
	b.row(columns...)
	b.row(append([]string{"---"}, strings.Split(strings.Repeat("--:,", len(columns)-2)+"--:", ",")...)...)
}

func (b *book) names() (out []string) {
	for _, t := range b.traces {
		out = append(out, t.Name)
	}
	return out
}

// cells shows every cell of the chosen policy.
func (b *book) cells() {
	g := policy.Measure(b.traces, policy.S3Chosen.Maker(), policy.DefaultShards, 1)
	b.header("### Hits in percent of the requests, and the difference to otter: "+policy.Chosen+", shards as a map chooses them",
		append([]string{"capacity, % of the keys"}, b.names()...)...)
	for j, percent := range policy.Percents {
		row := []string{fmt.Sprint(percent)}
		for i := range b.traces {
			row = append(row, fmt.Sprintf("%.1f (%+.1f)", g[i][j], g[i][j]-b.otter[i][j]))
		}
		b.row(row...)
	}
	i, j, worst := g.Worst(b.otter)
	fmt.Fprintf(b, "\nMean %.2f, otter %.2f; worst %+.2f (%s, %g %%).\n", g.Mean(), b.otter.Mean(), worst, b.traces[i].Name,
		policy.Percents[j])
}

// table compares policies.
func (b *book) table(title string, ps []policy.Named) {
	b.header(title, append([]string{"policy", "mean", "to otter", "worst to otter"}, b.names()...)...)
	for _, p := range ps {
		g := b.otter
		if p.Name != "otter" {
			g = policy.Measure(b.traces, p.Make, policy.Shards(1), 1)
		}
		b.line(p.Name, g)
	}
}

func (b *book) line(name string, g policy.Grid) {
	i, j, worst := g.Worst(b.otter)
	row := []string{name, fmt.Sprintf("%.2f", g.Mean()), fmt.Sprintf("%+.2f", g.Mean()-b.otter.Mean()),
		fmt.Sprintf("%+.1f %s %g %%", worst, b.traces[i].Name, policy.Percents[j])}
	for i := range b.traces {
		row = append(row, fmt.Sprintf("%.1f", g.Trace(i)))
	}
	b.row(row...)
}

// shards shows what shards cost.
func (b *book) shards() {
	b.header("### Shards", append([]string{"policy, shards", "mean", "to otter", "worst to otter"}, b.names()...)...)
	for _, p := range []policy.Named{{Name: policy.Chosen, Make: policy.S3Chosen.Maker()}, {Name: "clock", Make: policy.Clock(1)}} {
		for _, n := range []int{1, 4, 16} {
			b.line(fmt.Sprintf("%s, %d", p.Name, n), policy.Measure(b.traces, p.Make, policy.Shards(n), 1))
		}
		b.line(p.Name+", as a map chooses", policy.Measure(b.traces, p.Make, policy.DefaultShards, 1))
	}
}

// seeds shows what chance does: the same requests under other hashes, with the buckets of each geometry.
func (b *book) seeds() {
	b.header("### Other hash seeds, shards as a map chooses them", append([]string{"slots, load, seed", "mean", "to otter", "worst to otter"}, b.names()...)...)
	for _, geometry := range [][2]int{{7, 64}, {6, 70}, {7, 76}} {
		for seed := range uint64(3) {
			var renamed []policy.Trace
			for i := range b.traces {
				renamed = append(renamed, b.traces[i].Renamed(seed))
			}
			o := policy.S3Chosen
			o.Geometry = geometry
			b.line(fmt.Sprintf("%d, %d %%, %d", geometry[0], geometry[1], seed), policy.Measure(renamed, o.Maker(), policy.DefaultShards, 1))
		}
	}
}

// work shows how many entries an eviction passes by.
func (b *book) work() {
	b.header("### Entries that an eviction passes by, mean", append([]string{"policy, capacity"}, b.names()...)...)
	for _, p := range []policy.Named{{Name: policy.Chosen, Make: policy.S3Chosen.Maker()}, {Name: "clock", Make: policy.Clock(1)}} {
		for _, percent := range []float64{1, 10, 25} {
			row := []string{fmt.Sprintf("%s, %g %%", p.Name, percent)}
			for i := range b.traces {
				t := &b.traces[i]
				var c policy.Cache
				policy.HitRatio(t, func(t *policy.Trace, capacity, shards int) policy.Cache {
					c = p.Make(t, capacity, shards)
					return c
				}, t.Capacity(percent), 1)
				evictions, passed := policy.Work(c)
				row = append(row, fmt.Sprintf("%.2f", float64(passed)/float64(max(1, evictions))))
			}
			b.row(row...)
		}
	}
}

// further shows generated traces that no target names.
func (b *book) further(runs int) {
	f := book{Writer: b, traces: policy.Further()}
	f.otter = policy.Measure(f.traces, policy.Otter(), policy.Shards(1), runs)
	f.header("### Further generated traces", append([]string{"policy", "mean", "to otter", "worst to otter"}, f.names()...)...)
	f.line("otter", f.otter)
	f.line(policy.Chosen, policy.Measure(f.traces, policy.S3Chosen.Maker(), policy.Shards(1), 1))
	f.line("clock", policy.Measure(f.traces, policy.Clock(1), policy.Shards(1), 1))
	f.line("LRU", policy.Measure(f.traces, policy.LRU(), policy.Shards(1), 1))
}

package policy

import "fmt"

// Chosen is the name of the policy that won.
const Chosen = "s3 (chosen)"

// Compared are the policies of the first table.
func Compared() []Named {
	return []Named{
		{"otter", Otter()},
		{"OPT", OPT()},
		{Chosen, S3Chosen.Maker()},
		{"clock", Clock(1)},
		{"clock, counting to 3", Clock(3)},
		{"LRU", LRU()},
		{"FIFO", Clock(0)},
		{"SIEVE", Sieve()},
		{"2Q", TwoQ()},
		{"ARC", ARC(false)},
		{"CAR", ARC(true)},
		{"LIRS", LIRS()},
		{"S3-FIFO as published", S3Clock{Small: 0.1, Laps: 3, Exact: 0.9, NoFill: true, PerHit: true}.Maker()},
		{"TinyLFU, window 1 %", TinyLFU{Window: 0.01, Bytes: 8}.Maker()},
		{"TinyLFU, window 10 %", TinyLFU{Window: 0.1, Bytes: 8, Graduate: true}.Maker()},
		{"TinyLFU, 10 %, 2-byte sketch", TinyLFU{Window: 0.1, Bytes: 2, Graduate: true}.Maker()},
		{"TinyLFU, climbing", TinyLFU{Window: 0.1, Bytes: 8, Graduate: true, Climb: true}.Maker()},
		{"TinyLFU, 1 %, told every hit", TinyLFU{Window: 0.01, Bytes: 8, PerHit: true}.Maker()},
	}
}

// Variants are the chosen policy with one property changed.
func Variants() []Named {
	out := []Named{{Chosen, S3Chosen.Maker()}}
	add := func(name string, change func(*S3Clock)) {
		o := S3Chosen
		change(&o)
		out = append(out, Named{name, o.Maker()})
	}
	for _, share := range []float64{0.01, 0.03, 0.08, 0.1, 0.2} {
		add(fmt.Sprintf("small %g %%", 100*share), func(o *S3Clock) { o.Small = share })
	}
	for _, laps := range []int8{0, 1, 7} {
		add(fmt.Sprintf("laps counted to %d", laps), func(o *S3Clock) { o.Laps = laps })
	}
	add("steps without bound", func(o *S3Clock) { o.Steps = 0 })
	for _, steps := range []int{8, 16, 32} {
		add(fmt.Sprintf("at most %d steps", steps), func(o *S3Clock) { o.Steps = steps })
	}
	for _, lanes := range [][2]int{{4, 16}, {5, 12}, {7, 9}, {8, 8}} {
		add(fmt.Sprintf("%d ghosts of %d bits", lanes[0], lanes[1]), func(o *S3Clock) { o.Lanes, o.Width = lanes[0], uint(lanes[1]) })
	}
	add("ghosts in main buckets alone", func(o *S3Clock) { o.MainOnly = true })
	for _, n := range []float64{1, 1.5, 2, 3} {
		add(fmt.Sprintf("exact ghosts, %g x capacity", n), func(o *S3Clock) { o.Exact = n })
	}
	add("buckets of 8-byte slots", func(o *S3Clock) { o.Geometry = [2]int{6, 70} })
	add("buckets of 4-byte slots", func(o *S3Clock) { o.Geometry = [2]int{7, 76} })
	add("main as SIEVE", func(o *S3Clock) { o.Sieve = true })
	add("main's victims leave ghosts too", func(o *S3Clock) { o.MainDies = true })
	add("readers count hits to 3", func(o *S3Clock) { o.PerHit = true })
	add("small grows while there is room", func(o *S3Clock) { o.NoFill = true })
	return out
}

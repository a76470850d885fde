package explore

import "math/bits"

// A path is the choices made in one execution. Executions that follow the same path make the same choices, so replaying a
// path with its last choice changed is how the search goes back.
type path struct {
	choices []choice
	at      int // choices of this execution so far
}

type choice struct{ picked, of int }

// choose picks one of n: what an earlier execution was told to pick here, else the first.
func (p *path) choose(n int) int {
	if p.at == len(p.choices) {
		p.choices = append(p.choices, choice{0, n})
	}
	c := p.choices[p.at]
	if c.of != n {
		panic("explore: an execution went another way than before: it depends on something that is not chosen")
	}
	p.at++
	return c.picked
}

// fresh reports whether the choice made last was made for the first time.
func (p *path) fresh() bool { return p.at == len(p.choices) }

// next turns to the next execution in depth-first order; false if there is none.
func (p *path) next() bool {
	p.choices = p.choices[:p.at] // what was chosen behind the point where the execution ended is of an earlier one
	for n := len(p.choices); n > 0; n-- {
		if c := &p.choices[n-1]; c.picked+1 < c.of {
			c.picked++
			p.choices, p.at = p.choices[:n], 0
			return true
		}
	}
	return false
}

// Mix adds w to a hash of what has happened.
func Mix(h, w uint64) uint64 {
	hi, lo := bits.Mul64(h^0x9e3779b97f4a7c15, w^0xd6e8feb86659fd93)
	return bits.RotateLeft64(h, 29) + hi ^ lo
}

// Count says how much was explored.
type Count struct {
	Executions int // runs, each along another path
	Pruned     int // of them, those that ended where another one had been
	States     int // different states at choices
	GaveUp     int // executions in which a reader ended without an answer
	Longest    int // most steps of one execution
}

// Add adds another count.
func (c *Count) Add(d Count) {
	c.Executions += d.Executions
	c.Pruned += d.Pruned
	c.States += d.States
	c.GaveUp += d.GaveUp
	c.Longest = max(c.Longest, d.Longest)
}

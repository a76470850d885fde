package main

import (
	"math"
	"testing"
)

// TestAgainstTheory: of closed queueing networks theory knows the throughput. N customers without time to think, at S
// queues that are all alike and take exponential times of mean H: S/H * N/(N+S-1). (J. P. Buzen, "Computational algorithms
// for closed queueing networks with exponential servers", 1973.)
func TestAgainstTheory(t *testing.T) {
	for _, m := range []Machine{{Cores: 2, Shards: 1}, {Cores: 2, Shards: 2}, {Cores: 8, Shards: 16}, {Cores: 64, Shards: 16}, {Cores: 64, Shards: 1024}} {
		m.Hold, m.Exponential, m.Spin = 100, true, math.Inf(1)
		got := Simulate(m, seed, 400_000).PerSecond
		n, s := float64(m.Cores), float64(m.Shards)
		want := s / m.Hold * 1e9 * n / (n + s - 1)
		if math.Abs(got/want-1) > 0.02 {
			t.Errorf("%d cores, %d shards: %.0f a second, theory says %.0f (seed %d)", m.Cores, m.Shards, got, want, seed)
		}
	}
}

// TestAlone: a core that is alone never waits.
func TestAlone(t *testing.T) {
	r := Simulate(Machine{Cores: 1, Shards: 4, Hold: 100, Think: 300, Transfer: 1000}, seed, 100_000)
	if r.Contended+r.Slept != 0 || math.Abs(r.PerSecond/2.5e6-1) > 0.01 || r.Fairness != 1 {
		t.Errorf("%+v", r)
	}
}

// TestSleepers: whoever does not spin sleeps; everybody gets the lock in the end, though those that are awake are faster.
func TestSleepers(t *testing.T) {
	m := Machine{Cores: 8, Shards: 1, Hold: 200, Think: 100, Wake: 1000, Latency: 20_000}
	r := Simulate(m, seed, 400_000)
	if r.Slept == 0 || r.Slept != r.Contended || r.Fairness < 0.5 {
		t.Errorf("%+v", r)
	}
	m.Spin = 10_000
	if s := Simulate(m, seed, 400_000); s.Slept >= r.Slept/2 || s.PerSecond <= r.PerSecond {
		t.Errorf("with spinning %+v, without %+v", s, r)
	}
}

// TestSkew: shards that are asked for more often are in the way more often.
func TestSkew(t *testing.T) {
	m := Machine{Cores: 32, Shards: 64, Hold: 200, Spin: math.Inf(1)}
	even := Simulate(m, seed, 200_000)
	m.Zipf = 0.99
	if skewed := Simulate(m, seed, 200_000); skewed.PerSecond > even.PerSecond/2 {
		t.Errorf("even %+v, skewed %+v", even, skewed)
	}
}

package measure

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		samples Samples
		q, want float64
	}{
		{Samples{7}, 0.5, 7},
		{Samples{3, 1, 2}, 0.5, 2},
		{Samples{4, 1, 3, 2}, 0.5, 2.5},
		{Samples{1, 2, 3, 4, 5}, 0.25, 2},
		{Samples{1, 2, 3, 4, 5}, 1, 5},
		{Samples{1, 2, 3, 4, 5}, 0, 1},
		{Samples{10, 20}, 0.75, 17.5},
	} {
		if got := c.samples.Quantile(c.q); got != c.want {
			t.Errorf("quantile %v of %v is %v, want %v", c.q, c.samples, got, c.want)
		}
	}
}

func TestMedianLeavesTheSamplesInOrder(t *testing.T) {
	s := Samples{3, 1, 2}
	s.Median()
	if !slices.Equal(s, Samples{3, 1, 2}) {
		t.Errorf("the samples are now %v", s)
	}
}

func TestSpread(t *testing.T) {
	if got := (Samples{1, 2, 3, 4, 5}).Spread(); math.Abs(got-2./3) > 1e-12 {
		t.Errorf("spread %v, want (4-2)/3", got)
	}
	if got := (Samples{0, 0}).Spread(); got != 0 {
		t.Errorf("spread of nothing is %v", got)
	}
}

// TestInterleave: the sides take turns, and each round begins with the next one.
func TestInterleave(t *testing.T) {
	order := ""
	side := func(name string, cost float64) Side {
		return Side{Name: name, Sample: func() (float64, error) {
			order += name
			return cost, nil
		}}
	}
	got, err := Interleave([]Side{side("a", 1), side("b", 2), side("c", 3)}, 4)
	if err != nil {
		t.Fatal(err)
	}
	if order != "abcbcacababc" {
		t.Errorf("order %s", order)
	}
	for i, s := range got {
		if !slices.Equal(s, Samples(slices.Repeat([]float64{float64(i + 1)}, 4))) {
			t.Errorf("samples of side %d are %v", i, s)
		}
	}
}

func TestInterleaveEndsAtAnError(t *testing.T) {
	broken := errors.New("broken")
	_, err := Interleave([]Side{{Name: "a", Sample: func() (float64, error) { return 0, broken }}}, 3)
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// TestCalibrate: with a clock that says that a pass takes a microsecond, a sample of a millisecond is 1,000 passes.
func TestCalibrate(t *testing.T) {
	perPass := time.Microsecond
	timed := func(n int) time.Duration { return time.Duration(n) * perPass }
	if got := calibrate(time.Millisecond, timed); got < 990 || got > 1000 {
		t.Errorf("%d passes, want 1000", got)
	}
	perPass = time.Second
	if got := calibrate(time.Millisecond, timed); got != 1 {
		t.Errorf("%d passes where one is longer than a sample, want 1", got)
	}
}

// TestLoopWarmsUp: each sample is one pass more than what is timed, and counts ops operations a pass.
func TestLoopWarmsUp(t *testing.T) {
	var runs []int
	side := Loop("a", 10, 0, func(passes int) { runs = append(runs, passes) })
	for range 2 {
		if _, err := side.Sample(); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(runs, []int{1, 1, 1, 1, 1}) {
		t.Errorf("passes %v: want the calibration, then twice one to warm up and one to be timed", runs)
	}
}

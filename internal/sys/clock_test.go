package sys

import "testing"

// TestMillis: the millisecond told without asking the clock is the one that the clock would tell.
func TestMillis(t *testing.T) {
	c := NewBootClock()
	kept := 0
	for kept < 1_000_000 {
		before := uint64(c.Nanos() / 1e6)
		seq := c.seq.Load()
		got := c.Millis()
		after := uint64(c.Nanos() / 1e6)
		if got < before || got > after {
			t.Fatalf("millisecond %d, between %d and %d by the clock", got, before, after)
		}
		if c.seq.Load() == seq && seq > 0 {
			kept++
		}
	}
	t.Logf("%d readings of the clock served %d questions", c.seq.Load()/2, kept)
}

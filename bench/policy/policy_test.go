package policy

import "testing"

// short is a trace with a loop, scans and favourites, quick to run.
func short() Trace {
	z := newZipf(2_000, 0.99, 7)
	var keys []int
	for i := range 20_000 {
		switch {
		case i%1_000 < 300:
			keys = append(keys, 2_000+i%700)
		case i%1_000 < 400:
			keys = append(keys, 10_000+i)
		default:
			keys = append(keys, z.next())
		}
	}
	return trace("short", keys)
}

func TestNobodyBeatsTheFuture(t *testing.T) {
	tr := short()
	for _, capacity := range []int{1, 3, 100} {
		best := HitRatio(&tr, OPT(), capacity, 1)
		for _, p := range append(Compared(), Variants()...) {
			for _, shards := range []int{1, 16} {
				if got := HitRatio(&tr, p.Make, capacity, shards); got > best {
					t.Errorf("%s, capacity %d, %d shards: %.2f %% hits, the optimum has %.2f", p.Name, capacity, shards, got, best)
				}
			}
		}
	}
}

func TestRecencyByHand(t *testing.T) {
	tr := trace("by hand", []int{1, 2, 1, 3, 2, 1, 3})
	for _, c := range []struct {
		name string
		mk   Maker
		hits float64
	}{
		{"LRU", LRU(), 1},     // 1; then 3 takes 2's place, 2 takes 1's, 1 takes 3's, 3 takes 2's
		{"FIFO", Clock(0), 3}, // 1; 3 takes 1's place; 2; 1 takes 2's; 3
		{"OPT", OPT(), 3},
	} {
		if got := HitRatio(&tr, c.mk, 2, 1) * 7 / 100; got < c.hits-0.01 || got > c.hits+0.01 {
			t.Errorf("%s: %.2f hits, expected %.0f", c.name, got, c.hits)
		}
	}
}

// TestLimit walks the lists of the chosen policy and counts.
func TestLimit(t *testing.T) {
	tr := short()
	for _, capacity := range []int{1, 2, 7, 100} {
		for _, shards := range []int{1, 4} {
			c := S3Chosen.Maker()(&tr, capacity, shards).(*sharded)
			for _, k := range tr.Requests[:5_000] {
				c.Access(k)
				n := 0
				for _, s := range c.shards {
					s := s.(*s3clock)
					n += s.size()
					if s.table.count != s.size() {
						t.Fatalf("%d entries in the table, %d in the lists", s.table.count, s.size())
					}
				}
				if n > capacity || n != c.n {
					t.Fatalf("%d entries, counted %d, capacity %d", n, c.n, capacity)
				}
			}
		}
	}
}

func TestScansLeaveFavourites(t *testing.T) {
	tr := short()
	if s3, clock := HitRatio(&tr, S3Chosen.Maker(), 300, 1), HitRatio(&tr, Clock(1), 300, 1); s3 < clock+3 {
		t.Errorf("s3 %.2f %% hits, clock %.2f: expected 3 points more", s3, clock)
	}
}

package maptest

import (
	"fmt"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// TestP01OverwritesInCaches: a death at any store of an overwrite in a cache, of the entry at each place of lists of one to four, with
// deadlines and without.
func TestP01OverwritesInCaches(t *testing.T) {
	t.Parallel()
	points := 0
	for _, kinds := range [][2]layout.Kind{{layout.Int64, layout.Int64}, {layout.String, layout.String}, {layout.Int16, layout.Int16}} {
		for _, policy := range []layout.Policy{layout.PolicyClock, layout.PolicyS3} {
			for _, ttl := range []uint64{0, 1, 60_000} { // none, none by default, by default
				for _, hash := range []layout.Hash{layout.HashStrong, layout.HashFourBit} {
					if hash != layout.HashStrong && kinds[0] != layout.Int64 {
						continue // as for integers
					}
					spec := Spec{Key: kinds[0], Value: kinds[1], Policy: policy, Capacity: 12, Seed: 7, HasTTL: ttl > 0, Hash: hash}
					if ttl > 1 {
						spec.TTL = ttl
					}
					points += overwriteEach(t, spec)
				}
			}
		}
	}
	if points < 5000 {
		t.Errorf("%d crash points", points)
	}
	t.Logf("%d crash points", points)
}

func overwriteEach(t *testing.T, spec Spec) (points int) {
	t.Helper()
	k := maker{spec: spec}
	for n := 1; n <= 4; n++ {
		for at := range n {
			var setup []Step
			for i := range n {
				s := k.store(4*i, 2*i+1)
				if spec.HasTTL {
					s.Op.Mode, s.Op.TTL = dict.TTLExplicit, 5*time.Second
				}
				setup = append(setup, s)
			}
			if at%2 == 1 {
				setup = append(setup, Step{Kind: Load, Op: dict.Op{Key: k.key(4 * at)}, Flags: dict.ReadVisit})
			}
			c := crasher{sc: &scenario{fmt.Sprint(n, at), spec, setup, k.store(4*at, 51)}}
			if err := c.run(); err != nil {
				t.Errorf("%v, entry %d of %d: %v", spec, at, n, err)
			}
			points += c.points
		}
	}
	return points
}

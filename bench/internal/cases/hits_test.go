package cases

import (
	"testing"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/policy"
)

// TestMapsHitAsSimulated: the map with PolicyS3 hits as often as the simulation by which the policy was chosen. Only the hash is
// another, and with it who meets whom in a bucket.
func TestMapsHitAsSimulated(t *testing.T) {
	for _, trace := range []policy.Trace{policy.Scans(), policy.Drift()} {
		trace = beginning(trace, 100_000)
		for _, capacity := range []int{50, 500, 4000} {
			real := policy.HitRatio(&trace, newOurs(shmap.PolicyS3), capacity, 1)
			simulated := policy.HitRatio(&trace, policy.S3Chosen.Maker(), capacity, 1)
			t.Logf("%s, %d entries: %.2f %%, simulated %.2f %%", trace.Name, capacity, real, simulated)
			if d := real - simulated; d < -0.7 || d > 0.7 {
				t.Errorf("%s, %d entries: %.2f %%, simulated %.2f %%", trace.Name, capacity, real, simulated)
			}
		}
	}
}

package maptest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// TestP11Bytes mixes sizes in maps with a limit of bytes: the limit holds after every operation; with a policy every store
// succeeds; and what is there is right.
func TestP11Bytes(t *testing.T) {
	for _, policy := range []layout.Policy{layout.PolicyNone, layout.PolicyClock, layout.PolicyS3} {
		for _, lgShards := range []uint{0, 2} {
			for _, kinds := range [][2]layout.Kind{{layout.Int64, layout.String}, {layout.String, layout.String}} {
				spec := Spec{Key: kinds[0], Value: kinds[1], Policy: policy, LgShards: lgShards, MaxBytes: 3 << 20, Seed: seed(t)}
				t.Run(fmt.Sprint(spec), func(t *testing.T) {
					m, err := Open(filepath.Join(t.TempDir(), "map"), spec, nil)
					limited(t, Keep(t, m, err), spec)
				})
			}
		}
	}
}

func limited(t *testing.T, m *dict.Map, spec Spec) {
	r := rand.New(rand.NewPCG(seed(t), 11))
	steps := 1500
	if long() {
		steps = 50_000
	}
	last := map[dict.Datum]string{}
	for i := range steps {
		key := KeyOf(spec.Key, r.IntN(700))
		if r.IntN(5) == 0 {
			op := dict.Op{Code: dict.OpDelete, Key: key}
			if err := m.Do(&op); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			delete(last, key)
			continue
		}
		size := 1 + r.IntN(1<<(1+r.IntN(17)))
		op := dict.Op{Key: key, Val: dict.Datum{S: telling(i&15, size, uint64(i))}}
		switch err := m.Do(&op); {
		case err == nil:
			last[key] = op.Val.S
		case !errors.Is(err, fault.ErrFull) || spec.Policy != layout.PolicyNone:
			st, serr := m.Stats(false)
			t.Fatalf("step %d, %d bytes: %v\nbuckets %d blobs %d file %d entries %d %v", i, size, err,
				st.BucketBytes, st.BlobBytes, st.FileBytes, st.Entries, serr)
		}
		if st, err := m.Stats(false); st.FileBytes > spec.MaxBytes || err != nil {
			t.Fatalf("step %d, %d bytes: the file holds %d bytes, the limit is %d: %v", i, size, st.FileBytes, spec.MaxBytes, err)
		}
		verifyKey(t, m, KeyOf(spec.Key, r.IntN(700)), last, spec.Policy != layout.PolicyNone)
	}
	record.Count(t, "P11", "operations, each followed by a look at the limits", steps)
	for key := range last {
		verifyKey(t, m, key, last, spec.Policy != layout.PolicyNone)
	}
}

// verifyKey reads a key: it has its last value, or with evict none.
func verifyKey(t *testing.T, m *dict.Map, key dict.Datum, last map[dict.Datum]string, evict bool) {
	t.Helper()
	l, err := m.Load(key, nil, dict.ReadVisit)
	want, ok := last[key]
	if err != nil || l.Found && (!ok || string(l.B) != want) || !l.Found && ok && !evict {
		t.Fatalf("%s: found %v, %d bytes, want %v, %d bytes: %v", Show(key), l.Found, len(l.B), ok, len(want), err)
	}
}

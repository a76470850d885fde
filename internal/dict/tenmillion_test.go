package dict

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
)

// TestTenMillion: no store does more to the table than split one bucket, a map of int64 takes at most 30 bytes of file an
// entry, and after deleting nine of ten entries the file holds at most 0.35 of what it held. Times are logged, not judged.
func TestTenMillion(t *testing.T) {
	const n = 10_000_000
	m, err := Open(filepath.Join(roomyDir(t), "map"), Options{Key: layout.Int64, Value: layout.Int64})
	if err != nil {
		t.Fatal(err)
	}
	var longest time.Duration
	for i := range uint64(n) {
		op := Op{Key: Datum{W: i}, Val: Datum{W: i * 3}}
		s := m.shard(op.Prepare(m.seg.Env.Config))
		before, start := s.Buckets(), time.Now()
		if err := m.Do(&op); err != nil {
			t.Fatalf("store %d: %v", i, err)
		}
		longest = max(longest, time.Since(start))
		if after := s.Buckets(); after > before+1 {
			t.Fatalf("store %d took the table from %d to %d buckets", i, before, after)
		}
	}
	peak := fileBytes(t, m)
	t.Logf("%.2f bytes an entry; longest store %v", float64(peak)/n, longest)
	if peak > 30*n {
		t.Errorf("%d bytes for %d entries: more than 30 each", peak, n)
	}
	for i := range uint64(n) {
		if i%10 == 0 {
			continue
		}
		if op := (Op{Code: OpDelete, Key: Datum{W: i}}); m.Do(&op) != nil || !op.Found {
			t.Fatalf("entry %d is lost", i)
		}
	}
	left := fileBytes(t, m)
	t.Logf("%.3f of the peak after deleting 90 %%", float64(left)/float64(peak))
	if float64(left) > 0.35*float64(peak) {
		t.Errorf("%d of %d bytes are left after deleting 90 %%", left, peak)
	}
	for i := uint64(0); i < n; i += 10 {
		if w, ok, err := m.LoadWord(i); !ok || w != i*3 || err != nil {
			t.Fatalf("entry %d is %d, %v, %v", i, w, ok, err)
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// roomyDir is a directory in memory where there is one.
func roomyDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "shmap-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func fileBytes(t *testing.T, m *Map) uint64 {
	t.Helper()
	st, err := m.Stats(false)
	if err != nil {
		t.Fatal(err)
	}
	return st.FileBytes
}

package digest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/shmap-go/shmap/internal/cli/digest"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

func ignore(int64) {}

// frozen makes a frozen map with a checksum.
func frozen(t *testing.T, shards int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "map")
	m, err := dict.Open(path, dict.Options{Key: layout.String, Value: layout.String, Shards: shards, EnableTTL: true, Capacity: 5000})
	must(t, err)
	for i := range 1000 {
		must(t, m.StoreDatum(dict.Datum{S: fmt.Sprint("key", i)}, dict.Datum{S: fmt.Sprint("a value that is no short one ", i)}))
	}
	must(t, m.Freeze())
	must(t, digest.Write(m, m.Segment().Env.Config, ignore))
	must(t, m.Close())
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, path string) (*digest.Page, error) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	return digest.Verify(f, ignore)
}

// Attaching and closing, reading and copying leave the checksum right.
func TestChecksumHolds(t *testing.T) {
	path := frozen(t, 4)
	for round := range 3 {
		p, err := verify(t, path)
		if err != nil || p.Entries != 1000 || p.Origin.Capacity != 5000 || !p.Origin.HasTTL {
			t.Fatalf("round %d: %+v, %v", round, p, err)
		}
		for _, readOnly := range []bool{false, true} {
			m, err := dict.Open(path, dict.Options{ReadOnly: readOnly})
			must(t, err)
			if b, _, ok, err := m.LoadDatum(dict.Datum{S: "key7"}, nil); !ok || err != nil || string(b) != "a value that is no short one 7" {
				t.Fatalf("%q, %v, %v", b, ok, err)
			}
			if problems, err := m.Check(); err != nil || len(problems) > 0 {
				t.Fatalf("check: %q, %v", problems, err)
			}
			must(t, m.Close())
		}
		bytes, err := os.ReadFile(path)
		must(t, err)
		path = filepath.Join(t.TempDir(), "copy")
		must(t, os.WriteFile(path, bytes, 0o600))
	}
}

// A flipped bit anywhere is noticed, but in what may change: the mutable header, participants, locks, statistics, and the
// pages that nobody reads.
func TestChecksumNoticesDamage(t *testing.T) {
	path := frozen(t, 2)
	p, err := verify(t, path)
	must(t, err)
	whole, err := os.ReadFile(path)
	must(t, err)
	damaged := filepath.Join(t.TempDir(), "damaged")
	noticed := func(off uint64) bool {
		b := append([]byte(nil), whole...)
		b[off] ^= 1 << (off % 8)
		must(t, os.WriteFile(damaged, b, 0o600))
		_, err := verify(t, damaged)
		return err != nil
	}
	for off := uint64(0); off < 8*(layout.HdrSum+1); off++ {
		if !noticed(off) {
			t.Errorf("header: a flipped bit at %#x is not noticed", off)
		}
	}
	for _, word := range []uint64{layout.ShLevel, layout.ShJournal, layout.ShCount, layout.ShDir, layout.ShBacked} {
		if off := layout.ShardAt(1) + 8*word; !noticed(off) {
			t.Errorf("shard header: a flipped bit of word %d is not noticed", word)
		}
	}
	for bit := range 64 {
		b := append([]byte(nil), whole...)
		b[8*layout.HdrClock+bit/8] ^= 1 << (bit % 8)
		must(t, os.WriteFile(damaged, b, 0o600))
		if _, err := verify(t, damaged); errors.Is(err, digest.ErrMismatch) != (uint64(1)<<bit > 60_000) {
			t.Errorf("clock: bit %d is flipped, %v", bit, err)
		}
		b[8*layout.HdrBootLo] ^= 1 // of another boot: nobody knows
		must(t, os.WriteFile(damaged, b, 0o600))
		if _, err := verify(t, damaged); err != nil {
			t.Errorf("clock of another boot: %v", err)
		}
	}
	start := layout.SegmentsAt(2)
	for off := start; off < p.End; off += (p.End - start) / 61 {
		if !noticed(off) {
			t.Errorf("segments: a flipped bit at %#x is not noticed", off)
		}
	}
	for off := uint64(len(whole) - layout.Page); off < uint64(len(whole)-layout.Page+20*8); off++ {
		if !noticed(off) {
			t.Errorf("page of the checksum: a flipped bit at %#x is not noticed", off)
		}
	}
}

func TestChecksumOfOtherFiles(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "live")
	m, err := dict.Open(live, dict.Options{Key: layout.Int64, Value: layout.Int64})
	must(t, err)
	if err := digest.Write(m, m.Segment().Env.Config, ignore); !errors.Is(err, digest.ErrLive) {
		t.Errorf("Write to a live map: %v", err)
	}
	must(t, m.Close())
	if _, err := verify(t, live); !errors.Is(err, digest.ErrLive) {
		t.Errorf("a live map: %v", err)
	}
	m, err = dict.Open(live, dict.Options{})
	must(t, err)
	must(t, m.Freeze())
	must(t, m.Close())
	if _, err := verify(t, live); !errors.Is(err, digest.ErrMissing) {
		t.Errorf("a frozen map without a checksum: %v", err)
	}
	short := frozen(t, 1)
	st, err := os.Stat(short)
	must(t, err)
	must(t, os.Truncate(short, st.Size()-layout.Page))
	if _, err := verify(t, short); !errors.Is(err, digest.ErrMissing) {
		t.Errorf("a file cut short: %v", err)
	}
	must(t, os.Truncate(short, 100))
	if _, err := verify(t, short); !errors.Is(err, fault.ErrNotMap) {
		t.Errorf("a file of 100 bytes: %v", err)
	}
	must(t, os.WriteFile(short, make([]byte, 1<<20), 0o600))
	if _, err := verify(t, short); !errors.Is(err, fault.ErrNotMap) {
		t.Errorf("a file of zeros: %v", err)
	}
}

package trace

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLRU(t *testing.T) {
	tr := New("t", []int64{1, 2, 1, 3, 2, 1, 1, 3})
	// With room for two: 1 and 2 are new, 1 hits, 3 evicts 2, 2 evicts 1, 1 evicts 3, 1 hits, 3 evicts 2.
	if got, want := tr.Misses(NewLRU(2)), 75.0; got != want {
		t.Errorf("misses %v %%, want %v", got, want)
	}
	if tr.Keys != 3 {
		t.Errorf("%d keys, want 3", tr.Keys)
	}
	if got := tr.Misses(NewLRU(3)); got != 37.5 {
		t.Errorf("misses %v %% with room for all keys, want 37.5", got)
	}
}

func TestCapacity(t *testing.T) {
	if c := New("t", []int64{1, 2}).Capacity(0.5); c != 1 {
		t.Errorf("0.5 %% of two keys are a capacity of %d, want 1", c)
	}
	if c := New("t", slices.Repeat([]int64{1, 2, 3, 4}, 2)).Capacity(50); c != 2 {
		t.Errorf("half of four keys are a capacity of %d, want 2", c)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(f)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(dir, 9); err == nil {
		t.Error("a directory without traces is no error")
	}
	write("b.trace.gz", "7\n8\n7\n9\n")
	write("a.trace.gz", "0\n")
	got, err := Load(dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "a" || got[1].Keys != 2 || !slices.Equal(got[1].Requests, []int64{7, 8, 7}) {
		t.Errorf("loaded %v", got)
	}
	write("c.trace.gz", "0\nx\n")
	if _, err := Load(dir, 9); err == nil {
		t.Error("a line that is no number is no error")
	}
}

// TestMade: the made traces are as they say. Of 50,000 keys with frequencies of the form (i+1)^-0.99 the first one's
// part is 1 / (sum of the frequencies) = 0.083.
func TestMade(t *testing.T) {
	const n = 150_000
	for _, tr := range []Trace{Zipf(n), Scans(n)} {
		if len(tr.Requests) != n {
			t.Errorf("%s: %d requests", tr.Name, len(tr.Requests))
		}
		first := 0
		for _, k := range tr.Requests {
			if k == 0 {
				first++
			}
		}
		part, want := float64(first)/float64(len(tr.Requests)), 0.083
		if tr.Name == "zipf-scans" {
			want *= float64(zipfBetween) / (zipfBetween + scanLength)
		}
		if part < want*0.97 || part > want*1.03 {
			t.Errorf("%s: the first key is %.4f of the requests, want %.4f", tr.Name, part, want)
		}
	}
}

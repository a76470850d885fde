// Package trace has sequences of requests for caches, from files and made up, and replays them. It knows nothing of
// any cache but the simplest one.
package trace

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Trace is a sequence of requests for keys.
type Trace struct {
	Name     string
	Requests []int64
	Keys     int // different ones
}

const suffix = ".trace.gz"

// Load reads the first most requests of each trace in a directory: a key, a decimal number, in each line of a
// compressed file.
func Load(dir string, most int) ([]Trace, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no *%s in %s", suffix, dir)
	}
	slices.Sort(paths)
	var out []Trace
	for _, path := range paths {
		t, err := load(path, most)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, t)
	}
	return out, nil
}

func load(path string, most int) (Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return Trace{}, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return Trace{}, err
	}
	var requests []int64
	lines := bufio.NewScanner(z)
	for len(requests) < most && lines.Scan() {
		k, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return Trace{}, err
		}
		requests = append(requests, k)
	}
	return New(strings.TrimSuffix(filepath.Base(path), suffix), requests), lines.Err()
}

// New makes a trace of requests.
func New(name string, requests []int64) Trace {
	seen := map[int64]struct{}{}
	for _, k := range requests {
		seen[k] = struct{}{}
	}
	return Trace{name, requests, len(seen)}
}

// Capacity is the size of a cache for a percentage of the keys, at least 1.
func (t Trace) Capacity(percent float64) int { return max(1, int(float64(t.Keys)*percent/100+0.5)) }

// A Cache answers requests. Get says whether a key was there, and if not puts it there.
type Cache interface {
	Get(k int64) bool
}

// Misses is the percentage of the requests that a cache, empty at first, does not have.
func (t Trace) Misses(c Cache) float64 {
	misses := 0
	for _, k := range t.Requests {
		if !c.Get(k) {
			misses++
		}
	}
	return 100 * float64(misses) / float64(len(t.Requests))
}

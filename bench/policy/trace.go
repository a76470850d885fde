package policy

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Trace is a series of requests for keys, numbered from 0 in the order of first use.
type Trace struct {
	Name     string
	Requests []int32
	Keys     int
}

// Percents are the sizes of caches that are measured, in percent of a trace's keys.
var Percents = []float64{0.5, 1, 5, 10, 25}

// Capacity is the number of entries that a percentage of the keys means.
func (t *Trace) Capacity(percent float64) int {
	return max(1, int(float64(t.Keys)*percent/100+0.5))
}

// trace numbers keys.
func trace(name string, keys []int) Trace {
	t := Trace{Name: name, Requests: make([]int32, len(keys))}
	ids := map[int]int32{}
	for i, k := range keys {
		id, ok := ids[k]
		if !ok {
			id = int32(len(ids))
			ids[k] = id
		}
		t.Requests[i] = id
	}
	t.Keys = len(ids)
	return t
}

// Load reads every *.trace.gz of a directory: a key, a number, a line.
func Load(dir string) ([]Trace, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.trace.gz"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no *.trace.gz in %s", dir)
	}
	slices.Sort(names)
	var out []Trace
	for _, name := range names {
		keys, err := read(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, trace(strings.TrimSuffix(filepath.Base(name), ".trace.gz"), keys))
	}
	return out, nil
}

func read(name string) (keys []int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		k, err := strconv.Atoi(lines.Text())
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, lines.Err()
}

// zipf draws numbers below n, k with a probability in proportion to (k+1)^-s.
type zipf struct {
	sum []float64
	r   *rand.Rand
}

func newZipf(n int, s float64, seed uint64) *zipf {
	z := &zipf{sum: make([]float64, n), r: rand.New(rand.NewPCG(seed, 1))}
	sum := 0.0
	for i := range n {
		sum += math.Pow(float64(i+1), -s)
		z.sum[i] = sum
	}
	return z
}

func (z *zipf) next() int { return sort.SearchFloat64s(z.sum, z.r.Float64()*z.sum[len(z.sum)-1]) }

const (
	synthKeys     = 50_000
	synthRequests = 1_000_000
)

// Zipf is requests with probabilities by Zipf's law with exponent s.
func Zipf(name string, s float64) Trace {
	z := newZipf(synthKeys, s, 1)
	keys := make([]int, synthRequests)
	for i := range keys {
		keys[i] = z.next()
	}
	return trace(name, keys)
}

// Scans is Zipf 0.99 that is interrupted, a third of all requests, by walks over as many other keys, in order.
func Scans() Trace {
	z := newZipf(synthKeys, 0.99, 2)
	var keys []int
	for at := 0; len(keys) < synthRequests; {
		for range 10_000 {
			keys = append(keys, z.next())
		}
		for range 5_000 {
			keys = append(keys, synthKeys+at%synthKeys)
			at++
		}
	}
	return trace("scan", keys)
}

// Drift is Zipf 0.99 whose ranks wander over the keys: what is popular is replaced every 50,000 requests or so.
func Drift() Trace {
	z := newZipf(synthKeys, 0.99, 3)
	keys := make([]int, synthRequests)
	for i := range keys {
		keys[i] = (z.next() + i/50) % synthKeys
	}
	return trace("drift", keys)
}

// Recent asks again for what was asked for a short while ago, nearer ones more often, and in one case of five for a new
// key: the best case for LRU.
func Recent() Trace {
	r := rand.New(rand.NewPCG(4, 1))
	var keys []int
	for fresh := 0; len(keys) < synthRequests/2; {
		if len(keys) == 0 || r.Float64() < 0.2 {
			keys = append(keys, fresh)
			fresh++
			continue
		}
		back := 1 + int(r.ExpFloat64()*3_000)
		keys = append(keys, keys[max(0, len(keys)-back)])
	}
	return trace("recent", keys)
}

// Synthetic are the generated traces of the target.
func Synthetic() []Trace { return []Trace{Zipf("zipf", 0.99), Scans()} }

// Further are generated traces that no target names, against tuning to the others.
func Further() []Trace {
	return []Trace{Zipf("zipf0.7", 0.7), Zipf("zipf1.2", 1.2), Drift(), Recent()}
}

// Renamed is the same requests for keys under other numbers: what another hash seed does to a map.
func (t *Trace) Renamed(seed uint64) Trace {
	to := rand.New(rand.NewPCG(seed, 5)).Perm(t.Keys)
	out := Trace{Name: t.Name, Keys: t.Keys, Requests: make([]int32, len(t.Requests))}
	for i, k := range t.Requests {
		out.Requests[i] = int32(to[k])
	}
	return out
}

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/shmap-go/shmap"
	"golang.org/x/sys/unix"
)

// keys is how many keys each map has. Which of them lie in overflow buckets depends on the seed of the map's hash, which is
// random; over so many keys that makes two parts in a hundred.
const keys = 1024

// counted is the loop of an operation over the first n keys of a map, and the end of the map.
type counted struct {
	loop func(n int)
	done func() error
}

// An operation is what is counted: prepare makes a map for it.
type operation struct {
	name    string
	prepare func() (counted, error)
}

// operations are all that are counted, in the order of the record.
func operations() []operation {
	return []operation{
		{"int64 load, present", func() (counted, error) { return loads(words[int64](0), words[int64](0)) }},
		{"int64 load, absent", func() (counted, error) { return loads(words[int64](0), words[int64](keys)) }},
		{"int64 store, present", stores},
		{"int64 add, present", adds},
		{"int64 insert and delete", inserts},
		{"int64 LoadMany of 256, a key", batches},
		{"int32 load, present", func() (counted, error) { return loads(words[int32](0), words[int32](0)) }},
		{"string of 6 bytes, AppendLoad", func() (counted, error) { return appends(6) }},
		{"string of 60 bytes, AppendLoad", func() (counted, error) { return appends(60) }},
		{"string of 6 bytes, store, present", func() (counted, error) { return overwrites(6) }},
		{"string of 60 bytes, store, present", func() (counted, error) { return overwrites(60) }},
		{"counter of a string of 6 bytes, add", func() (counted, error) { return tallies(6) }},
		{"counter of a string of 60 bytes, add", func() (counted, error) { return tallies(60) }},
		{"cache load, present", func() (counted, error) {
			return cached(shmap.Options{Capacity: 2 * keys})
		}},
		{"cache store of a new key, evicting", func() (counted, error) { return evictions(0, mixed, func(int) int64 { return 1 }) }},
		{"cache store of a new string of 60 bytes, evicting", func() (counted, error) { return evictions(0, text, text) }},
		{"session store of a new string of 60 bytes, evicting", func() (counted, error) { return evictions(time.Hour, text, text) }},
		{"load of an entry with a deadline", func() (counted, error) { return cached(shmap.Options{TTL: time.Hour}) }},
	}
}

// perform prepares each operation named, and runs its loop in two sections, of no round and of all.
func perform(names []string, by method) error {
	runtime.LockOSThread()
	if tid := unix.Gettid(); tid != os.Getpid() {
		return fmt.Errorf("the main goroutine runs on thread %d of process %d, not on the first", tid, os.Getpid())
	}
	for _, o := range operations() {
		if !slices.Contains(names, o.name) {
			continue
		}
		c, err := o.prepare()
		if err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		c.loop(keys) // code and memory are there, stacks have grown, visited bits are set
		section(c.loop, 0, by.marks)
		section(c.loop, by.rounds, by.marks)
		if err := c.done(); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	return nil
}

// section is what callgrind counts the instructions of. What steps are counted of lies between the two marks.
//
//go:noinline
func section(loop func(n int), n int, marks bool) {
	if marks {
		runtime.Gosched() // whoever is asked in the section to let others run waits for ever: they stand still
		Mark()
	}
	loop(n)
	if marks {
		Mark()
	}
}

// words are keys, spread over all of the type; others begin at from.
func words[T shmap.Integer](from int) []T {
	out := make([]T, keys)
	for i := range out {
		out[i] = T(uint64(from+i) * 0x9e3779b97f4a7c15)
	}
	return out
}

// texts are keys of a length, or values.
func texts(length int) []string {
	out := make([]string, keys)
	r := rand.New(rand.NewPCG(1, uint64(length)))
	for i := range out {
		out[i] = fmt.Sprintf("%0*d%0*d", 4, i, length-4, r.Uint64()%1_000_000)[:length]
	}
	return out
}

// filled is a map with a value under each key.
func filled[K shmap.Key, V shmap.Value](o shmap.Options, ks []K, vs []V) (*shmap.Map[K, V], error) {
	o.Shards = 4
	m, err := shmap.Anonymous[K, V](o)
	if err != nil {
		return nil, err
	}
	for i, k := range ks {
		if err := m.Store(k, vs[i]); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// lost ends the program: a loop must not be measured that does something else.
func lost(err error) { panic(fmt.Errorf("a loop went wrong: %w", err)) }

func loads[T shmap.Integer](present, asked []T) (counted, error) {
	m, err := filled(shmap.Options{}, present, present)
	found := present[0] == asked[0]
	return counted{func(n int) {
		for _, k := range asked[:n] {
			if v, ok := m.Load(k); ok != found || ok && v != k {
				lost(nil)
			}
		}
	}, m.Close}, err
}

func stores() (counted, error) {
	ks := words[int64](0)
	m, err := filled(shmap.Options{}, ks, ks)
	return counted{func(n int) {
		for _, k := range ks[:n] {
			if err := m.Store(k, 1); err != nil {
				lost(err)
			}
		}
	}, m.Close}, err
}

func adds() (counted, error) {
	ks := words[int64](0)
	m, err := filled(shmap.Options{}, ks, ks)
	return counted{func(n int) {
		for _, k := range ks[:n] {
			if _, err := shmap.Add(m, k, 1); err != nil {
				lost(err)
			}
		}
	}, m.Close}, err
}

func inserts() (counted, error) {
	ks, more := words[int64](0), words[int64](keys)
	m, err := filled(shmap.Options{}, ks, ks)
	return counted{func(n int) {
		for _, k := range more[:n] {
			if ok, err := m.Insert(k, 1); !ok {
				lost(err)
			}
			if ok, err := m.Delete(k); !ok {
				lost(err)
			}
		}
	}, m.Close}, err
}

func batches() (counted, error) {
	const size = 256
	ks, out, oks := words[int64](0), make([]int64, size), make([]bool, size)
	m, err := filled(shmap.Options{}, ks, ks)
	return counted{func(n int) {
		for at := 0; at < n; at += size {
			ks := ks[at:min(at+size, n)]
			if c, err := m.LoadMany(ks, out[:len(ks)], oks[:len(ks)]); c != len(ks) {
				lost(err)
			}
		}
	}, m.Close}, err
}

func appends(length int) (counted, error) {
	ks := texts(length)
	m, err := filled(shmap.Options{}, ks, ks)
	buffer := make([]byte, 0, 2*length)
	return counted{func(n int) {
		for _, k := range ks[:n] {
			if b, ok := m.AppendLoad(buffer, k); !ok || len(b) != length {
				lost(nil)
			}
		}
	}, m.Close}, err
}

func tallies(length int) (counted, error) {
	ks := texts(length)
	m, err := filled(shmap.Options{}, ks, words[int64](0))
	return counted{func(n int) {
		for _, k := range ks[:n] {
			if _, err := shmap.Add(m, k, 1); err != nil {
				lost(err)
			}
		}
	}, m.Close}, err
}

func overwrites(length int) (counted, error) {
	ks := texts(length)
	m, err := filled(shmap.Options{}, ks, ks)
	return counted{func(n int) {
		for i, k := range ks[:n] {
			if err := m.Store(k, ks[n-1-i]); err != nil {
				lost(err)
			}
		}
	}, m.Close}, err
}

func cached(o shmap.Options) (counted, error) {
	ks := words[int64](0)
	m, err := filled(o, ks, ks)
	return counted{func(n int) {
		for _, k := range ks[:n] {
			if _, ok := m.Load(k); !ok {
				lost(nil)
			}
		}
	}, m.Close}, err
}

// mixed is a key that is not near the one before.
func mixed(i int) int64 { return int64(uint64(i) * 0x9e3779b97f4a7c15) }

func text(i int) string { return fmt.Sprintf("%060d", i) }

// evictions are stores into a full cache: each key is long gone when it comes again.
func evictions[K shmap.Key, V shmap.Value](ttl time.Duration, key func(int) K, val func(int) V) (counted, error) {
	const all = 4 * keys
	ks, vs, at := make([]K, all), make([]V, all), 0
	for i := range ks {
		ks[i], vs[i] = key(i), val(i)
	}
	m, err := filled(shmap.Options{Capacity: keys, TTL: ttl}, ks, vs)
	return counted{func(n int) {
		for range n {
			if err := m.Store(ks[at%all], vs[at%all]); err != nil {
				lost(err)
			}
			at++
		}
	}, m.Close}, err
}

// Command offheap holds a cache of ten million entries (-n N for another number) beside the Go heap. The garbage collector does
// not see it: the heap stays at what the program itself needs, and a collection takes as long as if there were no cache.
//
// It prints:
//
//	… entries of 32 bytes in … MiB of shared memory
//	the Go heap has grown by less than 8 MiB
//	a garbage collection takes … ms
//	1000 entries looked up: all there
package main

import (
	"flag"
	"fmt"
	"log"
	"runtime"
	"strings"
	"time"

	"github.com/shmap-go/shmap"
)

func main() {
	n := flag.Int64("n", 10_000_000, "number of entries")
	flag.Parse()
	before := heap()
	cache, err := shmap.Anonymous[int64, string](shmap.Options{}) // or Open, to share it and to keep it over a restart
	check(err)
	defer cache.Close()
	check(cache.Reserve(int(*n))) // it would grow by itself; so it need not

	const batch = 512
	keys, values := make([]int64, 0, batch), make([]string, 0, batch)
	for i := range *n {
		keys, values = append(keys, i), append(values, value(i))
		if len(keys) == batch || i == *n-1 {
			_, err := cache.StoreMany(keys, values)
			check(err)
			keys, values = keys[:0], values[:0]
		}
	}
	s := cache.Stats()
	fmt.Printf("%d entries of 32 bytes in %d MiB of shared memory\n", s.Entries, s.FileBytes>>20)
	if grown := heap() - before; grown < 8<<20 {
		fmt.Println("the Go heap has grown by less than 8 MiB")
	}
	began := time.Now()
	runtime.GC()
	fmt.Printf("a garbage collection takes %.1f ms\n", float64(time.Since(began).Microseconds())/1000)

	for i := range int64(1000) {
		k := i * (*n / 1000)
		if v, ok := cache.Load(k); !ok || v != value(k) {
			log.Fatalf("entry %d is %q, %v", k, v, ok)
		}
	}
	fmt.Println("1000 entries looked up: all there")
}

// value is an entry's value, of 24 bytes.
func value(i int64) string { return fmt.Sprintf("%016d%s", i, strings.Repeat("x", 8)) }

// heap is the size of the Go heap in bytes, after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

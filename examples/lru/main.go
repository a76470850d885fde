// Command lru puts a cache in front of a slow source. With a Capacity the map throws out what was not used for longest (the
// policy CLOCK) and never grows beyond it. Two processes ask; the second finds what the first has fetched.
//
// It prints:
//
//	first process: 10000 requests, 7 in 10 from the cache
//	second process: 10000 requests, 7 in 10 from the cache
//	the cache holds 200 of 1000 pages
package main

import (
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"

	"github.com/shmap-go/shmap"
)

// Everybody opens with the same options. Those of the process that comes first make the map; it keeps them.
var options = shmap.Options{Capacity: 200, Shards: 1, Policy: shmap.PolicyClock, CountHits: true}

func main() {
	if len(os.Args) > 1 {
		request(os.Args[1], os.Args[2])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-lru-%d", os.Getpid())
	defer shmap.Unlink(path)
	for _, name := range []string{"first", "second"} {
		w := exec.Command(os.Args[0], path, name)
		w.Stdout, w.Stderr = os.Stdout, os.Stderr
		check(w.Run())
	}
	m, err := shmap.Open[uint64, string](path, options)
	check(err)
	defer m.Close()
	fmt.Printf("the cache holds %d of 1000 pages\n", m.Len())
}

func request(path, name string) {
	m, err := shmap.Open[uint64, string](path, options)
	check(err)
	defer m.Close()
	const requests = 10_000
	popular := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.2, 4, 999) // few pages are asked for often, many seldom
	for range requests {
		page(m, popular.Uint64())
	}
	s := m.Stats()
	fmt.Printf("%s process: %d requests, %d in 10 from the cache\n", name, s.Hits+s.Misses, s.Hits*10/requests)
}

// page returns a page from the cache, or fetches it.
func page(m *shmap.Map[uint64, string], id uint64) string {
	if text, ok := m.Load(id); ok {
		return text
	}
	text := fmt.Sprintf("page %d, fetched from far away", id)
	check(m.Store(id, text))
	return text
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

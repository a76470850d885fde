// Command memo remembers the results of a slow function for all processes: what one has computed, the next one looks up. Of two
// processes that compute the same at once, LoadOrStore makes both return the value of the first.
//
// It prints:
//
//	first process: sum of results 2587; computed 20, remembered 0
//	second process: sum of results 2587; computed 0, remembered 20
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/shmap-go/shmap"
)

// memo makes a function that remembers from one that is slow.
func memo[K shmap.Key, V shmap.Value](m *shmap.Map[K, V], slow func(K) V) func(K) V {
	return func(k K) V {
		if v, ok := m.Load(k); ok {
			return v
		}
		v, _, err := m.LoadOrStore(k, slow(k))
		check(err)
		return v
	}
}

func main() {
	if len(os.Args) > 1 {
		work(os.Args[1], os.Args[2])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-memo-%d", os.Getpid())
	defer shmap.Unlink(path)
	for _, name := range []string{"first", "second"} {
		w := exec.Command(os.Args[0], path, name)
		w.Stdout, w.Stderr = os.Stdout, os.Stderr
		check(w.Run())
	}
}

func work(path, name string) {
	m, err := shmap.Open[int64, int64](path, shmap.Options{})
	check(err)
	defer m.Close()
	computed := 0
	steps := memo(m, func(n int64) (steps int64) { // how long n takes to come down to 1 (L. Collatz)
		computed++
		for ; n != 1; steps++ {
			if n%2 == 0 {
				n /= 2
			} else {
				n = 3*n + 1
			}
		}
		return steps
	})
	const numbers = 20
	sum := int64(0)
	for n := range int64(numbers) {
		sum += steps(1_000_000 + n)
	}
	fmt.Printf("%s process: sum of results %d; computed %d, remembered %d\n", name, sum, computed, numbers-computed)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

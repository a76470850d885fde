// Command counters counts words in four processes at once. Add is atomic over all of them: no increment is lost, and nobody
// needs a lock or a server. It works as well for hits of pages, bytes of clients, or errors by kind.
//
// It prints:
//
//	the     8000
//	brown   4000
//	dog     4000
//	fox     4000
//	jumps   4000
//	lazy    4000
//	over    4000
//	quick   4000
package main

import (
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/shmap-go/shmap"
)

const text = "the quick brown fox jumps over the lazy dog"

func main() {
	if len(os.Args) > 1 {
		count(os.Args[1])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-counters-%d", os.Getpid())
	defer shmap.Unlink(path)
	m := must(shmap.Open[string, int64](path, shmap.Options{}))
	defer m.Close()

	var workers []*exec.Cmd
	for range 4 { // this program again, with the path of the map
		w := exec.Command(os.Args[0], path)
		w.Stderr = os.Stderr
		check(w.Start())
		workers = append(workers, w)
	}
	for _, w := range workers {
		check(w.Wait())
	}

	all := must(m.ToMap())
	words := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		if all[a] != all[b] {
			return int(all[b] - all[a]) // the most frequent first
		}
		return strings.Compare(a, b)
	})
	for _, w := range words {
		fmt.Printf("%-7s %d\n", w, all[w])
	}
}

// count is a worker.
func count(path string) {
	m := must(shmap.Open[string, int64](path, shmap.Options{}))
	defer m.Close()
	for range 1000 {
		for _, word := range strings.Fields(text) {
			must(shmap.Add(m, word, 1))
		}
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

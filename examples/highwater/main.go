// Command highwater keeps the slowest and the fastest response of each page, as three processes measure them. Max and Min store
// a value only if it is a new record, in one atomic step, and return the record that stands.
//
// It prints:
//
//	/        from  2 ms to  970 ms
//	/search  from 13 ms to  981 ms
//	worst of all: 981 ms
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"strconv"

	"github.com/shmap-go/shmap"
)

func main() {
	if len(os.Args) > 1 {
		measure(os.Args[1], must(strconv.Atoi(os.Args[2])))
		return
	}
	path := fmt.Sprintf("/dev/shm/example-highwater-%d", os.Getpid())
	defer shmap.Unlink(path)
	m := must(shmap.Open[string, uint32](path, shmap.Options{}))
	defer m.Close()

	var workers []*exec.Cmd
	for i := range 3 {
		w := exec.Command(os.Args[0], path, strconv.Itoa(i))
		w.Stderr = os.Stderr
		check(w.Start())
		workers = append(workers, w)
	}
	for _, w := range workers {
		check(w.Wait())
	}

	for _, page := range []string{"/", "/search"} {
		low, _ := m.Load("min " + page)
		high, _ := m.Load("max " + page)
		fmt.Printf("%-8s from %2d ms to %4d ms\n", page, low, high)
	}
	worst, _ := m.Load("max")
	fmt.Printf("worst of all: %d ms\n", worst)
}

// measure is a worker, with made-up measurements.
func measure(path string, worker int) {
	m := must(shmap.Open[string, uint32](path, shmap.Options{}))
	defer m.Close()
	for i := range 1000 {
		ms := uint32(i*7919+worker*10)%970 + 2
		page := "/"
		if i%2 == 1 {
			page, ms = "/search", ms+10
		}
		must(shmap.Min(m, "min "+page, ms))
		must(shmap.Max(m, "max", must(shmap.Max(m, "max "+page, ms))))
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

// Command states moves orders from state to state. Three processes try the same step at the same moment; CompareAndSwap lets one
// of them win, so that each order is charged and shipped at most once. A step from the wrong state fails, and says what the state
// is. A process that dies after CompareAndSwap and before it has charged leaves an order that says charged and is not; if that must
// not be, have a state charging before it, and look for orders that stay in it.
//
// It prints:
//
//	100 orders are shipped
//	100 charged, 100 shipped, 400 came too late
//	order 1 cannot be charged: it is shipped
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/shmap-go/shmap"
)

const orders = 100

// step moves an order from one state to the next, unless another process did.
func step(m *shmap.Map[string, string], id int, from, to string) bool {
	return must(m.CompareAndSwap(fmt.Sprint("order ", id), from, to))
}

func main() {
	if len(os.Args) > 1 {
		work(os.Args[1])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-states-%d", os.Getpid())
	defer shmap.Unlink(path)
	defer shmap.Unlink(path + "-count")
	m := must(shmap.Open[string, string](path, shmap.Options{}))
	for id := range orders {
		check(m.Store(fmt.Sprint("order ", id), "new"))
	}
	var workers []*exec.Cmd
	for range 3 {
		w := exec.Command(os.Args[0], path)
		w.Stderr = os.Stderr
		check(w.Start())
		workers = append(workers, w)
	}
	for _, w := range workers {
		check(w.Wait())
	}

	shipped := 0
	for _, state := range m.All() {
		if state == "shipped" {
			shipped++
		}
	}
	fmt.Println(shipped, "orders are shipped")
	n := must(must(shmap.Open[string, int64](path+"-count", shmap.Options{})).ToMap())
	fmt.Printf("%d charged, %d shipped, %d came too late\n", n["charged"], n["shipped"], n["too late"])
	if !step(m, 1, "new", "charged") {
		state, _ := m.Load("order 1")
		fmt.Println("order 1 cannot be charged: it is", state)
	}
}

// work is a worker: it tries each step of each order.
func work(path string) {
	m := must(shmap.Open[string, string](path, shmap.Options{}))
	count := must(shmap.Open[string, int64](path+"-count", shmap.Options{}))
	for id := range orders {
		for _, to := range [][2]string{{"new", "charged"}, {"charged", "shipped"}} {
			if step(m, id, to[0], to[1]) {
				must(shmap.Add(count, to[1], 1)) // here it is done
			} else {
				must(shmap.Add(count, "too late", 1))
			}
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

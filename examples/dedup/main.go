// Command dedup handles each event at most once, though a queue delivers it to three processes, and more than once. InsertTTL
// succeeds for one of all who try, and forgets the event after a while, so that the map does not grow for ever. The event of a
// process that dies after InsertTTL and before it has handled it is lost; if it must not be, use a lease (examples/lease).
//
// It prints:
//
//	3000 deliveries of 500 events: 500 handled
//	an hour later the map would be empty: every entry has a deadline
//	"event 7" again, after its deadline: handled
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"time"

	"github.com/shmap-go/shmap"
)

const window = time.Hour // in which an event may come again

func main() {
	if len(os.Args) > 1 {
		consume(os.Args[1])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-dedup-%d", os.Getpid())
	defer shmap.Unlink(path)
	m := must(shmap.Open[string, int64](path, shmap.Options{EnableTTL: true}))
	defer m.Close()
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
	handled, _ := m.Load("handled")
	delivered, _ := m.Load("delivered")
	fmt.Printf("%d deliveries of 500 events: %d handled\n", delivered, handled)
	if ttl, ok := m.TTL("event 7"); ok && ttl <= window {
		fmt.Println("an hour later the map would be empty: every entry has a deadline")
	}

	must(m.Expire("event 7", time.Millisecond)) // not to wait that long
	for m.Has("event 7") {
		time.Sleep(time.Millisecond)
	}
	if must(m.InsertTTL("event 7", 1, window)) {
		fmt.Println(`"event 7" again, after its deadline: handled`)
	}
}

// consume gets all events, and all of them twice.
func consume(path string) {
	m := must(shmap.Open[string, int64](path, shmap.Options{EnableTTL: true}))
	defer m.Close()
	for i := range 1000 {
		must(shmap.AddTTL(m, "delivered", 1, window))
		if first := must(m.InsertTTL(fmt.Sprint("event ", i%500), 1, window)); first {
			must(shmap.AddTTL(m, "handled", 1, window)) // here goes what must not be done twice
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

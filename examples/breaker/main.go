// Command breaker is a circuit breaker for all processes: when they have seen five failures of a service within a minute,
// together, nobody calls it for a while. Counts and the state "open" have a time to live, so that nothing has to be reset.
//
// It prints:
//
//	process 1: 3 calls failed, 0 not made
//	process 2: 2 calls failed, 1 not made
//	process 3: 0 calls failed, 3 not made
//	after a while: the service is called again, and answers
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"time"

	"github.com/shmap-go/shmap"
)

var errOpen = errors.New("the service is not called")

// call calls a service, unless it has failed too often.
func call(m *shmap.Map[string, int64], service string, f func() error) error {
	if m.Has("open " + service) {
		return errOpen
	}
	err := f()
	if err != nil {
		if n := must(shmap.AddTTL(m, "failures of "+service, 1, time.Minute)); n >= 5 {
			check(m.StoreTTL("open "+service, 1, 30*time.Second))
		}
	}
	return err
}

func main() {
	if len(os.Args) > 1 {
		work(os.Args[1], os.Args[2])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-breaker-%d", os.Getpid())
	defer shmap.Unlink(path)
	for i := range 3 {
		w := exec.Command(os.Args[0], path, fmt.Sprint("process ", i+1))
		w.Stdout, w.Stderr = os.Stdout, os.Stderr
		check(w.Run())
	}
	m := must(shmap.Open[string, int64](path, shmap.Options{EnableTTL: true}))
	must(m.Expire("open payment", 20*time.Millisecond)) // not to wait for half a minute
	for call(m, "payment", func() error { return nil }) == errOpen {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("after a while: the service is called again, and answers")
}

// work calls a service that is down.
func work(path, name string) {
	m := must(shmap.Open[string, int64](path, shmap.Options{EnableTTL: true}))
	failed, skipped := 0, 0
	for range 3 {
		if call(m, "payment", func() error { return errors.New("connection refused") }) == errOpen {
			skipped++
		} else {
			failed++
		}
	}
	fmt.Printf("%s: %d calls failed, %d not made\n", name, failed, skipped)
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

// Command heartbeat is a registry of the processes that are alive. Each stores its name with a short time to live, again and
// again; one that is killed cannot say goodbye, and is gone when its last beat has expired.
//
// It prints:
//
//	alive: [worker 1 worker 2 worker 3]
//	worker 2 is killed
//	alive: [worker 1 worker 3]
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/shmap-go/shmap"
)

func main() {
	if len(os.Args) > 1 {
		beat(os.Args[1], os.Args[2])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-heartbeat-%d", os.Getpid())
	defer shmap.Unlink(path)
	m, err := shmap.Open[string, int64](path, shmap.Options{EnableTTL: true})
	check(err)
	defer m.Close()

	var workers []*exec.Cmd
	for i := range 3 {
		w := exec.Command(os.Args[0], path, fmt.Sprint("worker ", i+1))
		w.Stderr = os.Stderr
		w.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // beat no longer than this process
		check(w.Start())
		defer w.Process.Kill()
		workers = append(workers, w)
	}
	await(m, "worker 1", "worker 2", "worker 3")
	check(workers[1].Process.Kill())
	fmt.Println("worker 2 is killed")
	await(m, "worker 1", "worker 3")
}

// beat is a worker: its value is its process number.
func beat(path, name string) {
	m, err := shmap.Open[string, int64](path, shmap.Options{EnableTTL: true})
	check(err)
	defer m.Close()
	for range time.Tick(50 * time.Millisecond) {
		check(m.StoreTTL(name, int64(os.Getpid()), 500*time.Millisecond))
	}
}

// await prints who is alive, as soon as that is what is wanted.
func await(m *shmap.Map[string, int64], want ...string) {
	for range 3000 {
		if alive := slices.Sorted(m.Keys()); slices.Equal(alive, want) {
			fmt.Println("alive:", alive)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	log.Print("this took too long: ", slices.Sorted(m.Keys()))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Command leader elects one of three processes, and another one when that dies. The leader is who has inserted its name; the name
// has a time to live, which the leader alone may extend (CompareAndSwapTTL). It must do so well before that time is over.
//
// It prints:
//
//	one of the three leads
//	the leader is killed
//	another one leads
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/shmap-go/shmap"
)

const term = 500 * time.Millisecond

func main() {
	if len(os.Args) > 1 {
		run(os.Args[1])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-leader-%d", os.Getpid())
	defer shmap.Unlink(path)
	m, err := shmap.Open[string, int64](path, shmap.Options{EnableTTL: true})
	check(err)
	defer m.Close()
	candidates := map[int64]*exec.Cmd{}
	for range 3 {
		c := exec.Command(os.Args[0], path)
		c.Stderr = os.Stderr
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // end with this process
		check(c.Start())
		defer c.Process.Kill()
		candidates[int64(c.Process.Pid)] = c
	}

	first := leader(m, 0)
	if candidates[first] != nil {
		fmt.Println("one of the three leads")
	}
	check(candidates[first].Process.Kill())
	fmt.Println("the leader is killed")
	if second := leader(m, first); candidates[second] != nil && second != first {
		fmt.Println("another one leads")
	}
}

// run is a candidate: it leads if nobody does.
func run(path string) {
	m, err := shmap.Open[string, int64](path, shmap.Options{EnableTTL: true})
	check(err)
	me := int64(os.Getpid())
	for range time.Tick(term / 10) {
		leads, err := m.CompareAndSwapTTL("leader", me, me, term)
		check(err)
		if !leads {
			_, err = m.InsertTTL("leader", me, term)
			check(err)
		}
	}
}

// leader waits until somebody leads who is not the one before.
func leader(m *shmap.Map[string, int64], before int64) int64 {
	for range 3000 {
		if pid, ok := m.Load("leader"); ok && pid != before {
			return pid
		}
		time.Sleep(10 * time.Millisecond)
	}
	log.Print("nobody leads")
	return 0
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Command leader elects one of three processes, and another one when that dies. The leader is who has inserted its name; the name
// has a time to live, which the leader alone may extend (CompareAndSwapTTL). It must do so well before that time is over; who was
// stopped for longer leads no more, and learns of it at the next call. The name is random: two containers may have the same process
// id, and then both would lead.
//
// It prints:
//
//	one of the three leads
//	the leader is killed
//	another one leads
package main

import (
	"crypto/rand"
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
	m, err := shmap.Open[string, string](path, shmap.Options{EnableTTL: true})
	check(err)
	defer m.Close()
	candidates := map[string]*exec.Cmd{}
	for range 3 {
		c := exec.Command(os.Args[0], path)
		c.Stderr = os.Stderr
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // end with this process
		out, err := c.StdoutPipe()
		check(err)
		check(c.Start())
		defer c.Process.Kill()
		var name string
		_, err = fmt.Fscanln(out, &name)
		check(err)
		candidates[name] = c
	}

	first := leader(m, "")
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
	m, err := shmap.Open[string, string](path, shmap.Options{EnableTTL: true})
	check(err)
	me := newName()
	fmt.Println(me)
	for range time.Tick(term / 10) {
		leads, err := m.CompareAndSwapTTL("leader", me, me, term)
		check(err)
		if !leads {
			_, err = m.InsertTTL("leader", me, term)
			check(err)
		}
	}
}

// newName is a name that no other process has, in no container and at no time.
func newName() string { return rand.Text() }

// leader waits until somebody leads who is not the one before.
func leader(m *shmap.Map[string, string], before string) string {
	for range 3000 {
		if name, ok := m.Load("leader"); ok && name != before {
			return name
		}
		time.Sleep(10 * time.Millisecond)
	}
	log.Print("nobody leads")
	return ""
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

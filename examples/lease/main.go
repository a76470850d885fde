// Command lease shares out work so that none is lost when a worker dies. A job stays in its map until it is done; who wants to do
// it inserts a lease with a time to live. If the worker dies the lease runs out, and another one takes the job.
//
// It prints:
//
//	worker 1 is killed with a job in its hands
//	20 jobs done, 0 left
//	the job of worker 1 was done by worker 2
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

func main() {
	if len(os.Args) > 1 {
		work(os.Args[1], os.Args[2])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-lease-%d", os.Getpid())
	defer shmap.Unlink(path)
	defer shmap.Unlink(path + "-leases")
	jobs, _ := open(path)
	for i := range 20 {
		check(jobs.Store(fmt.Sprint("job-", i), "open"))
	}

	one := exec.Command(os.Args[0], path, "worker 1")
	one.Stderr = os.Stderr
	one.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // end with this process
	out, err := one.StdoutPipe()
	check(err)
	check(one.Start())
	var held string
	_, err = fmt.Fscanln(out, &held)
	check(err)
	check(one.Process.Kill())
	_ = one.Wait()
	fmt.Println("worker 1 is killed with a job in its hands")

	two := exec.Command(os.Args[0], path, "worker 2")
	two.Stderr = os.Stderr
	check(two.Run())
	done := 0
	for _, state := range jobs.All() {
		if state != "open" {
			done++
		}
	}
	by, _ := jobs.Load(held)
	fmt.Printf("%d jobs done, %d left\nthe job of worker 1 was %s\n", done, jobs.Len()-done, by)
}

func open(path string) (jobs, leases *shmap.Map[string, string]) {
	jobs, err := shmap.Open[string, string](path, shmap.Options{})
	check(err)
	leases, err = shmap.Open[string, string](path+"-leases", shmap.Options{TTL: 300 * time.Millisecond})
	check(err)
	return jobs, leases
}

// work does jobs as long as any is open.
func work(path, name string) {
	jobs, leases := open(path)
	for left := 1; left > 0; time.Sleep(10 * time.Millisecond) {
		left = 0
		for job, state := range jobs.All() {
			if state != "open" {
				continue
			}
			left++
			mine, err := leases.Insert(job, name)
			check(err)
			if !mine {
				continue // somebody does it, or died a moment ago
			}
			if name == "worker 1" {
				fmt.Println(job)
				time.Sleep(time.Hour) // it is slow, and will be killed; who is slow and alive calls leases.Touch(job)
			}
			_, err = jobs.CompareAndSwap(job, "open", "done by "+name)
			check(err)
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

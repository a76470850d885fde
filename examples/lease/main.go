// Command lease shares out work so that none is lost when a worker dies. A job stays open in its map until it is done; who wants
// to do it inserts a lease with a time to live, and renews it as long as it works. If the worker dies the lease runs out, and
// another one takes the job. Each job is done at least once: who dies, or is stopped for longer than a lease, between doing a job
// and saying so leaves it to be done again, so make that harmless.
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
	"maps"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/shmap-go/shmap"
)

func main() {
	path := fmt.Sprintf("/dev/shm/example-lease-%d", os.Getpid())
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	jobs := must(shmap.Open[string, string](path, shmap.Options{}))
	leases := must(shmap.Open[string, string](path+"-leases", shmap.Options{TTL: 300 * time.Millisecond}))
	if len(os.Args) > 1 {
		work(jobs, leases, os.Args[2])
		return
	}
	defer shmap.Unlink(path)
	defer shmap.Unlink(path + "-leases")
	for i := range 20 {
		must(jobs.Insert(fmt.Sprint("job-", i), "open"))
	}
	one := exec.Command(os.Args[0], path, "worker 1")
	one.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // end with this process
	out := must(one.StdoutPipe())
	must(0, one.Start())
	var held string
	must(fmt.Fscanln(out, &held))
	must(0, one.Process.Kill())
	fmt.Println("worker 1 is killed with a job in its hands")
	must(exec.Command(os.Args[0], path, "worker 2").Output())
	all := must(jobs.ToMap())
	by := all[held]
	maps.DeleteFunc(all, func(_, state string) bool { return state == "open" })
	fmt.Printf("%d jobs done, %d left\nthe job of worker 1 was %s\n", len(all), jobs.Len()-len(all), by)
}

// work does jobs as long as any is open. No other worker may have the same name.
func work(jobs, leases *shmap.Map[string, string], name string) {
	for left := 1; left > 0; time.Sleep(10 * time.Millisecond) {
		left = 0
		for job, state := range jobs.All() {
			if state != "open" {
				continue
			}
			left++
			if !take(jobs, leases, job, name) {
				continue // somebody does it or has done it, or died a moment ago
			}
			if name == "worker 1" {
				fmt.Println(job)
				time.Sleep(time.Hour) // it will be killed
			}
			kept := true
			for step := 0; step < 3 && kept; step++ { // here the job is done, in steps that are short beside a lease
				kept = renew(leases, job, name)
			}
			if kept && must(jobs.CompareAndSwap(job, "open", "done by "+name)) {
				left-- // else this worker was stopped for too long, and the job is another's
			}
		}
	}
}

// take gets the lease of a job that is still open; what a loop says of it may be long past.
func take(jobs, leases *shmap.Map[string, string], job, name string) bool {
	got := must(leases.Insert(job, name))
	state, _ := jobs.Load(job) // after it: who had the lease before may have done the job
	return got && state == "open"
}

// renew gives a lease its whole time again, if it is still that of name.
func renew(leases *shmap.Map[string, string], job, name string) bool {
	return must(leases.CompareAndSwap(job, name, name))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

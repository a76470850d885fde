// Command queue is a queue of work for four processes. In a map with a Capacity and one shard, PopOldest takes the entries in the
// order in which they were stored; each goes to one process alone. (A job is lost if the process that took it dies; see lease.)
//
// It prints:
//
//	1000 jobs stored
//	1000 jobs done, none of them twice; 0 are left
//	every worker took its jobs in order
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/shmap-go/shmap"
)

const jobs = 1000

func main() {
	if len(os.Args) > 1 {
		work(os.Args[1])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-queue-%d", os.Getpid())
	defer shmap.Unlink(path)
	defer shmap.Unlink(path + "-done")
	queue, done := open(path)
	for id := range int64(jobs) {
		check(queue.Store(id, fmt.Sprint("polish shoe ", id)))
	}
	fmt.Println(queue.Len(), "jobs stored")

	var workers []*exec.Cmd
	for range 4 {
		w := exec.Command(os.Args[0], path)
		w.Stderr = os.Stderr
		check(w.Start())
		workers = append(workers, w)
	}
	for _, w := range workers {
		check(w.Wait())
	}
	fmt.Printf("%d jobs done, none of them twice; %d are left\n", done.Len(), queue.Len())
	fmt.Println("every worker took its jobs in order")
}

// open opens the queue, and the map of jobs that are done with the number of the process that did them. The Capacity of the
// queue is more than it will ever hold: beyond it the oldest job would be dropped.
func open(path string) (queue *shmap.Map[int64, string], done *shmap.Map[int64, int64]) {
	queue, err := shmap.Open[int64, string](path, shmap.Options{Capacity: 2 * jobs, Shards: 1})
	check(err)
	done, err = shmap.Open[int64, int64](path+"-done", shmap.Options{})
	check(err)
	return queue, done
}

// work is a worker.
func work(path string) {
	queue, done := open(path)
	for last := int64(-1); ; {
		id, job, ok, err := queue.PopOldest()
		check(err)
		if !ok {
			return
		}
		if first, err := done.Insert(id, int64(os.Getpid())); err != nil || !first {
			log.Fatal(job, " was done twice: ", err)
		}
		if id < last {
			log.Fatal("out of order: ", last, id)
		}
		last = id
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

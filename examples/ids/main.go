// Command ids gives out numbers that no two processes get. Each process takes a block of them by one Add, and needs the map again
// only when it has used the block up. After a crash the rest of a block is skipped; no number comes twice from one file. A file in
// /dev/shm is gone after a reboot and numbers begin at 1 again: where older ones are still about, put the boot's id before them.
//
// It prints:
//
//	4000 numbers given out, 4000 different
//	from blocks of 100: 40
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/shmap-go/shmap"
)

const block = 100

// A sequence gives out numbers.
type sequence struct {
	m         *shmap.Map[string, uint64]
	next, end uint64 // what is left of the block
}

func (s *sequence) id() uint64 {
	if s.next == s.end {
		s.end = must(shmap.Add(s.m, "end of blocks", block))
		s.next = s.end - block
	}
	s.next++
	return s.next
}

func main() {
	if len(os.Args) > 1 {
		work(os.Args[1])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-ids-%d", os.Getpid())
	defer shmap.Unlink(path)
	defer shmap.Unlink(path + "-given")
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
	given := must(shmap.Open[uint64, int64](path+"-given", shmap.Options{}))
	total := int64(0)
	for times := range given.Values() {
		total += times
	}
	fmt.Printf("%d numbers given out, %d different\n", total, given.Len())
	blocks, _ := must(shmap.Open[string, uint64](path, shmap.Options{})).Load("end of blocks")
	fmt.Printf("from blocks of %d: %d\n", block, blocks/block)
}

// work takes numbers, and notes how often it got each.
func work(path string) {
	s := &sequence{m: must(shmap.Open[string, uint64](path, shmap.Options{}))}
	given := must(shmap.Open[uint64, int64](path+"-given", shmap.Options{}))
	for range 1000 {
		must(shmap.Add(given, s.id(), 1))
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

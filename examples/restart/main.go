// Command restart keeps a cache warm during a deploy. The new version opens the map of the old one while that still runs; both
// serve from it until the old one has ended, here by SIGKILL in the middle of its work, and the new one misses nothing.
//
// It prints:
//
//	version 1: 1000 requests, 1000 misses
//	version 1 is killed
//	version 2: 1000 requests, 0 misses
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"os/exec"
	"syscall"

	"github.com/shmap-go/shmap"
)

func main() {
	if len(os.Args) > 1 {
		serve(os.Args[1], os.Args[2])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-restart-%d", os.Getpid())
	defer shmap.Unlink(path)

	one, answers := start(path, "version 1")
	answers.Scan() // it has served, and goes on
	fmt.Println(answers.Text())
	two, answers := start(path, "version 2")
	check(one.Process.Kill())
	_ = one.Wait()
	fmt.Println("version 1 is killed")
	answers.Scan()
	fmt.Println(answers.Text())
	check(two.Process.Kill())
	_ = two.Wait()
}

func start(path, version string) (*exec.Cmd, *bufio.Scanner) {
	c := exec.Command(os.Args[0], path, version)
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // end with this process
	out, err := c.StdoutPipe()
	check(err)
	check(c.Start())
	return c, bufio.NewScanner(out)
}

// serve is a server with a cache. In a program its Options would have a Capacity.
func serve(path, version string) {
	cache, err := shmap.Open[string, []byte](path, shmap.Options{})
	check(err)
	misses := 0
	get := func(page string) []byte {
		if b, ok := cache.Load(page); ok {
			return b
		}
		misses++
		b := []byte("<h1>" + page + "</h1>") // slow, in a program
		check(cache.Store(page, b))
		return b
	}
	for i := range 1000 {
		get(fmt.Sprint("page ", i))
	}
	fmt.Printf("%s: 1000 requests, %d misses\n", version, misses)
	for i := 0; ; i++ { // more requests, until the end
		check(cache.Store("last page", get(fmt.Sprint("page ", i%1000))))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

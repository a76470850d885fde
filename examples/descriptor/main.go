// Command descriptor hands a map without a name to a child process. Nobody else can open it, there is no file to be forgotten,
// and its memory is freed when the last process that has it ends.
//
// It prints:
//
//	the parent stores: ping
//	the child reads: ping
//	the parent reads: pong
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/shmap-go/shmap"
)

func main() {
	if len(os.Args) > 1 {
		child()
		return
	}
	m, err := shmap.Anonymous[string, string](shmap.Options{})
	check(err)
	defer m.Close()
	check(m.Store("message", "ping"))
	fmt.Println("the parent stores: ping")

	f, err := m.File() // only for passing on
	check(err)
	c := exec.Command(os.Args[0], "child")
	c.ExtraFiles = []*os.File{f} // is descriptor 3 there
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	check(c.Run())
	check(f.Close())

	answer, _ := m.Load("message")
	fmt.Println("the parent reads:", answer)
}

func child() {
	m, err := shmap.FromFD[string, string](3, shmap.Options{})
	check(err)
	defer m.Close()
	message, _ := m.Load("message")
	fmt.Println("the child reads:", message)
	check(m.Store("message", "pong"))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

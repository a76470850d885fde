// Command flags switches features of running processes. The servers have the map read-only: a look at a flag takes no lock, no
// system call and no network, so that it may stand in the innermost loop. A flag is the percentage of users who have the feature.
//
// It prints:
//
//	dark-mode for 0 of 1000 users
//	dark-mode for … of 1000 users
//	dark-mode for 1000 of 1000 users
//	the server cannot change a flag: shmap: map is attached read-only
package main

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"os"
	"os/exec"

	"github.com/shmap-go/shmap"
)

func main() {
	if len(os.Args) > 1 {
		serve(os.Args[1])
		return
	}
	path := fmt.Sprintf("/dev/shm/example-flags-%d", os.Getpid())
	defer shmap.Unlink(path)
	flags, err := shmap.Open[string, int32](path, shmap.Options{})
	check(err)
	defer flags.Close()

	server := exec.Command(os.Args[0], path)
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	check(err)
	out, err := server.StdoutPipe()
	check(err)
	check(server.Start())
	answers := bufio.NewScanner(out)
	for _, percent := range []int32{0, 25, 100} {
		check(flags.Store("dark-mode", percent))
		fmt.Fprintln(in, "who?") // the server runs all the time, and sees the new value at once
		answers.Scan()
		fmt.Println(answers.Text())
	}
	check(in.Close())
	answers.Scan()
	fmt.Println(answers.Text())
	check(server.Wait())
}

// serve is the server.
func serve(path string) {
	flags, err := shmap.Open[string, int32](path, shmap.Options{ReadOnly: true})
	check(err)
	defer flags.Close()
	for in := bufio.NewReader(os.Stdin); ; {
		if _, err := in.ReadString('\n'); err == io.EOF {
			break
		}
		n := 0
		for user := range 1000 {
			if enabled(flags, "dark-mode", fmt.Sprint("user ", user)) {
				n++
			}
		}
		fmt.Printf("dark-mode for %d of 1000 users\n", n)
	}
	fmt.Println("the server cannot change a flag:", flags.Store("dark-mode", 100))
}

// enabled says whether a user has a feature; it stays the same for a user as the percentage rises.
func enabled(flags *shmap.Map[string, int32], flag, user string) bool {
	percent, _ := flags.Load(flag)
	h := fnv.New32a()
	fmt.Fprint(h, flag, user)
	return h.Sum32()%100 < uint32(percent)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Command ratelimit limits requests over four web servers that share a port. The kernel hands each connection to any of them
// (SO_REUSEPORT); the count of each client is in a map, and its time to live is the window. So the limit is exact, whoever answers.
//
// It prints:
//
//	100 requests, answered by several workers: true
//	60 were served, 40 refused
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap"
)

func main() {
	if len(os.Args) > 1 { // a worker: it says so when it listens
		ln := listen(os.Args[2])
		fmt.Println("ready")
		check(http.Serve(ln, handler(os.Args[1])))
	}
	path := fmt.Sprintf("/dev/shm/example-ratelimit-%d", os.Getpid())
	defer shmap.Unlink(path)
	ln := listen("127.0.0.1:0")
	go http.Serve(ln, handler(path)) // this process is a worker as well
	for range 3 {
		w := exec.Command(os.Args[0], path, ln.Addr().String())
		w.Stderr = os.Stderr
		w.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		out, err := w.StdoutPipe()
		check(err)
		check(w.Start())
		defer w.Process.Kill()
		_, err = fmt.Fscanln(out, new(string))
		check(err)
	}

	status, workers := map[int]int{}, map[string]bool{}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // a connection for each request
	for range 100 {
		r, err := client.Get("http://" + ln.Addr().String())
		check(err)
		check(r.Body.Close())
		workers[r.Header.Get("Worker")] = true
		status[r.StatusCode]++
	}
	fmt.Println("100 requests, answered by several workers:", len(workers) > 1)
	fmt.Printf("%d were served, %d refused\n", status[http.StatusOK], status[http.StatusTooManyRequests])
}

// handler serves 60 requests a minute to each client.
func handler(path string) http.Handler {
	m, err := shmap.Open[string, uint32](path, shmap.Options{EnableTTL: true})
	check(err)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Worker", fmt.Sprint(os.Getpid()))
		client, _, _ := net.SplitHostPort(r.RemoteAddr)
		if n, err := shmap.AddTTL(m, client, 1, time.Minute); err != nil || n > 60 {
			http.Error(w, "too many requests", http.StatusTooManyRequests)
		}
	})
}

// listen listens on an address that others may listen on too.
func listen(addr string) net.Listener {
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		failed := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
		if failed != nil {
			return failed
		}
		return err
	}}
	ln, err := lc.Listen(context.Background(), "tcp", addr)
	check(err)
	return ln
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

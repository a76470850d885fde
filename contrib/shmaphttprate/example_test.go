package shmaphttprate_test

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/go-chi/httprate"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/shmaphttprate"
)

// clientIP is the address that a request comes from. Behind a proxy it is another matter: see httprate.CanonicalizeIP.
func clientIP(r *http.Request) (string, error) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return httprate.CanonicalizeIP(host), err
}

// A limit of two requests an hour for each client, over all processes of a machine.
func Example() {
	path := filepath.Join("/dev/shm", fmt.Sprint("example-rate-", os.Getpid()))
	defer shmap.Unlink(path)

	counter, err := shmaphttprate.Open(path, shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer counter.Close()
	limit := httprate.LimitBy(2, time.Hour, clientIP, httprate.WithLimitCounter(counter))
	handler := limit(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "welcome") }))

	for range 3 {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
		fmt.Print(answer.Code, " ", answer.Body)
	}
	// Output:
	// 200 welcome
	// 200 welcome
	// 429 Too Many Requests
}

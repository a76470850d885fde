package shmapthrottled_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/throttled/throttled/v2"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/shmapthrottled"
)

// Two requests at once for each path and then one an hour, over all processes of a machine.
func Example() {
	path := filepath.Join("/dev/shm", fmt.Sprint("example-throttled-", os.Getpid()))
	defer shmap.Unlink(path)

	store, err := shmapthrottled.Open(path, shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	quota := throttled.RateQuota{MaxRate: throttled.PerHour(1), MaxBurst: 1}
	limiter, err := throttled.NewGCRARateLimiterCtx(store, quota)
	if err != nil {
		log.Fatal(err)
	}
	limit := throttled.HTTPRateLimiterCtx{RateLimiter: limiter, VaryBy: &throttled.VaryBy{Path: true}}
	handler := limit.RateLimit(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "welcome") }))

	for range 3 {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
		fmt.Print(answer.Code, " ", answer.Body)
	}
	// Output:
	// 200 welcome
	// 200 welcome
	// 429 limit exceeded
}

package shmapprom_test

import (
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/shmapprom"
)

// A page with the metrics of a map.
func Example() {
	m, err := shmap.Anonymous[string, int64](shmap.Options{Capacity: 1000})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	_ = m.Store("hits", 1)
	prometheus.MustRegister(shmapprom.New("pages", m))

	page := httptest.NewRecorder() // http.Handle("/metrics", promhttp.Handler())
	promhttp.Handler().ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(page.Body.String()) {
		if strings.HasPrefix(line, "shmap_entries") || strings.HasPrefix(line, "shmap_capacity") {
			fmt.Print(line)
		}
	}
	// Output:
	// shmap_capacity_entries{map="pages"} 1000
	// shmap_entries{map="pages"} 1
}

package web

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/dict"
)

// metric is one number of every map.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*served.Map, *dict.Stats) float64
}

// collector reads the maps when it is asked.
type collector struct {
	maps    *served.Maps
	up      *prometheus.Desc
	metrics []metric
	server  []serverMetric
}

// serverMetric is one number of the server.
type serverMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func() float64
}

// newCollector names what package contrib/shmapprom shows as that does. Transactions are not shown: each shard counts them modulo
// 2^32, and a counter may not go back.
func newCollector(maps *served.Maps) *collector {
	c := &collector{maps: maps, up: prometheus.NewDesc("shmap_up", "1 if the map can be read, 0 if it is corrupt.", []string{"map"}, nil)}
	gauge := func(name, help string, f func(*dict.Stats) uint64) {
		c.add(name, help, prometheus.GaugeValue, func(_ *served.Map, s *dict.Stats) float64 { return float64(f(s)) })
	}
	counter := func(name, help string, f func(*dict.Stats) uint64) {
		c.add(name, help, prometheus.CounterValue, func(_ *served.Map, s *dict.Stats) float64 { return float64(f(s)) })
	}
	gauge("shmap_entries", "Entries, expired ones that nobody has met yet included.", func(s *dict.Stats) uint64 { return s.Entries })
	gauge("shmap_capacity_entries", "Entries beyond which others are evicted; 0 is no limit.", func(s *dict.Stats) uint64 { return s.Capacity })
	gauge("shmap_max_entries", "Entries beyond which stores are refused; 0 is no limit.", func(s *dict.Stats) uint64 { return s.MaxEntries })
	gauge("shmap_max_bytes", "Memory that the file may hold; 0 is no limit.", func(s *dict.Stats) uint64 { return s.MaxBytes })
	gauge("shmap_file_bytes", "Memory allocated to the file.", func(s *dict.Stats) uint64 { return s.FileBytes })
	gauge("shmap_bucket_bytes", "Backed memory of the buckets.", func(s *dict.Stats) uint64 { return s.BucketBytes })
	gauge("shmap_blob_bytes", "Backed memory of the strings.", func(s *dict.Stats) uint64 { return s.BlobBytes })
	gauge("shmap_buckets", "Main buckets.", func(s *dict.Stats) uint64 { return s.Buckets })
	gauge("shmap_overflow_buckets", "Overflow buckets in use.", func(s *dict.Stats) uint64 { return s.Overflows })
	gauge("shmap_shards", "Independent parts.", func(s *dict.Stats) uint64 { return uint64(len(s.Shards)) })
	gauge("shmap_participants", "Handles attached for writing.", func(s *dict.Stats) uint64 { return uint64(s.Participants) })
	gauge("shmap_frozen", "1 if the map is frozen.", func(s *dict.Stats) uint64 {
		if s.Frozen {
			return 1
		}
		return 0
	})
	gauge("shmap_fullest_shard_entries", "Entries of the shard that has most.", func(s *dict.Stats) (most uint64) {
		for i := range s.Shards {
			most = max(most, s.Shards[i].Entries)
		}
		return most
	})
	counter("shmap_evictions_total", "Entries evicted.", func(s *dict.Stats) uint64 { return s.Evictions })
	counter("shmap_expirations_total", "Entries expired and removed.", func(s *dict.Stats) uint64 { return s.Expirations })
	counter("shmap_recoveries_total", "Shards repaired after the death of a lock holder.", func(s *dict.Stats) uint64 { return s.Recoveries })
	counter("shmap_locks_contended_total", "Locks found held.", func(s *dict.Stats) uint64 { return s.Contended })
	counter("shmap_lock_waits_total", "Locks found held and slept for.", func(s *dict.Stats) uint64 { return s.LockWaits })
	counter("shmap_lock_sleeps_total", "Sleeps for locks.", func(s *dict.Stats) uint64 { return s.LockSleeps })
	c.add("shmap_server_hits_total", "Reads by clients of this server that found the key.", prometheus.CounterValue,
		func(m *served.Map, _ *dict.Stats) float64 { return float64(m.Hits.Load()) })
	c.add("shmap_server_misses_total", "Reads by clients of this server that did not find the key.", prometheus.CounterValue,
		func(m *served.Map, _ *dict.Stats) float64 { return float64(m.Misses.Load()) })

	c.server = []serverMetric{
		{prometheus.NewDesc("shmap_server_resp_commands_total", "RESP commands.", nil, nil), prometheus.CounterValue,
			func() float64 { return float64(maps.Commands.Load()) }},
		{prometheus.NewDesc("shmap_server_resp_connections", "Open RESP connections.", nil, nil), prometheus.GaugeValue,
			func() float64 { return float64(maps.Connections.Load()) }},
		{prometheus.NewDesc("shmap_server_http_requests_total", "HTTP requests.", nil, nil), prometheus.CounterValue,
			func() float64 { return float64(maps.Requests.Load()) }},
	}
	return c
}

func (c *collector) add(name, help string, kind prometheus.ValueType, f func(*served.Map, *dict.Stats) float64) {
	c.metrics = append(c.metrics, metric{prometheus.NewDesc(name, help, []string{"map"}, nil), kind, f})
}

// Describe names the metrics.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	out <- c.up
	for _, m := range c.metrics {
		out <- m.desc
	}
	for _, m := range c.server {
		out <- m.desc
	}
}

// Collect reads the maps. One that cannot be read is down, and has no other numbers.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	for _, m := range c.maps.All {
		st, err := m.Snapshot()
		up := 1.0
		if err != nil || m.Broken() != nil {
			up = 0
		}
		out <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, up, m.Label())
		if err != nil {
			continue
		}
		for _, one := range c.metrics {
			out <- prometheus.MustNewConstMetric(one.desc, one.kind, one.value(m, &st), m.Label())
		}
	}
	for _, one := range c.server {
		out <- prometheus.MustNewConstMetric(one.desc, one.kind, one.value())
	}
}

// metrics answers Prometheus.
func (s *Server) metrics() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(newCollector(s.o.Maps), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

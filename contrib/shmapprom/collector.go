// Package shmapprom shows the counters of maps to Prometheus (github.com/prometheus/client_golang). It knows the fields of
// shmap.Stats and what to call them; of the map it uses the public API alone.
//
// What is added to a program is one line for each map:
//
//	prometheus.MustRegister(shmapprom.New("sessions", m))
//
// Metrics that begin with shmap_handle_ are counts of this process's handle. All others are read from the shared memory and are
// the same whichever process is asked: where several are scraped take max() of them, not sum(). Stats.Transactions is not among
// them: each shard counts those modulo 2^32, and a counter of Prometheus may not go back.
//
// A scrape reads a few words of each shard, and takes no lock.
package shmapprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/shmap-go/shmap"
)

// Map is what the collector needs of a map: a *shmap.Map of any types.
type Map interface {
	Stats() shmap.Stats
}

// New returns a collector of the statistics of m. All its metrics have the label map with the given name. Hits and misses are
// counted if the map was opened with Options.CountHits. A closed map has shmap_up 0 and nothing else.
func New(name string, m Map) prometheus.Collector {
	c := &collector{m: m, up: prometheus.NewDesc("shmap_up", "Whether the map is open: 1, or 0 for closed.", nil,
		prometheus.Labels{"map": name})}
	for _, def := range metrics {
		desc := prometheus.NewDesc("shmap_"+def.name, def.help, nil, prometheus.Labels{"map": name})
		c.descs = append(c.descs, desc)
	}
	return c
}

type collector struct {
	m     Map
	up    *prometheus.Desc
	descs []*prometheus.Desc // of metrics
}

// Describe sends the descriptions of all metrics.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.up
	for _, d := range c.descs {
		ch <- d
	}
}

// Collect sends the metrics as they are.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	s := c.m.Stats()
	open := s.FileBytes > 0 // no map is without a header; the statistics of a closed one are zero
	ch <- prometheus.MustNewConstMetric(c.up, gauge, number(open))
	if !open {
		return
	}
	for i, def := range metrics {
		ch <- prometheus.MustNewConstMetric(c.descs[i], def.kind, def.value(&s))
	}
}

const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
)

type metric struct {
	name, help string
	kind       prometheus.ValueType
	value      func(*shmap.Stats) float64
}

var metrics = []metric{
	{"entries", "Entries; expired ones that nobody has met yet included.", gauge, of(func(s *shmap.Stats) uint64 { return s.Entries })},
	{"capacity_entries", "Entries beyond which others are evicted; 0 is no limit.", gauge, of(func(s *shmap.Stats) uint64 { return s.Capacity })},
	{"max_entries", "Entries beyond which new ones are refused; 0 is no limit.", gauge, of(func(s *shmap.Stats) uint64 { return s.MaxEntries })},
	{"max_bytes", "Limit of the memory in bytes; 0 is no limit.", gauge, of(func(s *shmap.Stats) uint64 { return s.MaxBytes })},
	{"file_bytes", "Memory that the map occupies, in bytes.", gauge, of(func(s *shmap.Stats) uint64 { return s.FileBytes })},
	{"bucket_bytes", "Memory of the buckets, in bytes.", gauge, of(func(s *shmap.Stats) uint64 { return s.BucketBytes })},
	{"blob_bytes", "Memory of strings of 8 bytes and more, in bytes.", gauge, of(func(s *shmap.Stats) uint64 { return s.BlobBytes })},
	{"buckets", "Main buckets.", gauge, of(func(s *shmap.Stats) uint64 { return s.Buckets })},
	{"overflow_buckets", "Buckets where one was not enough.", gauge, of(func(s *shmap.Stats) uint64 { return s.Overflows })},
	{"shards", "Parts that can be written at the same time.", gauge, func(s *shmap.Stats) float64 { return float64(len(s.Shards)) }},
	{"participants", "Handles attached for writing, in all processes.", gauge, func(s *shmap.Stats) float64 { return float64(s.Participants) }},
	{"frozen", "Whether the map is frozen: 1, or 0.", gauge, func(s *shmap.Stats) float64 { return number(s.Frozen) }},
	{"evictions_total", "Entries that made room for others.", counter, of(func(s *shmap.Stats) uint64 { return s.Evictions })},
	{"expirations_total", "Entries removed after their deadline.", counter, of(func(s *shmap.Stats) uint64 { return s.Expirations })},
	{"recoveries_total", "Shards repaired after the death of a process.", counter, of(func(s *shmap.Stats) uint64 { return s.Recoveries })},
	{"locks_contended_total", "Locks that a writer found held.", counter, of(func(s *shmap.Stats) uint64 { return s.Contended })},
	{"lock_waits_total", "Locks that a writer slept for.", counter, of(func(s *shmap.Stats) uint64 { return s.LockWaits })},
	{"lock_sleeps_total", "Times that writers slept for locks.", counter, of(func(s *shmap.Stats) uint64 { return s.LockSleeps })},
	{"handle_hits_total", "Loads that found the key, with CountHits.", counter, of(func(s *shmap.Stats) uint64 { return s.Hits })},
	{"handle_misses_total", "Loads that did not find the key, with CountHits.", counter, of(func(s *shmap.Stats) uint64 { return s.Misses })},
	{"handle_read_retries_total", "Times that a read started again.", counter, of(func(s *shmap.Stats) uint64 { return s.ReadRetries })},
	{"handle_journal_reads_total", "Reads beside an unfinished write.", counter, of(func(s *shmap.Stats) uint64 { return s.JournalReads })},
	{"handle_locked_reads_total", "Reads that took the lock.", counter, of(func(s *shmap.Stats) uint64 { return s.LockedReads })},
}

func of(field func(*shmap.Stats) uint64) func(*shmap.Stats) float64 {
	return func(s *shmap.Stats) float64 { return float64(field(s)) }
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

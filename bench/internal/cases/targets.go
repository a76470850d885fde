package cases

import (
	_ "embed" // the reasons are part of the program
	"regexp"
	"strings"

	"github.com/shmap-go/shmap/bench/internal/report"
)

// Names of peers.
const (
	rwMap      = "map+RWMutex"
	muMap      = "map+Mutex"
	syncMap    = "sync.Map"
	xsyncMap   = "xsync.Map"
	chase      = "pointer chase"
	singles    = "single loads"
	freeCache  = "freecache"
	fastCache  = "fastcache"
	otterPeer  = "otter"
	clockPeer  = "shmap with clock"
	noTTL      = "shmap without TTL"
	payload    = "payload"
	peak       = "peak"
	stringMap  = "map[string]string"
	oneProcess = "one process"
	fastest    = "the fastest"

	// What has no target, but says where a limit is.
	mutexAlone = "Mutex without a map"
	clockAlone = "time.Now"
	noStore    = "no store"
	noMap      = "no map"
	scattered  = "independent random access"
)

// A goal is the largest ratio of ours to a peer's cost that is good enough.
type goal struct {
	line  string // of the list of targets, which may have several goals
	cases string // a regular expression for whole names
	peer  string
	ratio float64
}

// goals are the targets. Throughputs are costs of one operation here: 1.8 times the throughput is a ratio of 1/1.8.
func goals() []goal {
	return []goal{
		{"int64 get hit, 25 K: a built-in map under RWMutex", "int64/get/25K", rwMap, 1.0},
		{"int64 get hit, 25 K and 1 M: sync.Map, xsync.Map", "int64/get/(25K|1M)", syncMap, 0.3},
		{"int64 get hit, 25 K and 1 M: sync.Map, xsync.Map", "int64/get/(25K|1M)", xsyncMap, 1.1},
		{"int64 update and add, 25 K: xsync.Map", "int64/(update|add)/25K", xsyncMap, 0.4},
		{"int64 update and add, 25 K: a built-in map under Mutex", "int64/(update|add)/25K", muMap, 1.1},
		{"int64 get hit, 10 M: dependent random access", "int64/get/10M", chase, 1.1},
		{"LoadMany in batches of 256, 10 M: single loads", "int64/loadmany/10M", singles, 0.35},
		{"string get: a built-in map under RWMutex, freecache", "string/get/(short|long)", rwMap, 1.0},
		{"string get: a built-in map under RWMutex, freecache", "string/get/(short|long)", freeCache, 0.3},
		{"string store: a built-in map under RWMutex, freecache", "string/store/(short|long)", rwMap, 1.0},
		{"string store: a built-in map under RWMutex, freecache", "string/store/(short|long)", freeCache, 0.4},
		{"insert with growth, 1 M and 10 M: a built-in map under Mutex", "insert/(1M|10M)", muMap, 1.2},
		{"longest store while growing to 10 M: that of a built-in map", "longest-store/10M", muMap, 0.02},
		{"cache get hit and store into a full cache, 25 K and 1 M: otter", "cache/get(-s3)?/(25K|1M)", otterPeer, 0.3},
		{"cache get hit and store into a full cache, 25 K and 1 M: otter", "cache/store(-s3)?/(25K|1M)", otterPeer, 0.4},
		{"hit ratio: otter", meanMisses, otterPeer, 1.0}, // of each trace it is in points: see misses
		{"get in a map with TTL: without", "ttl/get/permanent", noTTL, 1.15},
		{"get in a map with TTL: without", "ttl/get/deadline", noTTL, 1.6},
		{"two processes: one process", "procs/read/2", oneProcess, 1 / 1.8},
		{"two processes: one process", "procs/(write|half)/2", oneProcess, 1 / 1.6},
		{"two processes: LMDB, Hash::SharedMem, Redis, memcached", "procs/(read|half)/2", "LMDB", 1. / 20}, // half: the lesser
		{"two processes: LMDB, Hash::SharedMem, Redis, memcached", "procs/write/2", "LMDB", 1. / 50},
		{"two processes: LMDB, Hash::SharedMem, Redis, memcached", "procs/(read|write|half)/2", "Hash::SharedMem", 1. / 10},
		{"two processes: LMDB, Hash::SharedMem, Redis, memcached", "procs/(read|write|half)/2", "Redis", 1. / 50},
		{"two processes: LMDB, Hash::SharedMem, Redis, memcached", "procs/(read|write|half)/2", "memcached", 1. / 50},
		{"one hot counter, two processes: one process", "procs/hot/2", oneProcess, 1 / 0.5},
		{"one hot counter, two processes: one process", "procs/hot-slowest/2", fastest, 1 / 0.3},
		{"cost growth, 10^3 to 10^8: a built-in map, dependent random access", "size/get/1e[345]", rwMap, 1.0},
		{"cost growth, 10^3 to 10^8: a built-in map, dependent random access", "size/get/1e[678]", chase, 1.2},
		{"bytes an entry, 10 M: payload", "bytes/int64/10M", payload, 30. / 16},
		{"bytes an entry, 10 M: payload", "bytes/int32/10M", payload, 16. / 8},
		{"bytes an entry, 10 M: payload", "bytes/int16/64K", payload, 10. / 4},
		{"memory given back after deleting 90 %: peak", "given-back/10M", peak, 0.35},
		{"garbage collection with 10 M entries: a built-in map", "gc/(pause|cpu)/10M", stringMap, 0.05},
	}
}

// find returns the goal for a case against a peer.
func find(name, peer string) (goal, bool) {
	for _, g := range goals() {
		if g.peer == peer && regexp.MustCompile("^("+g.cases+")$").MatchString(name) {
			return g, true
		}
	}
	if peer == otterPeer && strings.HasPrefix(name, "misses-percent/") {
		return goal{line: "hit ratio: otter"}, true
	}
	return goal{}, false
}

// target is the ratio that is good enough for a case against a peer, 0 if there is none.
func target(name, peer string) float64 {
	g, _ := find(name, peer)
	return g.ratio
}

// Targets counts the rows that belong to each line of the list of targets, and those that are good enough.
func Targets(rows []report.Row) []report.Target {
	var out []report.Target
	at := map[string]int{}
	for _, g := range goals() {
		if _, ok := at[g.line]; !ok {
			at[g.line] = len(out)
			out = append(out, report.Target{Line: g.line})
		}
	}
	for _, r := range rows {
		if g, ok := find(r.Case, r.Peer); ok {
			t := &out[at[g.line]]
			t.Rows++
			if r.OK != nil && *r.OK {
				t.Met++
			}
		}
	}
	return out
}

//go:embed reasons.txt
var reasons string

// Reason is why a row misses its target, as far as somebody has found out and written it down in reasons.txt.
func Reason(r report.Row) string {
	for line := range strings.Lines(reasons) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		part := strings.SplitN(strings.TrimSpace(line), " | ", 3)
		if len(part) == 3 && part[1] == r.Peer && regexp.MustCompile("^("+part[0]+")$").MatchString(r.Case) {
			return part[2]
		}
	}
	return ""
}

package cases

import "regexp"

// A goal is the largest ratio of ours to a peer's cost that is good enough.
type goal struct {
	cases, peer string // a regular expression for the whole name; the name
	ratio       float64
}

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
	noTTL      = "shmap without TTL"
	payload    = "payload"
	peak       = "peak"
	stringMap  = "map[string]string"
	oneProcess = "one process"
)

// goals are the targets. Throughputs are costs of one operation here: 1.8 times the throughput is a ratio of 1/1.8.
func goals() []goal {
	return []goal{
		{"int64/get/25K", rwMap, 1.0},
		{"int64/get/(25K|1M)", syncMap, 0.3},
		{"int64/get/(25K|1M)", xsyncMap, 1.1},
		{"int64/(update|add)/25K", xsyncMap, 0.4},
		{"int64/(update|add)/25K", muMap, 1.1},
		{"int64/get/10M", chase, 1.1},
		{"int64/loadmany/10M", singles, 0.35},
		{"string/(get|store)/(short|long)", rwMap, 1.0},
		{"string/get/(short|long)", freeCache, 0.3},
		{"string/store/(short|long)", freeCache, 0.4},
		{"insert/(1M|10M)", muMap, 1.2},
		{"longest-store/10M", muMap, 0.02},
		{"cache/get/(25K|1M)", otterPeer, 0.3},
		{"cache/store/(25K|1M)", otterPeer, 0.4},
		{"ttl/get/permanent", noTTL, 1.15},
		{"ttl/get/deadline", noTTL, 1.6},
		{"size/get/1e[345]", rwMap, 1.0},
		{"size/get/1e[678]", chase, 1.2},
		{"bytes/int64/10M", payload, 30. / 16},
		{"bytes/int32/10M", payload, 16. / 8},
		{"bytes/int16/64K", payload, 10. / 4},
		{"given-back/10M", peak, 0.35},
		{"procs/read/2", oneProcess, 1 / 1.8},
		{"procs/(write|half)/2", oneProcess, 1 / 1.6},
		{"procs/(read|half)/2", "LMDB", 1. / 20}, // half and half: the lesser of the two
		{"procs/write/2", "LMDB", 1. / 50},
		{"procs/(read|write|half)/2", "Hash::SharedMem", 1. / 10},
		{"procs/(read|write|half)/2", "Redis", 1. / 50},
		{"procs/(read|write|half)/2", "memcached", 1. / 50},
		{"procs/hot/2", oneProcess, 1 / 0.5},
		{"procs/hot-slowest/2", "the fastest", 1 / 0.3},
		{"gc/(pause|cpu)/10M", stringMap, 0.05},
	}
}

// target is the goal for a case against a peer, 0 if there is none.
func target(name, peer string) float64 {
	for _, g := range goals() {
		if g.peer == peer && regexp.MustCompile("^("+g.cases+")$").MatchString(name) {
			return g.ratio
		}
	}
	return 0
}

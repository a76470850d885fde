package shmap

import (
	"io/fs"
	"reflect"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// Policy is what a map with a Capacity does when it is full.
type Policy = layout.Policy

// Policies.
const (
	// PolicyNone refuses new entries. A map with a Capacity has PolicyClock instead.
	PolicyNone Policy = layout.PolicyNone
	// PolicyClock evicts the entry whose last write is longest ago, except that an entry that was read since then
	// gets a second chance (the CLOCK algorithm of F. J. Corbató, "A Paging Experiment with the Multics System",
	// 1968).
	PolicyClock Policy = layout.PolicyClock
	// PolicyS3 keeps scans and loops from pushing out what is asked for again and again: a new entry is on trial
	// until it is read, written again, or comes back soon after its eviction; of the others goes the one that was
	// used in the fewest of the last rounds (S3-FIFO by Juncheng Yang and others, "FIFO queues are all you need for
	// cache eviction", SOSP 2023, changed as docs/decisions/007-eviction-policy.md says). Over six real traces and
	// two made ones it hits in 50.3 % of the requests where PolicyClock does in 44.9 % (the same document), at the
	// cost of a few more stores for each new entry.
	PolicyS3 Policy = layout.PolicyS3
)

// Permanent is the time to live that [Map.TTL] and [Map.LoadTTL] report for an entry without a deadline.
const Permanent = dict.Permanent

// Options describe a map that is to be created, and the handle on it. The zero value of each field is its default.
// An existing map keeps the properties it was created with; of these options only ReadOnly, LockTimeout and
// CountHits then count.
type Options struct {
	// MaxEntries is how many entries the map may hold. A new key beyond it is refused with ErrFull. 0 is no limit.
	MaxEntries uint64

	// Capacity is how many entries the map holds before a new key evicts another one, as Policy says. 0 is no
	// limit.
	Capacity uint64

	// MaxBytes is how many bytes of memory the map may hold, everything counted. Beyond it a map with a Capacity
	// evicts, others refuse with ErrFull. 0 is no limit but that of the format, 2^40.
	MaxBytes uint64

	// TTL is the time to live of an entry that is stored without one of its own, in steps of a millisecond,
	// rounded up. 0 is permanent.
	TTL time.Duration

	// EnableTTL makes room for deadlines though TTL is 0: entries are permanent unless stored with a deadline.
	EnableTTL bool

	// Policy chooses the victims. With a Capacity, PolicyNone means PolicyClock, the behaviour of the map that this
	// one is modelled on; PolicyS3 has the better hit ratios.
	Policy Policy

	// RecencySkip is the percentage (0 to 99) of writes to present keys that leave the recency list as it is. It
	// trades precision of the eviction for speed. With PolicyS3 it means nothing: no write moves an entry.
	RecencySkip int

	// Shards is the number of parts that can be written at the same time, rounded up to a power of two, at most
	// 1,024. 0 chooses by the limits. 1 gives one exact order of recency and lets a batch of any keys be atomic.
	Shards int

	// Mode is the permission of a new file, exactly: the umask takes nothing away. 0 is 0600: for the owner alone.
	Mode fs.FileMode

	// ReadOnly maps the memory without permission to write. The file must exist. Others may write it at the same
	// time.
	ReadOnly bool

	// LockTimeout is the longest time that a write waits for a lock that a live process holds; then it fails with
	// ErrBusy. 0 waits as long as it takes. A dead process is never waited for.
	LockTimeout time.Duration

	// CountHits makes this handle count hits and misses (Stats).
	CountHits bool
}

// dict adds the stored types of K and V, which decide how the map is laid out.
func (o Options) dict(key, value layout.Kind) dict.Options {
	return dict.Options{
		Key:         key,
		Value:       value,
		MaxEntries:  o.MaxEntries,
		Capacity:    o.Capacity,
		MaxBytes:    o.MaxBytes,
		TTL:         o.TTL,
		EnableTTL:   o.EnableTTL,
		Policy:      o.Policy,
		RecencySkip: o.RecencySkip,
		Shards:      o.Shards,
		Mode:        o.Mode,
		ReadOnly:    o.ReadOnly,
		LockTimeout: o.LockTimeout,
		CountHits:   o.CountHits,
	}
}

// optionsOf is the inverse of Options.dict.
func optionsOf(d dict.Options) Options {
	return Options{
		MaxEntries:  d.MaxEntries,
		Capacity:    d.Capacity,
		MaxBytes:    d.MaxBytes,
		TTL:         d.TTL,
		EnableTTL:   d.EnableTTL,
		Policy:      d.Policy,
		RecencySkip: d.RecencySkip,
		Shards:      d.Shards,
		Mode:        d.Mode,
		ReadOnly:    d.ReadOnly,
		LockTimeout: d.LockTimeout,
		CountHits:   d.CountHits,
	}
}

// kindOf is the stored type of T. Only opening a map asks: the operations need the size alone (convert_unsafe.go).
func kindOf[T Value]() layout.Kind {
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Int16:
		return layout.Int16
	case reflect.Int32:
		return layout.Int32
	case reflect.Int64:
		return layout.Int64
	case reflect.Uint16:
		return layout.Uint16
	case reflect.Uint32:
		return layout.Uint32
	case reflect.Uint64:
		return layout.Uint64
	default: // ~string and ~[]byte: the constraint admits nothing else
		return layout.String
	}
}

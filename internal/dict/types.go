// Package dict is the untyped map: every operation over a whole map, with keys and values as words and strings. It
// knows shards and how an operation is spread over them; it must not know bytes, locks or files.
package dict

import (
	"io/fs"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
)

// Datum is a key or a value. For an integer kind W holds its bits, zero-extended to 64; for layout.String S holds
// the bytes, which are read during the call and not kept.
type Datum struct {
	W uint64
	S string
}

// Options are the properties of a map. Those of an existing map win; only Key, Value, ReadOnly, LockTimeout and
// CountHits say something about the handle. The zero value of each field is its default.
type Options struct {
	Key, Value  layout.Kind
	MaxEntries  uint64        // entries beyond this are refused with ErrFull; 0 is no limit
	Capacity    uint64        // entries beyond this evict others (Policy); 0 is no limit
	MaxBytes    uint64        // bytes of memory the file may hold; 0 is no limit
	TTL         time.Duration // default time to live of entries; 0 is none
	EnableTTL   bool          // deadlines are possible though TTL is 0
	Policy      layout.Policy // with Capacity set, PolicyNone means PolicyClock
	RecencySkip int           // percent (0-99) of the moves to the head of the recency list that are left out
	Shards      int           // power of two up to 1024, rounded up; 0 picks by the limits
	Mode        fs.FileMode   // of a new file; 0 is 0600
	ReadOnly    bool          // map the memory read-only; the file must exist
	LockTimeout time.Duration // longest wait for a lock of a live process, then ErrBusy; 0 waits as long as it takes
	CountHits   bool          // count hits and misses of this handle
	Hash        layout.Hash   // tests only: degenerate hash functions
}

// OpCode names a mutation of one key.
type OpCode uint8

// Mutations of one key. Every one leaves in Op.Found whether the key was present before.
const (
	OpStore            OpCode = iota // insert or overwrite
	OpInsert                         // only if absent
	OpReplace                        // only if present
	OpSwap                           // as OpStore, and returns the old value
	OpLoadOrStore                    // insert if absent; returns the value that is there afterwards
	OpCompareAndSwap                 // overwrite with Val if the value equals Old
	OpCompareAndDelete               // delete if the value equals Old; returns the deleted value
	OpDelete                         // delete
	OpLoadAndDelete                  // delete and return the old value
	OpAdd                            // integer values: add Val.W (wraps), missing counts as 0; returns the new value
	OpAddChecked                     // as OpAdd, but ErrOverflow instead of wrapping
	OpMax                            // integer values: keep the larger; returns the value that is there afterwards
	OpMin                            // integer values: keep the smaller; returns the value that is there afterwards
	OpTouch                          // deadline back to the default TTL and recency refreshed, if present
	OpPersist                        // remove the deadline, if present
	OpExpire                         // set the deadline as TTLMode says, if present
)

// TTLMode says which deadline an operation gives.
type TTLMode uint8

// Deadline modes.
const (
	TTLDefault  TTLMode = iota // the map's default TTL for a new entry; an existing one as the rules of Op say
	TTLExplicit                // Op.TTL from now; 0 or less is permanent
	TTLAt                      // at Op.At
	TTLNew                     // Op.TTL from now if the operation makes the entry, else TTLDefault (counters)
)

// Op is one mutation of one key: what is wanted, and after Do what happened.
type Op struct {
	Code OpCode
	Mode TTLMode
	Key  Datum
	Val  Datum
	Old  Datum         // for the comparing operations
	TTL  time.Duration // rounded up to milliseconds
	At   time.Time
	Dst  []byte // the returned string value is appended to Dst; nil allocates exactly

	Found bool   // the key was present before
	Done  bool   // the operation changed the map, or would have if the value were different already
	W     uint64 // the returned integer value
	B     []byte // Dst with the returned string value appended
}

// ReadFlag says how a load treats the entry it finds.
type ReadFlag uint8

// Read flags.
const (
	ReadVisit ReadFlag = 1 << iota // counts as an access for eviction
	ReadTTL                        // report the time to live
	ReadNoVal                      // presence only
)

// Permanent is the TTL reported for an entry without a deadline.
const Permanent time.Duration = -1

// Loaded is what a load found.
type Loaded struct {
	Found bool
	W     uint64        // integer value
	B     []byte        // dst with the string value appended
	TTL   time.Duration // with ReadTTL: what is left, Permanent without deadline
}

// Entry is one entry as iteration and the popping operations return it; its strings are the caller's.
type Entry struct {
	Key, Val Datum
}

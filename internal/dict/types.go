// Package dict is the untyped map: every operation over a whole map, with keys and values as words and strings. It
// knows shards and how an operation is spread over them; it must not know bytes, locks or files.
package dict

import (
	"io/fs"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/shard"
)

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
	Seed        uint64        // tests only: of the hash; 0 is a random one
	Now         func() uint64 // tests only: the clock, map time in milliseconds
}

// The vocabulary of single-key operations is the shards'.
type (
	Datum    = shard.Datum
	Op       = shard.Op
	OpCode   = shard.OpCode
	TTLMode  = shard.TTLMode
	ReadFlag = shard.ReadFlag
	Loaded   = shard.Loaded
	Entry    = shard.Entry
)

// Mutations of one key; see package shard.
const (
	OpStore            = shard.OpStore
	OpInsert           = shard.OpInsert
	OpReplace          = shard.OpReplace
	OpSwap             = shard.OpSwap
	OpLoadOrStore      = shard.OpLoadOrStore
	OpCompareAndSwap   = shard.OpCompareAndSwap
	OpCompareAndDelete = shard.OpCompareAndDelete
	OpDelete           = shard.OpDelete
	OpLoadAndDelete    = shard.OpLoadAndDelete
	OpAdd              = shard.OpAdd
	OpAddChecked       = shard.OpAddChecked
	OpMax              = shard.OpMax
	OpMin              = shard.OpMin
	OpTouch            = shard.OpTouch
	OpPersist          = shard.OpPersist
	OpExpire           = shard.OpExpire
)

// Deadline modes and read flags; see package shard.
const (
	TTLDefault  = shard.TTLDefault
	TTLExplicit = shard.TTLExplicit
	TTLAt       = shard.TTLAt
	TTLNew      = shard.TTLNew

	ReadVisit = shard.ReadVisit
	ReadTTL   = shard.ReadTTL
	ReadNoVal = shard.ReadNoVal

	Permanent = shard.Permanent
)

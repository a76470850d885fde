package shard

import (
	"time"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// Datum is a key or a value. For an integer kind W holds its bits, zero-extended to 64; for layout.String S holds
// the bytes, which are read during the call and not kept.
type Datum struct {
	W uint64
	S string
}

// OpCode names a mutation of one key.
type OpCode uint8

// Mutations of one key. Every one leaves in Op.Found whether the key was present before.
const (
	OpStore            OpCode = iota // insert or overwrite
	OpInsert                         // only if absent
	OpReplace                        // only if present
	OpSwap                           // as OpStore, and returns the old value
	OpLoadOrStore                    // insert if absent; returns the value that was there (an inserted integer as well)
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
	TTLDefault  TTLMode = iota // the map's default TTL for a new entry; an existing one as the rules of deadlineFor say
	TTLExplicit                // Op.TTL from now; 0 and Permanent are permanent, less has expired at once
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
	Mute bool   // of OpStore: nobody asks for Found, which may be true though the entry expired meanwhile
	Dst  []byte // the returned string value is appended to Dst; nil allocates exactly

	Found bool   // the key was present before
	Done  bool   // the operation changed the map, or would have if the value were different already
	W     uint64 // the returned integer value
	B     []byte // Dst with the returned string value appended

	key   table.Key // Key made ready, by Prepare
	tried bool      // the short way into a full cache was tried
}

// indifferent reports whether the operation comes to the same whether there is an entry or not.
func (op *Op) indifferent() bool { return op.Code == OpStore && op.Mute && op.Mode != TTLNew }

// Prepare makes the key ready and returns its hash.
func (op *Op) Prepare(c *layout.Config) uint64 {
	op.key = ReadyKey(c, op.Key)
	return op.key.Hash
}

// ReadyKey makes a key ready for looking up.
func ReadyKey(c *layout.Config, d Datum) table.Key {
	return table.Ready(c, d.W, d.S)
}

// overwrites reports whether the operation may store a value over another one.
func (c OpCode) overwrites() bool {
	switch c {
	case OpStore, OpReplace, OpSwap, OpCompareAndSwap, OpAdd, OpAddChecked, OpMax, OpMin:
		return true
	}
	return false
}

// removes reports whether the operation may take an entry out.
func (c OpCode) removes() bool {
	return c == OpDelete || c == OpLoadAndDelete || c == OpCompareAndDelete
}

// returns reports whether the operation hands a value back that stood in the map before.
func (c OpCode) returns() bool {
	switch c {
	case OpSwap, OpLoadOrStore, OpCompareAndDelete, OpLoadAndDelete:
		return true
	}
	return false
}

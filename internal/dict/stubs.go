package dict

import (
	"errors"
	"time"
)

// Map is one handle on a map.
type Map struct{}

var errStub = errors.New("not built yet")

// Open opens or creates the map at path.
func Open(path string, o Options) (*Map, error) { return nil, errStub }

// Anonymous creates a map in a memfd.
func Anonymous(o Options) (*Map, error) { return nil, errStub }

// FromFD attaches the map behind a descriptor (it is duplicated, not taken).
func FromFD(fd int, o Options) (*Map, error) { return nil, errStub }

// Options returns the properties of the map as stored.
func (m *Map) Options() Options { return Options{} }

// Do carries out one mutation.
func (m *Map) Do(op *Op) error { return errStub }

// Load reads one key.
func (m *Map) Load(key Datum, dst []byte, f ReadFlag) (Loaded, error) { return Loaded{}, errStub }

// StoreMany stores pairs; n says how many were stored before an error.
func (m *Map) StoreMany(keys, vals []Datum, mode TTLMode, ttl time.Duration, atomic bool) (n int, err error) {
	return 0, errStub
}

// LoadMany reads keys; out[i] belongs to keys[i].
func (m *Map) LoadMany(keys []Datum, out []Loaded) error { return errStub }

// DeleteMany deletes keys; n says how many were present.
func (m *Map) DeleteMany(keys []Datum, atomic bool) (n int, err error) { return 0, errStub }

// PopOldest removes the entry at the tail of the recency list (any entry without a policy).
func (m *Map) PopOldest() (Entry, bool, error) { return Entry{}, false, errStub }

// PopNewest removes the entry at the head of the recency list (any entry without a policy).
func (m *Map) PopNewest() (Entry, bool, error) { return Entry{}, false, errStub }

// Drain removes up to n entries from the tail and returns them in that order.
func (m *Map) Drain(n int) ([]Entry, error) { return nil, errStub }

// FlushExpired removes up to n expired entries (all for n <= 0); done says that a whole round was finished.
func (m *Map) FlushExpired(n int) (removed int, done bool, err error) { return 0, false, errStub }

// Len is the number of entries, expired ones that nobody has met yet included.
func (m *Map) Len() int { return 0 }

// Clear removes everything, shard by shard.
func (m *Map) Clear() error { return errStub }

// Reserve grows the table for n entries in all.
func (m *Map) Reserve(n int) error { return errStub }

// Freeze makes the map read-only for everybody, for ever.
func (m *Map) Freeze() error { return errStub }

// Frozen reports whether the map is frozen.
func (m *Map) Frozen() bool { return false }

// ReadOnly reports whether this handle is read-only.
func (m *Map) ReadOnly() bool { return false }

// Sync writes the memory to the storage behind it.
func (m *Map) Sync() error { return errStub }

// Close ends the handle.
func (m *Map) Close() error { return errStub }

// FD returns a new descriptor of the map's file, close-on-exec set, for exec.Cmd.ExtraFiles or a socket.
func (m *Map) FD() (int, error) { return -1, errStub }

// Path is the path the map was opened by; empty for an anonymous one.
func (m *Map) Path() string { return "" }

// Check walks everything and returns the broken invariants, one sentence each.
func (m *Map) Check() ([]string, error) { return nil, errStub }

// Cursor is an independent position in the iteration order. It is not safe for concurrent use.
type Cursor struct{}

// Cursor returns a cursor at the start.
func (m *Map) Cursor() *Cursor { return &Cursor{} }

// Next returns the next entry; ok is false at the end.
func (c *Cursor) Next() (e Entry, ok bool, err error) { return Entry{}, false, errStub }

// Reset goes back to the start.
func (c *Cursor) Reset() {}

// Seek makes key the next entry that Next returns, if it is present; else nothing changes.
func (c *Cursor) Seek(key Datum) (bool, error) { return false, errStub }

// Stats is a snapshot of a map's counters. Every field is a count or a number of bytes.
type Stats struct {
	Entries      uint64        `json:"entries"`
	Capacity     uint64        `json:"capacity"`      // 0: no limit
	MaxEntries   uint64        `json:"max_entries"`   // 0: no limit
	MaxBytes     uint64        `json:"max_bytes"`     // 0: no limit
	FileBytes    uint64        `json:"file_bytes"`    // memory allocated to the file (blocks)
	BucketBytes  uint64        `json:"bucket_bytes"`  // backed bytes of the bucket arrays
	BlobBytes    uint64        `json:"blob_bytes"`    // backed bytes of string storage
	Buckets      uint64        `json:"buckets"`       // main buckets
	Overflows    uint64        `json:"overflows"`     // overflow buckets in use
	LongestChain uint64        `json:"longest_chain"` // buckets in the longest chain (only with detail)
	Evictions    uint64        `json:"evictions"`
	Expirations  uint64        `json:"expirations"`
	Recoveries   uint64        `json:"recoveries"` // shards repaired after the death of a lock holder
	LockWaits    uint64        `json:"lock_waits"`
	ReadRetries  uint64        `json:"read_retries"` // of this handle
	Hits         uint64        `json:"hits"`         // of this handle, with CountHits
	Misses       uint64        `json:"misses"`       // of this handle, with CountHits
	Participants int           `json:"participants"` // attached writable handles
	TTL          time.Duration `json:"ttl_ns"`
	Frozen       bool          `json:"frozen"`
	ReadOnly     bool          `json:"read_only"`
	Shards       []ShardStats  `json:"shards"`
}

// ShardStats is the part of one shard.
type ShardStats struct {
	Entries   uint64 `json:"entries"`
	Buckets   uint64 `json:"buckets"`
	Overflows uint64 `json:"overflows"`
	Evictions uint64 `json:"evictions"`
	LockWaits uint64 `json:"lock_waits"`
}

// Stats returns a snapshot. With detail it also walks the table for the length of chains.
func (m *Map) Stats(detail bool) (Stats, error) { return Stats{}, errStub }

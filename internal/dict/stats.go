package dict

import (
	"runtime"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
)

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
func (m *Map) Stats(detail bool) (Stats, error) {
	defer runtime.KeepAlive(m.seg)
	c := m.seg.Env.Config
	st := Stats{Capacity: c.Capacity, MaxEntries: c.MaxEntries, MaxBytes: c.MaxBytes, TTL: time.Duration(c.TTL) * time.Millisecond,
		ReadRetries: m.seg.Env.Retries.Load(), Hits: m.hits.Load(), Misses: m.misses.Load(),
		Participants: m.seg.Participants(), Frozen: m.Frozen(), ReadOnly: m.ReadOnly()}
	blocks, err := m.seg.Blocks()
	if err != nil {
		return st, err
	}
	st.FileBytes = blocks
	for i := range m.seg.Shards {
		s := &m.seg.Shards[i]
		one := ShardStats{Entries: s.Stat(layout.ShCount), Buckets: s.Buckets(), Overflows: s.Stat(layout.ShOverUsed),
			Evictions: s.Stat(layout.ShEvictions), LockWaits: s.Stat(layout.ShLockWaits)}
		st.Shards = append(st.Shards, one)
		st.Entries += one.Entries
		st.Buckets += one.Buckets
		st.Overflows += one.Overflows
		st.Evictions += one.Evictions
		st.LockWaits += one.LockWaits
		st.Expirations += s.Stat(layout.ShExpirations)
		st.Recoveries += s.Stat(layout.ShRecoveries)
		st.BucketBytes += s.Backed(layout.VecMain) + s.Backed(layout.VecOver)
		st.BlobBytes += s.Backed(layout.VecChunk)
		if detail {
			n, err := s.LongestChain()
			if err != nil {
				return st, err
			}
			st.LongestChain = max(st.LongestChain, n)
		}
	}
	return st, m.closed()
}

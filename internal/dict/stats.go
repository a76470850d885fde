package dict

import (
	"runtime"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/shard"
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
	Transactions uint64        `json:"transactions"`
	Evictions    uint64        `json:"evictions"`
	Expirations  uint64        `json:"expirations"`
	Recoveries   uint64        `json:"recoveries"`    // shards repaired after the death of a lock holder
	Contended    uint64        `json:"contended"`     // locks that were found held
	LockWaits    uint64        `json:"lock_waits"`    // of them, those slept for
	LockSleeps   uint64        `json:"lock_sleeps"`   // sleeps for them
	ReadRetries  uint64        `json:"read_retries"`  // of this handle
	JournalReads uint64        `json:"journal_reads"` // of this handle
	LockedReads  uint64        `json:"locked_reads"`  // of this handle
	Hits         uint64        `json:"hits"`          // of this handle, with CountHits
	Misses       uint64        `json:"misses"`        // of this handle, with CountHits
	Participants int           `json:"participants"`  // attached writable handles
	TTL          time.Duration `json:"ttl_ns"`
	Frozen       bool          `json:"frozen"`
	ReadOnly     bool          `json:"read_only"`
	Shards       []ShardStats  `json:"shards"`
}

// ShardStats is the part of one shard.
type ShardStats struct {
	Entries      uint64 `json:"entries"`
	Buckets      uint64 `json:"buckets"`
	Overflows    uint64 `json:"overflows"`
	Transactions uint64 `json:"transactions"` // modulo 2^32
	Evictions    uint64 `json:"evictions"`
	Expirations  uint64 `json:"expirations"`
	Recoveries   uint64 `json:"recoveries"`
	Contended    uint64 `json:"contended"`
	LockWaits    uint64 `json:"lock_waits"`
	LockSleeps   uint64 `json:"lock_sleeps"`
	ReadRetries  uint64 `json:"read_retries"`
	JournalReads uint64 `json:"journal_reads"`
	LockedReads  uint64 `json:"locked_reads"`
}

func statsOf(s *shard.Shard) ShardStats {
	reads := s.Reads()
	return ShardStats{Entries: s.Stat(layout.ShCount), Buckets: s.Buckets(), Overflows: s.Stat(layout.ShOverUsed),
		Transactions: layout.Hi(s.Stat(layout.ShJournal)), Evictions: s.Stat(layout.ShEvictions),
		Expirations: s.Stat(layout.ShExpirations), Recoveries: s.Stat(layout.ShRecoveries),
		Contended: s.Stat(layout.ShContended), LockWaits: s.Stat(layout.ShLockWaits), LockSleeps: s.Stat(layout.ShLockSleeps),
		ReadRetries: reads.Retries.Load(), JournalReads: reads.Through.Load(), LockedReads: reads.Locked.Load()}
}

// add adds one shard to the sums.
func (st *Stats) add(one ShardStats) {
	st.Shards = append(st.Shards, one)
	st.Entries += one.Entries
	st.Buckets += one.Buckets
	st.Overflows += one.Overflows
	st.Transactions += one.Transactions
	st.Evictions += one.Evictions
	st.Expirations += one.Expirations
	st.Recoveries += one.Recoveries
	st.Contended += one.Contended
	st.LockWaits += one.LockWaits
	st.LockSleeps += one.LockSleeps
	st.ReadRetries += one.ReadRetries
	st.JournalReads += one.JournalReads
	st.LockedReads += one.LockedReads
}

// Stats returns a snapshot. With detail it also walks the table for the length of chains.
func (m *Map) Stats(detail bool) (Stats, error) {
	defer runtime.KeepAlive(m.seg)
	c := m.seg.Env.Config
	st := Stats{Capacity: c.Capacity, MaxEntries: c.MaxEntries, MaxBytes: c.MaxBytes, TTL: time.Duration(c.TTL) * time.Millisecond,
		Hits: m.hits.Load(), Misses: m.misses.Load(),
		Participants: m.seg.Participants(), Frozen: m.Frozen(), ReadOnly: m.ReadOnly()}
	blocks, err := m.seg.Blocks()
	if err != nil {
		return st, err
	}
	st.FileBytes = blocks
	for i := range m.seg.Shards {
		s := &m.seg.Shards[i]
		st.add(statsOf(s))
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

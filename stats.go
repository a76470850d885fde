package shmap

import (
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// Stats are the counters of a map at one moment; those of different shards are read one after the other. Every
// field is a count or a number of bytes unless it says otherwise.
type Stats struct {
	Entries      uint64        `json:"entries"`       // expired ones that nobody has met yet included
	Capacity     uint64        `json:"capacity"`      // Options.Capacity; 0 is no limit
	MaxEntries   uint64        `json:"max_entries"`   // Options.MaxEntries; 0 is no limit
	MaxBytes     uint64        `json:"max_bytes"`     // Options.MaxBytes; 0 is no limit
	FileBytes    uint64        `json:"file_bytes"`    // memory that the file occupies
	BucketBytes  uint64        `json:"bucket_bytes"`  // of it, for buckets
	BlobBytes    uint64        `json:"blob_bytes"`    // of it, for strings of 8 bytes and more
	Buckets      uint64        `json:"buckets"`       // main buckets, of 7 entries each
	Overflows    uint64        `json:"overflows"`     // further buckets where 7 were not enough
	LongestChain uint64        `json:"longest_chain"` // buckets in the longest chain; only in DetailedStats
	Transactions uint64        `json:"transactions"`  // changes of more than one word, since the map was made; each shard counts modulo 2^32
	Evictions    uint64        `json:"evictions"`     // entries that made room for others, since the map was made
	Expirations  uint64        `json:"expirations"`   // entries removed after their deadline, since the map was made
	Recoveries   uint64        `json:"recoveries"`    // shards repaired after the death of a process, since the map was made
	Contended    uint64        `json:"contended"`     // locks of shards that a writer found held, since the map was made
	LockWaits    uint64        `json:"lock_waits"`    // of them, those that it slept for; the others it got while spinning
	LockSleeps   uint64        `json:"lock_sleeps"`   // times that writers slept for them, each for at most 250 µs
	ReadRetries  uint64        `json:"read_retries"`  // times that a read of this handle started again
	JournalReads uint64        `json:"journal_reads"` // reads of this handle beside an unfinished write, through its undo log
	LockedReads  uint64        `json:"locked_reads"`  // reads of this handle that gave up on that, and took the lock
	Hits         uint64        `json:"hits"`          // loads of this handle that found the key, with Options.CountHits
	Misses       uint64        `json:"misses"`        // loads of this handle that did not, with Options.CountHits
	Participants int           `json:"participants"`  // handles attached for writing
	TTL          time.Duration `json:"ttl_ns"`        // Options.TTL
	Frozen       bool          `json:"frozen"`
	ReadOnly     bool          `json:"read_only"` // this handle
	Shards       []ShardStats  `json:"shards"`
}

// ShardStats is the part of one shard in [Stats]. Its fields are those of the same names there: the shards that writers wait
// for, or that readers start again in, are those with a key that is written often. Every insertion and deletion is a
// transaction, and a few for the table are; an integer or a short string that is overwritten in a map without deadlines and
// policy is none, so that Transactions does not count every write.
type ShardStats = dict.ShardStats

// Stats returns the counters of the map, all zero if it is closed. It reads a few words of each shard and takes no
// lock.
func (m *Map[K, V]) Stats() Stats {
	s, err := m.d.Stats(false)
	if err != nil {
		return Stats{}
	}
	return Stats(s)
}

// DetailedStats is Stats with LongestChain, for which it walks through the whole table.
func (m *Map[K, V]) DetailedStats() (Stats, error) {
	s, err := m.d.Stats(true)
	if err != nil {
		return Stats{}, err
	}
	return Stats(s), nil
}

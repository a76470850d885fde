package watch

import (
	"encoding/json"
	"time"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
)

// Format is the number of the form of a Report. Fields may be added to it; one that goes or changes its meaning raises the
// number.
const Format = 1

// Report is samples for scripts. Bytes are bytes, times are RFC 3339, rates are a second; docs/TOP.md says what each is.
type Report struct {
	Format int         `json:"format"`
	At     time.Time   `json:"at"`
	Maps   []MapReport `json:"maps"` // in the order of the arguments
}

// MapReport is one map.
type MapReport struct {
	Path   string `json:"path"`
	Error  string `json:"error,omitempty"` // then there is no more
	*Found        // nothing of it in case of an error
}

// Found is what is known of a map.
type Found struct {
	Key         string  `json:"key"` // types
	Value       string  `json:"value"`
	Policy      string  `json:"policy"`
	Capacity    uint64  `json:"capacity"` // 0: no limit
	MaxEntries  uint64  `json:"max_entries"`
	MaxBytes    uint64  `json:"max_bytes"`
	TTL         int64   `json:"ttl_ns"`
	Frozen      bool    `json:"frozen"`
	Entries     uint64  `json:"entries"`
	FileBytes   uint64  `json:"file_bytes"`
	BucketBytes uint64  `json:"bucket_bytes"`
	BlobBytes   uint64  `json:"blob_bytes"`
	Load        float64 `json:"load"` // entries a slot, 0 to 1

	Table
	Counts
	PerSecond *Rates  `json:"per_second"` // null without --interval
	Seconds   float64 `json:"seconds"`    // that PerSecond is of

	Handle       Handle              `json:"this_handle"`
	Participants []ParticipantReport `json:"participants"`
	Values       *Values             `json:"values"` // null for values that are no integers
	Shards       []ShardReport       `json:"shards"`
	Trouble      []string            `json:"trouble,omitempty"` // what could not be read
}

// Table is the shape of a table, or of the part of one shard.
type Table struct {
	Buckets      uint64   `json:"buckets"`
	Overflows    uint64   `json:"overflows"`
	Chains       []uint64 `json:"chains"`        // of 1, 2, ... buckets, the last of 8 and more; of those looked at
	LongestChain uint64   `json:"longest_chain"` // of those
	ChainsMissed uint64   `json:"chains_missed"` // not looked at
}

// Counts are since the map was made, by all processes.
type Counts struct {
	Transactions uint64 `json:"transactions"` // each shard counts modulo 2^32
	Evictions    uint64 `json:"evictions"`
	Expirations  uint64 `json:"expirations"`
	Recoveries   uint64 `json:"recoveries"`
	Contended    uint64 `json:"contended"`
	LockWaits    uint64 `json:"lock_waits"`
	LockSleeps   uint64 `json:"lock_sleeps"`
}

// Handle is what the handle of the observer itself has met.
type Handle struct {
	ReadRetries  uint64 `json:"read_retries"`
	JournalReads uint64 `json:"journal_reads"`
}

// ParticipantReport is one handle that is attached for writing.
type ParticipantReport struct {
	Number      int            `json:"number"`
	Incarnation uint64         `json:"incarnation"`
	PID         int            `json:"pid"`     // in its own PID namespace
	Process     *ProcessReport `json:"process"` // null if it cannot be seen from here
}

// ProcessReport is its process in the PID namespace of the observer.
type ProcessReport struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Started time.Time `json:"started"`
}

// Values is what is known of the values of a map of integers.
type Values struct {
	Walked    int             `json:"walked"` // keys compared with the sample before
	All       bool            `json:"all"`    // these were all keys
	PerSecond float64         `json:"per_second"`
	Hottest   []CounterReport `json:"hottest"`
}

// CounterReport is a key whose value changed.
type CounterReport struct {
	Key       json.RawMessage `json:"key"` // as the exec command spells it
	Value     json.RawMessage `json:"value"`
	PerSecond float64         `json:"per_second"`
}

// ShardReport is one shard.
type ShardReport struct {
	Entries uint64  `json:"entries"`
	Load    float64 `json:"load"`
	Table
	Counts
	PerSecond *Rates `json:"per_second"`
}

// MakeReport puts samples into the form for scripts.
func MakeReport(at time.Time, samples []*Sample) Report {
	r := Report{Format: Format, At: at, Maps: []MapReport{}}
	for _, s := range samples {
		m := MapReport{Path: s.Path}
		if s.Err != nil {
			m.Error = s.Err.Error()
		} else {
			m.Found = found(s)
		}
		r.Maps = append(r.Maps, m)
	}
	return r
}

func found(s *Sample) *Found {
	st, o := &s.Stats, &s.Options
	f := &Found{
		Key: o.Key.String(), Value: o.Value.String(), Policy: o.Policy.String(), Capacity: o.Capacity, MaxEntries: o.MaxEntries,
		MaxBytes: o.MaxBytes, TTL: o.TTL.Nanoseconds(), Frozen: st.Frozen, Entries: st.Entries, FileBytes: st.FileBytes,
		BucketBytes: st.BucketBytes, BlobBytes: st.BlobBytes, Load: s.Load(),
		Table:  table(st.Buckets, st.Overflows, &s.Chains),
		Counts: Counts{st.Transactions, st.Evictions, st.Expirations, st.Recoveries, st.Contended, st.LockWaits, st.LockSleeps},
		Handle: Handle{st.ReadRetries, st.JournalReads}, Seconds: s.Elapsed.Seconds(), Participants: []ParticipantReport{},
		Shards: []ShardReport{},
	}
	if s.Elapsed > 0 {
		f.PerSecond = &s.Rates
	}
	for _, p := range s.Participants {
		one := ParticipantReport{Number: p.Number, Incarnation: p.Incarnation, PID: p.PID}
		if p.Process.PID != 0 {
			one.Process = &ProcessReport{p.Process.PID, p.Process.Command, p.Process.Started}
		}
		f.Participants = append(f.Participants, one)
	}
	for i := range s.Shards {
		f.Shards = append(f.Shards, shardReport(&s.Shards[i], s.Elapsed > 0))
	}
	if o.Value.Bits() != 0 {
		f.Values = values(o, &s.Counters)
	}
	for _, err := range s.Trouble {
		f.Trouble = append(f.Trouble, err.Error())
	}
	return f
}

func table(buckets, overflows uint64, c *Chains) Table {
	return Table{Buckets: buckets, Overflows: overflows, Chains: c.Chains[:], LongestChain: c.Longest,
		ChainsMissed: c.Of - min(c.Of, c.Walked())}
}

func shardReport(s *Shard, rates bool) ShardReport {
	r := ShardReport{Entries: s.Entries, Load: s.Load, Table: table(s.Buckets, s.Overflows, &s.Chains),
		Counts: Counts{Transactions: s.Transactions, Evictions: s.Evictions, Expirations: s.Expirations,
			Recoveries: s.Recoveries, Contended: s.Contended, LockWaits: s.LockWaits, LockSleeps: s.LockSleeps}}
	if rates {
		r.PerSecond = &s.Rates
	}
	return r
}

func values(o *dict.Options, c *Counters) *Values {
	v := &Values{Walked: c.Walked, All: c.All, PerSecond: c.Sum, Hottest: []CounterReport{}}
	for _, h := range c.Hot {
		v.Hottest = append(v.Hottest, CounterReport{Key: word.AppendJSON(nil, o.Key, h.Key),
			Value: word.AppendJSON(nil, o.Value, h.Value), PerSecond: h.PerSecond})
	}
	return v
}

// Load is entries a slot over the whole map.
func (s *Sample) Load() float64 {
	weight := 0.0
	for i := range s.Shards {
		weight += s.Shards[i].Load * float64(s.Shards[i].Buckets+s.Shards[i].Overflows)
	}
	return weight / max(1, float64(s.Stats.Buckets+s.Stats.Overflows))
}

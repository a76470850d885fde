package watch

import (
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// Sample is a map at one moment.
type Sample struct {
	Path     string
	At       time.Time
	Err      error // why there is nothing else
	Options  dict.Options
	Stats    dict.Stats
	Elapsed  time.Duration // since the sample before; 0 for the first of a file, which has no rates
	Rates    Rates
	Shards   []Shard
	Chains   Chains // of all shards
	Replaced int    // times that another file was found at the path

	Participants []Participant // attached for writing
	Counters     Counters
	Trouble      []error // of parts that could not be read
}

// Shard is one shard at one moment.
type Shard struct {
	dict.ShardStats
	Load   float64 // entries a slot, 0 to 1
	Chains Chains
	Rates  Rates
}

// Rates are changes a second, by all processes together.
type Rates struct {
	Entries      float64 `json:"entries"` // net
	Transactions float64 `json:"transactions"`
	Evictions    float64 `json:"evictions"`
	Expirations  float64 `json:"expirations"`
	Recoveries   float64 `json:"recoveries"`
	Contended    float64 `json:"contended"`
	LockWaits    float64 `json:"lock_waits"`
	LockSleeps   float64 `json:"lock_sleeps"`
}

// Participant is one that is alive, with what is known of its process.
type Participant struct {
	dict.Participant
	Process Process
}

// reading is what the next sample is compared with.
type reading struct {
	at time.Time
	st dict.Stats
}

// Sample reads the map. Without detail it leaves out what takes a walk: chains, counters and processes.
func (w *Map) Sample(detail bool) *Sample {
	s := &Sample{Path: w.path}
	s.Err = w.with(func() error { return w.sample(s, detail) })
	s.At = w.now()
	return s
}

func (w *Map) sample(s *Sample, detail bool) error {
	st, err := w.d.Stats(false)
	if err != nil {
		return err
	}
	now := reading{w.now(), st}
	s.Options, s.Stats, s.Replaced = w.o, st, w.replaced
	s.Shards = make([]Shard, len(st.Shards))
	slots := float64(w.d.BucketSlots())
	for i, one := range st.Shards {
		s.Shards[i] = Shard{ShardStats: one, Load: float64(one.Entries) / max(1, slots*float64(one.Buckets+one.Overflows))}
	}
	if w.last != nil {
		s.compare(w.last, &now)
	}
	w.last = &now
	if detail {
		w.walk(s)
	}
	return nil
}

// walk fills in what takes more than a few words of each shard.
func (w *Map) walk(s *Sample) {
	note := func(err error) {
		if err != nil {
			s.Trouble = append(s.Trouble, err)
		}
	}
	note(w.survey(s))
	all, err := w.d.Participants()
	note(err)
	s.Participants = w.attached(all)
	if w.counters != nil {
		s.Counters, err = w.counters.look(w.now())
		note(err)
	}
}

// compare computes the rates from one reading to the next.
func (s *Sample) compare(a, b *reading) {
	s.Elapsed = b.at.Sub(a.at)
	if s.Elapsed <= 0 {
		s.Elapsed = 0
		return
	}
	per := func(from, to uint64) float64 { return float64(int64(to-from)) / s.Elapsed.Seconds() }
	for i := range s.Shards {
		x, y := a.st.Shards[i], b.st.Shards[i]
		r := Rates{
			Entries:      per(x.Entries, y.Entries),
			Transactions: per(0, uint64(uint32(y.Transactions-x.Transactions))),
			Evictions:    per(x.Evictions, y.Evictions),
			Expirations:  per(x.Expirations, y.Expirations),
			Recoveries:   per(x.Recoveries, y.Recoveries),
			Contended:    per(x.Contended, y.Contended),
			LockWaits:    per(x.LockWaits, y.LockWaits),
			LockSleeps:   per(x.LockSleeps, y.LockSleeps),
		}
		s.Shards[i].Rates = r
		s.Rates.add(r)
	}
}

func (r *Rates) add(one Rates) {
	r.Entries += one.Entries
	r.Transactions += one.Transactions
	r.Evictions += one.Evictions
	r.Expirations += one.Expirations
	r.Recoveries += one.Recoveries
	r.Contended += one.Contended
	r.LockWaits += one.LockWaits
	r.LockSleeps += one.LockSleeps
}

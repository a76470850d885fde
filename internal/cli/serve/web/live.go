package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/dict"
)

// A map is looked at once a second; the last five minutes are kept for the charts.
const (
	period = time.Second
	kept   = 300
)

// maxShown is how many participants a live event and a page name.
const maxShown = 64

// sample is what the charts show of one moment. Counts are from the beginning of the map.
type sample struct {
	Time        int64  `json:"time_ms"` // since 1970
	Entries     uint64 `json:"entries"`
	FileBytes   uint64 `json:"file_bytes"`
	BucketBytes uint64 `json:"bucket_bytes"`
	BlobBytes   uint64 `json:"blob_bytes"`
	Evictions   uint64 `json:"evictions"`
	Expirations uint64 `json:"expirations"`
	Contended   uint64 `json:"contended"`
	LockSleeps  uint64 `json:"lock_sleeps"`
	Recoveries  uint64 `json:"recoveries"`
	Changes     uint64 `json:"transactions"`
	Hits        uint64 `json:"hits"`   // of this server's clients
	Misses      uint64 `json:"misses"` // of this server's clients
}

// moment is a sample with what is shown of the present alone.
type moment struct {
	sample
	Frozen       bool               `json:"frozen"`
	Shards       []uint64           `json:"shards"` // entries of each
	Participants []dict.Participant `json:"participants"`
	Problem      string             `json:"problem,omitempty"` // why the map cannot be looked at
}

// feed is the recent past of one map, and those who wait for what comes.
type feed struct {
	mu      sync.Mutex
	past    []sample
	now     moment
	changed chan struct{} // closed when now changes
}

func newFeed() *feed { return &feed{changed: make(chan struct{})} }

func (f *feed) add(m moment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now = m; m.Problem == "" {
		if len(f.past) == kept {
			copy(f.past, f.past[1:])
			f.past = f.past[:kept-1]
		}
		f.past = append(f.past, m.sample)
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

// latest is the last moment, and a channel that is closed when there is another.
func (f *feed) latest() (moment, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now, f.changed
}

// Watch looks at the maps once a second, until ctx ends.
func (s *Server) Watch(ctx context.Context) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		for i, m := range s.o.Maps.All {
			s.feeds[i].add(look(m))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look is how a map is doing at this moment.
func look(m *served.Map) (now moment) {
	now.Time = time.Now().UnixMilli()
	err := m.Guard(func() error {
		st, err := m.Map.Stats(false)
		if err != nil {
			return err
		}
		now.Entries, now.FileBytes, now.BucketBytes, now.BlobBytes = st.Entries, st.FileBytes, st.BucketBytes, st.BlobBytes
		now.Evictions, now.Expirations, now.Recoveries = st.Evictions, st.Expirations, st.Recoveries
		now.Contended, now.LockSleeps, now.Changes, now.Frozen = st.Contended, st.LockSleeps, st.Transactions, st.Frozen
		for _, one := range st.Shards {
			now.Shards = append(now.Shards, one.Entries)
		}
		now.Participants, err = attached(m)
		return err
	})
	now.Hits, now.Misses = m.Hits.Load(), m.Misses.Load()
	if err != nil {
		now.Problem = text(err)
	}
	return now
}

// attached are the participants that live, as many as are shown.
func attached(m *served.Map) ([]dict.Participant, error) {
	all, err := m.Map.Participants()
	alive := []dict.Participant{}
	for _, p := range all {
		if p.Alive && len(alive) < maxShown {
			alive = append(alive, p)
		}
	}
	return alive, err
}

// past is what the charts begin with.
type past struct {
	Period  int64    `json:"period_ms"` // between samples
	Kept    int      `json:"kept"`      // samples at most
	Samples []sample `json:"samples"`
}

func (f *feed) history() past {
	f.mu.Lock()
	defer f.mu.Unlock()
	return past{period.Milliseconds(), kept, append([]sample{}, f.past...)}
}

func (s *Server) history(w http.ResponseWriter, _ *http.Request, m *served.Map) error {
	answer(w, http.StatusOK, s.feeds[m.Number].history())
	return nil
}

// events sends every moment as it comes, as server-sent events.
func (s *Server) events(w http.ResponseWriter, r *http.Request, m *served.Map) error {
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		now, next := s.feeds[m.Number].latest()
		if now.Time != 0 {
			b, err := json.Marshal(now)
			if err != nil {
				return err
			}
			if control.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
				return nil
			}
			if _, err := fmt.Fprintf(w, "data: %s\n\n", b); err != nil || control.Flush() != nil {
				return nil // the browser is gone
			}
		}
		select {
		case <-r.Context().Done(): // or the server ends
			return nil
		case <-next:
		}
	}
}

package web

import (
	"net/http"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/dict"
)

// about is what a map is.
type about struct {
	Number      int    `json:"number"`
	Name        string `json:"name"`
	Path        string `json:"path"`
	Key         string `json:"key"`
	Value       string `json:"value"`
	Policy      string `json:"policy"`
	Capacity    uint64 `json:"capacity"`    // entries beyond which others are evicted; 0 is no limit
	MaxEntries  uint64 `json:"max_entries"` // 0 is no limit
	MaxBytes    uint64 `json:"max_bytes"`   // 0 is no limit
	TTL         int64  `json:"ttl_ms"`      // default time to live; 0 is none
	HasTTL      bool   `json:"has_ttl"`     // entries may have a time to live
	RecencySkip int    `json:"recency_skip_percent"`
	Shards      int    `json:"shards"`
	Writable    bool   `json:"writable"` // by clients of this server
}

func (s *Server) describe(m *served.Map) about {
	p := m.Props
	return about{Number: m.Number, Name: m.Name(), Path: m.Path, Key: p.Key.String(), Value: p.Value.String(), Policy: p.Policy.String(),
		Capacity: p.Capacity, MaxEntries: p.MaxEntries, MaxBytes: p.MaxBytes, TTL: m.TTL.Milliseconds(), HasTTL: m.HasTTL,
		RecencySkip: p.RecencySkip, Shards: p.Shards, Writable: s.o.Maps.Write}
}

// state is a map and how it is doing.
type state struct {
	about
	Entries      uint64 `json:"entries"`
	FileBytes    uint64 `json:"file_bytes"`
	Participants int    `json:"participants"`
	Frozen       bool   `json:"frozen"`
	Health       string `json:"health"` // ok, or what is wrong
}

func (s *Server) state(m *served.Map) state {
	st := state{about: s.describe(m), Health: "ok"}
	d, err := m.Snapshot()
	st.Entries, st.FileBytes, st.Participants, st.Frozen = d.Entries, d.FileBytes, d.Participants, d.Frozen
	if err == nil {
		err = m.Health()
	}
	if err != nil {
		st.Health = text(err)
	}
	return st
}

func (s *Server) states() []state {
	all := make([]state, 0, len(s.o.Maps.All))
	for _, m := range s.o.Maps.All {
		all = append(all, s.state(m))
	}
	return all
}

func (s *Server) listMaps(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"maps": s.states()})
}

func (s *Server) showMap(w http.ResponseWriter, _ *http.Request, m *served.Map) error {
	answer(w, http.StatusOK, s.state(m))
	return nil
}

// stats is what shmap stats --json prints; of a large map the longest chain is that of a part.
func (s *Server) stats(w http.ResponseWriter, r *http.Request, m *served.Map) error {
	st, _, err := m.Stats(r.Context(), surveyTime)
	if err != nil {
		return err
	}
	st.TTL, st.Hits, st.Misses = m.TTL, m.Hits.Load(), m.Misses.Load()
	answer(w, http.StatusOK, st)
	return nil
}

func (s *Server) participants(w http.ResponseWriter, _ *http.Request, m *served.Map) error {
	all, err := m.Map.Participants()
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, map[string][]dict.Participant{"participants": all})
	return nil
}

// health is for whatever starts the server again: 200, or 503 when a map is corrupt or gone. It needs no token, and so it says
// only to those who have one what is wrong.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	type one struct {
		Number int    `json:"number"`
		OK     bool   `json:"ok"`
		Detail string `json:"detail,omitempty"`
	}
	code, all := http.StatusOK, []one{}
	for _, m := range s.o.Maps.All {
		o := one{Number: m.Number, OK: true}
		if err := m.Health(); err != nil {
			code, o.OK = http.StatusServiceUnavailable, false
			if s.trusted(r) {
				o.Detail = text(err)
			}
		}
		all = append(all, o)
	}
	answer(w, code, map[string]any{"ok": code == http.StatusOK, "maps": all})
}

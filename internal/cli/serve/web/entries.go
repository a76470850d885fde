package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// Limits of a page of entries.
const (
	pageEntries = 100                    // unless something else is asked for
	maxEntries  = 1000                   // at most
	pageValue   = 1024                   // bytes of a value
	pageBytes   = 16 << 20               // of keys and values; the bucket with which it is exceeded is the last
	searchTime  = 250 * time.Millisecond // for a prefix; then the page says how far it came
)

// A query asks for a page of entries.
type query struct {
	prefix string
	at     uint64 // position, see dict.Map.Scan
	limit  int
}

func parseQuery(v url.Values) (q query, err error) {
	q = query{prefix: v.Get("prefix"), limit: pageEntries}
	if s := v.Get("cursor"); s != "" {
		if q.at, err = strconv.ParseUint(s, 10, 64); err != nil {
			return q, refuse(http.StatusBadRequest, "the cursor %q is none; begin without one", s)
		}
	}
	if s := v.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxEntries {
			return q, refuse(http.StatusBadRequest, "limit=%s: want 1 to %d", s, maxEntries)
		}
		q.limit = n
	}
	return q, nil
}

// A listing is a page of entries.
type listing struct {
	entries []found
	next    uint64 // where to go on; 0 at the end
	looked  int    // entries that were looked at
}

// found is one entry with the beginning of its value, the length of the whole, and what is left of its time to live.
type found struct {
	dict.Entry
	bytes int
	ttl   time.Duration
}

// keep is an entry for a page, which does not hold large values in memory.
func keep(e dict.Entry, ttl time.Duration) found {
	f := found{e, len(e.Val.S), ttl}
	if f.bytes > pageValue {
		f.Val.S = strings.Clone(clip(e.Val.S, pageValue))
	}
	return f
}

// list reads whole buckets until there are limit entries, so there may be some more, or time is up. No key comes twice on the
// pages of one listing, and none that is there from the first page to the last is missing.
func list(m *served.Map, q query) (l listing, err error) {
	l.next = q.at
	held := 0
	for until := time.Now().Add(searchTime); ; {
		entries, next, err := m.Scan(l.next)
		if err != nil {
			return l, err
		}
		for _, e := range entries {
			l.looked++
			if !strings.HasPrefix(word.Text(m.Props.Key, e.Key), q.prefix) {
				continue
			}
			ttl, ok, err := left(m, e.Key)
			if err != nil {
				return l, err
			}
			if ok {
				f := keep(e, ttl)
				l.entries, held = append(l.entries, f), held+len(f.Key.S)+len(f.Val.S)
			}
		}
		if l.next = next; next == 0 || len(l.entries) >= q.limit || held > pageBytes || time.Now().After(until) {
			return l, nil
		}
	}
}

// left is what is left of an entry's time to live; ok is false if it is gone.
func left(m *served.Map, key dict.Datum) (ttl time.Duration, ok bool, err error) {
	if !m.HasTTL {
		return dict.Permanent, true, nil
	}
	l, err := m.Load(key, nil, dict.ReadTTL|dict.ReadNoVal)
	return l.TTL, l.Found, err
}

// jsonEntry spells an entry as shmap ls --json and exec do: a string that is not UTF-8 is {"base64":...}, and 0 is no deadline.
type jsonEntry struct {
	Key     json.RawMessage `json:"key"`
	Value   json.RawMessage `json:"value"`
	TTL     int64           `json:"ttl_ms"`
	Bytes   *int            `json:"bytes,omitempty"`   // of a string value
	Clipped bool            `json:"clipped,omitempty"` // the value is only the beginning
}

// spell spells an entry.
func (f found) spell(m *served.Map) jsonEntry {
	j := jsonEntry{Key: word.AppendJSON(nil, m.Props.Key, f.Key), Value: word.AppendJSON(nil, m.Props.Value, f.Val)}
	if m.Props.Value == layout.String {
		j.Bytes, j.Clipped = &f.bytes, len(f.Val.S) < f.bytes
	}
	if f.ttl != dict.Permanent {
		j.TTL = max(1, f.ttl.Milliseconds())
	}
	return j
}

// clip is the beginning of s, which does not end inside a character.
func clip(s string, most int) string {
	for n := most; n > most-utf8.UTFMax && n > 0; n-- {
		if utf8.RuneStart(s[n]) {
			return s[:n]
		}
	}
	return s[:most]
}

func (s *Server) listEntries(w http.ResponseWriter, r *http.Request, m *served.Map) error {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	l, err := list(m, q)
	if err != nil {
		return err
	}
	out := struct {
		Entries []jsonEntry `json:"entries"`
		Cursor  *string     `json:"cursor"` // null at the end
		Looked  int         `json:"looked"`
	}{Entries: []jsonEntry{}, Looked: l.looked}
	for _, e := range l.entries {
		out.Entries = append(out.Entries, e.spell(m))
	}
	if l.next != 0 {
		at := strconv.FormatUint(l.next, 10)
		out.Cursor = &at
	}
	answer(w, http.StatusOK, out)
	return nil
}

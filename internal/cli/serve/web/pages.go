package web

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"html/template"
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

// Limits of what pages show.
const (
	surveyTime = 100 * time.Millisecond // for the longest chain
	shownInRow = 120                    // bytes of a key or value in a table
	maxLinked  = 4 << 10                // bytes of a key in the address of its page; a longer one has none
	shownText  = 64 << 10               // bytes of a value on its page
	shownHex   = 4 << 10                // bytes of one that is no text
)

// frame is what every page has.
type frame struct {
	Title string
	Map   *about // of a page about one map
	Write bool   // clients may change the maps
	Token bool   // there is a session to be ended
}

func (s *Server) frame(title string, m *served.Map) frame {
	f := frame{Title: title, Write: s.o.Maps.Write, Token: !s.gate.open}
	if m != nil {
		a := s.describe(m)
		f.Map = &a
	}
	return f
}

// render answers with a page.
func (s *Server) render(w http.ResponseWriter, code int, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = b.WriteTo(w) // who is gone does not miss it
}

func funcs() template.FuncMap {
	return template.FuncMap{"count": count, "size": size, "limit": limit, "ttl": ttlText, "duration": durationText}
}

// count writes a number with thin spaces between thousands.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// size writes a number of bytes.
func size(n uint64) string {
	f, unit := float64(n), "B"
	for _, u := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if f < 1024 {
			break
		}
		f, unit = f/1024, u
	}
	if unit == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, unit)
}

// limit writes a limit in entries.
func limit(n uint64) string {
	if n == 0 {
		return "none"
	}
	return count(n)
}

// ttlText writes what is left of a time to live.
func ttlText(d time.Duration) string {
	switch {
	case d == dict.Permanent:
		return "–"
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
}

func durationText(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }

func (s *Server) overview(w http.ResponseWriter, _ *http.Request) {
	s.render(w, http.StatusOK, "overview.html", struct {
		frame
		Maps []state
	}{s.frame("Maps", nil), s.states()})
}

func (s *Server) mapPage(w http.ResponseWriter, r *http.Request, m *served.Map) error {
	st, chains, err := m.Stats(r.Context(), surveyTime)
	if err != nil {
		return err
	}
	attached, err := attached(m)
	if err != nil {
		return err
	}
	health := ""
	if err := m.Health(); err != nil {
		health = text(err)
	}
	s.render(w, http.StatusOK, "map.html", struct {
		frame
		Stats        dict.Stats
		Chains       uint64 // that were looked at
		PerEntry     string
		Participants []dict.Participant
		Problem      string
		History      past
	}{s.frame(m.Name(), m), st, chains, perEntry(st), attached, health, s.feeds[m.Number].history()})
	return nil
}

// perEntry is the memory of a map shared out among its entries.
func perEntry(st dict.Stats) string {
	if st.Entries == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(st.FileBytes)/float64(st.Entries))
}

// row is an entry of a table.
type row struct {
	Key, Value string
	Link       string // "" for a key that is too long
	Bytes      string // of a string value
	TTL        string
}

func (s *Server) entriesPage(w http.ResponseWriter, r *http.Request, m *served.Map) error {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	l, err := list(m, q)
	if err != nil {
		return err
	}
	page := struct {
		frame
		Prefix, Next string
		First, Text  bool
		Total        uint64
		Looked       int
		Rows         []row
	}{frame: s.frame("Entries of "+m.Name(), m), Prefix: q.prefix, First: q.at == 0, Text: m.Props.Value == layout.String, Total: uint64(m.Len()), Looked: l.looked}
	for _, e := range l.entries {
		o := row{Key: cell(word.Field(m.Props.Key, shorter(e.Key))), Value: cell(word.Field(m.Props.Value, shorter(e.Val))), TTL: ttlText(e.ttl),
			Bytes: count(uint64(e.bytes))}
		if len(e.Key.S) <= maxLinked {
			o.Link = entryLink(m, e.Key)
		}
		page.Rows = append(page.Rows, o)
	}
	if l.next != 0 {
		v := url.Values{"cursor": {strconv.FormatUint(l.next, 10)}}
		if q.prefix != "" {
			v.Set("prefix", q.prefix)
		}
		if q.limit != pageEntries {
			v.Set("limit", strconv.Itoa(q.limit))
		}
		page.Next = fmt.Sprintf("/maps/%d/entries?%s", m.Number, v.Encode())
	}
	s.render(w, http.StatusOK, "entries.html", page)
	return nil
}

// shorter keeps a value from being quoted whole for a cell that shows its beginning.
func shorter(d dict.Datum) dict.Datum {
	if len(d.S) > shownInRow+1 {
		d.S = clip(d.S, shownInRow+1)
	}
	return d
}

// cell is the beginning of a text.
func cell(s string) string {
	if len(s) > shownInRow {
		return clip(s, shownInRow) + "…"
	}
	return s
}

func entryLink(m *served.Map, key dict.Datum) string {
	return fmt.Sprintf("/maps/%d/entry?key=%s", m.Number, url.QueryEscape(word.Text(m.Props.Key, key)))
}

func (s *Server) entryPage(w http.ResponseWriter, r *http.Request, m *served.Map) error {
	key, err := keyOf(r, m)
	if err != nil {
		return err
	}
	e, ttl, err := load(m, key)
	if err != nil {
		return err
	}
	value := word.Text(m.Props.Value, e.Val)
	page := struct {
		frame
		Key, Value, Hex string
		API             string
		Bytes           int
		Clipped, Edit   bool
		TTL             time.Duration
		Permanent       bool
		HasTTL          bool
	}{frame: s.frame("Entry of "+m.Name(), m), Key: cell(word.Field(m.Props.Key, key)), Bytes: len(value), TTL: ttl,
		Permanent: ttl == dict.Permanent, HasTTL: m.HasTTL,
		API: fmt.Sprintf("/api/maps/%d/entry?key=%s", m.Number, url.QueryEscape(word.Text(m.Props.Key, key)))}
	switch {
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		page.Hex, page.Clipped = hex.Dump([]byte(value[:min(len(value), shownHex)])), len(value) > shownHex
	case len(value) > shownText:
		page.Value, page.Clipped = clip(value, shownText), true
	default:
		page.Value = value
		page.Edit = s.o.Maps.Write && !strings.Contains(value, "\r") // which a text field would not keep
	}
	s.render(w, http.StatusOK, "entry.html", page)
	return nil
}

package web

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
)

// keyOf is the key that a request names: in its path, or in ?key=, where every string can stand (many clients make something else
// of a path that ends with the keys "", "." and ".."). Percent-encoding can say every byte.
func keyOf(r *http.Request, m *served.Map) (key dict.Datum, err error) {
	text := r.PathValue("key")
	if text == "" {
		q := r.URL.Query()
		if !q.Has("key") {
			return key, refuse(http.StatusBadRequest, "which entry? say ?key=")
		}
		text = q.Get("key")
	}
	return word.Parse(m.Props.Key, text)
}

// load reads an entry and what is left of its time to live, as one state.
func load(m *served.Map, key dict.Datum) (e dict.Entry, ttl time.Duration, err error) {
	l, err := m.Load(key, nil, dict.ReadTTL)
	if err != nil {
		return e, 0, err
	}
	m.Count(l.Found)
	if !l.Found {
		return e, 0, refuse(http.StatusNotFound, "there is no key %s", word.Field(m.Props.Key, key))
	}
	return dict.Entry{Key: key, Val: dict.Datum{W: l.W, S: string(l.B)}}, l.TTL, nil
}

// getEntry answers with JSON, or with ?raw=1 with the value alone, byte for byte.
func (s *Server) getEntry(w http.ResponseWriter, r *http.Request, m *served.Map) error {
	key, err := keyOf(r, m)
	if err != nil {
		return err
	}
	e, ttl, err := load(m, key)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("raw") == "" {
		if len(e.Val.S) > maxBody {
			return refuse(http.StatusRequestEntityTooLarge, "a value of %d bytes is too large for JSON; say ?raw=1", len(e.Val.S))
		}
		answer(w, http.StatusOK, found{e, len(e.Val.S), ttl}.spell(m))
		return nil
	}
	value := word.Text(m.Props.Value, e.Val)
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", "attachment; filename=value")
	w.Header().Set("Content-Length", strconv.Itoa(len(value)))
	_, _ = io.WriteString(w, value) // who is gone does not miss it
	return nil
}

// putEntry stores the body, byte for byte. ?ttl=90s gives a time to live, 0 none, keep that of the entry; without it the map's
// default counts. If-None-Match: * stores only if there is no such key, If-Match: * only if there is.
func (s *Server) putEntry(w http.ResponseWriter, r *http.Request, m *served.Map) error {
	op, err := s.writing(r, m)
	if err != nil {
		return err
	}
	if err := deadline(&op, r.URL.Query().Get("ttl"), m); err != nil {
		return err
	}
	switch {
	case r.Header.Get("If-None-Match") == "*":
		op.Code = dict.OpInsert
	case r.Header.Get("If-Match") == "*":
		op.Code = dict.OpReplace
	case r.Header.Get("If-None-Match")+r.Header.Get("If-Match") != "":
		return refuse(http.StatusBadRequest, "entries have no tags: If-Match and If-None-Match may only be *")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return err
	}
	if op.Val, err = word.Parse(m.Props.Value, string(body)); err != nil {
		return err
	}
	if err := m.Do(&op); err != nil {
		return err
	}
	if !op.Done {
		if op.Found {
			return refuse(http.StatusPreconditionFailed, "there is such a key already: open it to change it")
		}
		return refuse(http.StatusPreconditionFailed, "there is no such key")
	}
	w.WriteHeader(map[bool]int{false: http.StatusCreated, true: http.StatusNoContent}[op.Found])
	return nil
}

func (s *Server) deleteEntry(w http.ResponseWriter, r *http.Request, m *served.Map) error {
	op, err := s.writing(r, m)
	if err != nil {
		return err
	}
	op.Code = dict.OpDelete
	if err := m.Do(&op); err != nil {
		return err
	}
	if !op.Found {
		return refuse(http.StatusNotFound, "there is no key %s", word.Field(m.Props.Key, op.Key))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// writing is an operation on the key that a request names, if it may write.
func (s *Server) writing(r *http.Request, m *served.Map) (op dict.Op, err error) {
	if !s.o.Maps.Write {
		return op, refuse(http.StatusForbidden, "the server shows the maps and changes nothing; start it with --allow-write")
	}
	op.Key, err = keyOf(r, m)
	return op, err
}

// deadline gives an operation the deadline that a request says. The handle keeps deadlines, so the default is said here.
func deadline(op *dict.Op, text string, m *served.Map) (err error) {
	switch {
	case text == "keep":
		op.Mode, op.TTL = dict.TTLNew, m.TTL
		if m.TTL == 0 {
			op.Mode = dict.TTLDefault
		}
	case text != "":
		op.Mode = dict.TTLExplicit
		op.TTL, err = word.Duration(text)
	case m.HasTTL:
		op.Mode, op.TTL = dict.TTLExplicit, m.TTL
	}
	return err
}

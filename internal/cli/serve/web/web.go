// Package web shows maps over HTTP: pages for people, JSON for programs, metrics for Prometheus. It knows requests and who may
// make them; the maps are served's.
//
// Who can reach a server is not who may use it. Every request passes, in this order: the Host header (a web page that has its name
// resolved to this machine is refused), the origin of a request that writes (a page of somebody else cannot write), the token. The
// pages load nothing from elsewhere, and no script but the one that is embedded here.
package web

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/fault"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed assets
var assets embed.FS

// Timeouts and limits of requests.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 256 << 10 // bytes; a key stands in the first line
	maxBody       = 64 << 20  // bytes of a value
)

// Options say what is shown to whom.
type Options struct {
	Maps  *served.Maps
	Token string   // "" lets everybody in
	Hosts []string // names of this machine in a Host header, besides localhost and addresses
}

// Server shows maps.
type Server struct {
	o      Options
	gate   *gate
	pages  *template.Template
	feeds  []*feed // one a map
	mux    *http.ServeMux
	origin *http.CrossOriginProtection
}

// New returns a server. Its charts need Watch.
func New(o Options) (*Server, error) {
	s := &Server{o: o, gate: newGate(o.Token), mux: http.NewServeMux(), origin: http.NewCrossOriginProtection()}
	var err error
	if s.pages, err = template.New("").Funcs(funcs()).ParseFS(templates, "templates/*.html"); err != nil {
		return nil, err
	}
	for range o.Maps.All {
		s.feeds = append(s.feeds, newFeed())
	}
	s.routes()
	return s, nil
}

func (s *Server) routes() {
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the directory is embedded above
	}
	s.mux.Handle("GET /assets/", http.StripPrefix("/assets/", cached(http.FileServerFS(files))))
	s.mux.HandleFunc("GET /login", s.loginPage)
	s.mux.HandleFunc("POST /login", s.login)
	s.mux.HandleFunc("POST /logout", s.logout)
	s.mux.HandleFunc("GET /healthz", s.health)
	s.mux.Handle("GET /metrics", s.metrics())

	s.mux.HandleFunc("GET /{$}", s.overview)
	s.mux.HandleFunc("GET /maps/{n}", s.on(s.mapPage))
	s.mux.HandleFunc("GET /maps/{n}/entries", s.on(s.entriesPage))
	s.mux.HandleFunc("GET /maps/{n}/entry", s.on(s.entryPage))

	s.mux.HandleFunc("GET /api/maps", s.listMaps)
	s.mux.HandleFunc("GET /api/maps/{n}", s.on(s.showMap))
	s.mux.HandleFunc("GET /api/maps/{n}/stats", s.on(s.stats))
	s.mux.HandleFunc("GET /api/maps/{n}/participants", s.on(s.participants))
	s.mux.HandleFunc("GET /api/maps/{n}/history", s.on(s.history))
	s.mux.HandleFunc("GET /api/maps/{n}/events", s.on(s.events))
	s.mux.HandleFunc("GET /api/maps/{n}/entries", s.on(s.listEntries))
	for _, route := range []string{"/api/maps/{n}/entry", "/api/maps/{n}/entries/{key...}"} {
		s.mux.HandleFunc("GET "+route, s.on(s.getEntry))
		s.mux.HandleFunc("PUT "+route, s.on(s.putEntry))
		s.mux.HandleFunc("DELETE "+route, s.on(s.deleteEntry))
	}
}

// Serve answers requests at ln until ctx ends, and then lets those that have begun end.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	base, stop := context.WithCancel(ctx)
	defer stop()
	h := &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, BaseContext: func(net.Listener) context.Context { return base }}
	done := make(chan error, 1)
	go func() { done <- h.Serve(atMost(ln)) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done(): // and with it the streams of events
	}
	grace, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	err := h.Shutdown(grace)
	<-done // http.ErrServerClosed
	return err
}

// ServeHTTP lets a request pass the checks.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.o.Maps.Requests.Add(1)
	secure(w.Header())
	if !s.knowsHost(r.Host) {
		fail(w, http.StatusMisdirectedRequest, fmt.Errorf("this server does not answer for the host %q; name it: shmap serve --allow-host NAME", r.Host))
		return
	}
	if err := s.origin.Check(r); err != nil {
		fail(w, http.StatusForbidden, fmt.Errorf("refused: %w", err))
		return
	}
	if embedded(r.Header) {
		fail(w, http.StatusForbidden, errors.New("refused: a page of another site asks for this, and would not be told the answer"))
		return
	}
	if !s.admit(w, r) {
		return
	}
	if p := r.URL.EscapedPath(); strings.HasPrefix(p, "/api/") && path.Clean(p) != strings.TrimSuffix(p, "/") { // the mux would lead to another key
		fail(w, http.StatusBadRequest, errors.New("a path with an empty, . or .. part is another one to many clients: percent-encode the slashes of keys, or name the key with /api/maps/N/entry?key="))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// embedded reports whether a browser asks for a page of another site, as an image for example, and not because somebody follows a
// link.
func embedded(h http.Header) bool {
	site := h.Get("Sec-Fetch-Site")
	link := h.Get("Sec-Fetch-Mode") == "navigate" && h.Get("Sec-Fetch-Dest") == "document"
	return (site == "cross-site" || site == "same-site") && !link
}

// secure sets the headers that every answer has.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// cached lets browsers keep what is part of the binary for as long as a page is open.
func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, max-age=60")
		h.ServeHTTP(w, r)
	})
}

// knowsHost reports whether a Host header names this machine. An address does: only a name can be made to lead here by others.
func (s *Server) knowsHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if net.ParseIP(strings.Trim(host, "[]")) != nil || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	for _, name := range s.o.Hosts {
		if strings.EqualFold(name, host) {
			return true
		}
	}
	return false
}

// on finds the map that a request is about and calls f, whose error becomes the answer.
func (s *Server) on(f func(http.ResponseWriter, *http.Request, *served.Map) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n < 0 || n >= len(s.o.Maps.All) {
			s.wrong(w, r, http.StatusNotFound, fmt.Errorf("there is no map %q; the maps are 0 to %d", r.PathValue("n"), len(s.o.Maps.All)-1))
			return
		}
		m := s.o.Maps.All[n]
		if err := m.Guard(func() error { return f(w, r, m) }); err != nil {
			s.wrong(w, r, status(err), err)
		}
	}
}

// A refusal is an error with the status that it is answered with.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// status is the HTTP status of an error.
func status(err error) int {
	var r *refusal
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &r):
		return r.status
	case errors.As(err, &large), errors.Is(err, fault.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	}
	for _, c := range []struct {
		sentinel error
		status   int
	}{
		{word.ErrSyntax, http.StatusBadRequest},
		{word.ErrRange, http.StatusBadRequest},
		{fault.ErrNoTTL, http.StatusBadRequest},
		{fault.ErrReadOnly, http.StatusForbidden},
		{fault.ErrFrozen, http.StatusForbidden},
		{fault.ErrFull, http.StatusInsufficientStorage},
		{fault.ErrNoSpace, http.StatusInsufficientStorage},
		{fault.ErrBusy, http.StatusServiceUnavailable},
	} {
		if errors.Is(err, c.sentinel) {
			return c.status
		}
	}
	return http.StatusInternalServerError
}

// wrong answers with an error: a page for people, JSON for programs.
func (s *Server) wrong(w http.ResponseWriter, r *http.Request, code int, err error) {
	if strings.HasPrefix(r.URL.Path, "/maps/") {
		s.render(w, code, "error.html", struct {
			frame
			Code int
			Text string
		}{s.frame("Error", nil), code, text(err)})
		return
	}
	fail(w, code, err)
}

// fail answers with an error as JSON.
func fail(w http.ResponseWriter, code int, err error) {
	answer(w, code, map[string]string{"error": text(err)})
}

func text(err error) string { return strings.TrimPrefix(err.Error(), "shmap: ") }

// answer answers with v as JSON.
func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // who is gone does not miss it
}

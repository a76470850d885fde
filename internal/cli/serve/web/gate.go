package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// session is how long a browser need not say the token again.
const session = 12 * time.Hour

// cookieName is the name of the cookie of a server at the port that a browser used: cookies do not know ports, and servers at
// others have cookies of their own.
func cookieName(r *http.Request) string {
	const name = "shmap_session"
	_, port, err := net.SplitHostPort(r.Host)
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
		return name
	}
	return name + "_" + port
}

// gate knows the token, and the cookies that it gave to browsers which said it. A cookie is the end of its session and a signature
// by a key of this process: it says nothing about the token, and ends with the process, or when somebody logs out.
type gate struct {
	open  bool // there is no token
	token [sha256.Size]byte
	key   atomic.Pointer[[32]byte]
}

func newGate(token string) *gate {
	g := &gate{open: token == "", token: sha256.Sum256([]byte(token))}
	g.endSessions()
	return g
}

// endSessions makes all cookies worthless.
func (g *gate) endSessions() {
	var key [32]byte
	_, _ = rand.Read(key[:]) // it never fails
	g.key.Store(&key)
}

// knows compares a token in a time that does not say how much of it is right.
func (g *gate) knows(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1
}

func (g *gate) sign(end []byte) []byte {
	mac := hmac.New(sha256.New, g.key.Load()[:])
	mac.Write(end)
	return mac.Sum(nil)
}

// cookie begins a session.
func (g *gate) cookie(r *http.Request) *http.Cookie {
	end := binary.BigEndian.AppendUint64(nil, uint64(time.Now().Add(session).Unix()))
	return &http.Cookie{Name: cookieName(r), Value: encode(append(end, g.sign(end)...)), Path: "/",
		MaxAge: int(session.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// remembers reports whether a request has the cookie of a session that goes on.
func (g *gate) remembers(r *http.Request) bool {
	c, err := r.Cookie(cookieName(r))
	if err != nil {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(b) != 8+sha256.Size {
		return false
	}
	return hmac.Equal(b[8:], g.sign(b[:8])) && int64(binary.BigEndian.Uint64(b)) > time.Now().Unix()
}

// trusted reports whether a request has the token in its header, or the cookie for it.
func (s *Server) trusted(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return s.gate.open || ok && s.gate.knows(token) || s.gate.remembers(r)
}

// admit reports whether a request may go on; if not it has been answered.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	path := r.URL.Path
	if path == "/healthz" || path == "/login" || strings.HasPrefix(path, "/assets/") {
		return true
	}
	if q := r.URL.Query(); !s.gate.open && r.Method == http.MethodGet && q.Has("token") && s.gate.knows(q.Get("token")) { // with a session too
		http.SetCookie(w, s.gate.cookie(r))
		q.Del("token") // it shall not stay in the address bar and the history
		http.Redirect(w, r, local((&url.URL{Path: path, RawQuery: q.Encode()}).String()), http.StatusSeeOther)
		return false
	}
	if s.trusted(r) {
		return true
	}
	if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") && r.Header.Get("Authorization") == "" {
		http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return false
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="shmap"`)
	fail(w, http.StatusUnauthorized, errors.New("a token is needed, and this is not it: send the header Authorization: Bearer TOKEN"))
	return false
}

// local returns to if it is a path of this server, else the first page. Browsers take control characters out of addresses, and a
// backslash for a slash.
func local(to string) string {
	odd := strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' })
	u, err := url.Parse(to)
	if odd || err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		return "/"
	}
	return to
}

// loginForm is what the page for the token shows.
type loginForm struct {
	frame
	Next  string
	Wrong bool
}

func (s *Server) loginPage(w http.ResponseWriter, r *http.Request) {
	if s.gate.open || s.gate.remembers(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.render(w, http.StatusOK, "login.html", loginForm{frame{Title: "Log in"}, local(r.URL.Query().Get("next")), false})
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	next := local(r.PostFormValue("next"))
	if !s.gate.knows(r.PostFormValue("token")) {
		s.render(w, http.StatusUnauthorized, "login.html", loginForm{frame{Title: "Log in"}, next, true})
		return
	}
	http.SetCookie(w, s.gate.cookie(r))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// logout ends all sessions: which one a cookie is of is not kept.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	s.gate.endSessions()
	c := s.gate.cookie(r)
	c.Value, c.MaxAge = "", -1
	http.SetCookie(w, c)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestNames: requests under a name that others can make lead here are refused; pages of others cannot write.
func TestNames(t *testing.T) {
	s := open(t, true, "")
	for host, code := range map[string]int{
		"127.0.0.1:7070": 200, "127.0.0.1": 200, "[::1]:7070": 200, "192.168.1.5:1": 200, "localhost": 200, "LocalHost:7070": 200, "app.localhost:1": 200,
		"cache.example": 200, "cache.example:80": 200, "evil.example": 421, "evil.example:7070": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "": 421,
	} {
		s.want(code, "", "GET", "/api/maps", "", "Host", host)
	}
	for _, c := range []struct {
		code             int
		site, mode, dest string
	}{
		{403, "cross-site", "no-cors", "image"}, {403, "same-site", "cors", "empty"}, {403, "cross-site", "navigate", "iframe"},
		{200, "cross-site", "navigate", "document"}, {200, "none", "navigate", "document"}, {200, "same-origin", "cors", "empty"},
	} {
		s.want(c.code, "", "GET", "/maps/0", "", "Sec-Fetch-Site", c.site, "Sec-Fetch-Mode", c.mode, "Sec-Fetch-Dest", c.dest)
	}
	put := func(code int, headers ...string) {
		t.Helper()
		w := s.ask("PUT", "/api/maps/0/entries/k", "v", headers...)
		if w.Code != code {
			t.Errorf("%q: %d %s, want %d", headers, w.Code, w.Body, code)
		}
	}
	put(201)
	put(204, "Sec-Fetch-Site", "same-origin", "Origin", "http://127.0.0.1:7070")
	put(403, "Sec-Fetch-Site", "cross-site", "Origin", "http://evil.example")
	put(403, "Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:8080")
	put(403, "Origin", "http://127.0.0.1:8080")
	put(403, "Origin", "null")
	put(204, "Origin", "http://127.0.0.1:7070")
}

// TestToken: without the token there is nothing but health, the login and what it looks like; with it, by header, form, or once in the
// address, there is all.
func TestToken(t *testing.T) {
	s := open(t, true, secret)
	for _, target := range []string{"/", "/maps/0", "/maps/0/entries", "/api/maps", "/api/maps/0/stats", "/api/maps/0/events", "/metrics", "/api/maps/0/entries/k", "/nothing"} {
		w := s.want(http.StatusUnauthorized, "token", "GET", target, "")
		if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %v", target, w.Header())
		}
		s.want(http.StatusUnauthorized, "", "GET", target, "", "Authorization", "Bearer "+secret+"x")
		s.want(http.StatusUnauthorized, "", "GET", target, "", "Authorization", secret)
		s.want(http.StatusUnauthorized, "", "GET", target+"?token=wrong", "")
		s.want(http.StatusUnauthorized, "", "GET", target, "", "Cookie", "shmap_session_7070=AAAA")
	}
	s.want(http.StatusUnauthorized, "", "PUT", "/api/maps/0/entries/k?token="+url.QueryEscape(secret), "v")
	s.want(http.StatusUnauthorized, "", "DELETE", "/api/maps/0/entries/k", "")
	s.want(http.StatusOK, `"ok":true`, "GET", "/healthz", "")
	s.want(http.StatusOK, "", "GET", "/assets/style.css", "")
	s.want(http.StatusOK, "entries", "GET", "/api/maps", "", "Authorization", "Bearer "+secret)
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entries/k", "v", "Authorization", "Bearer "+secret)

	if w := s.want(http.StatusSeeOther, "", "GET", "/maps/0?x=1", "", "Accept", "text/html"); w.Header().Get("Location") != "/login?next=%2Fmaps%2F0%3Fx%3D1" {
		t.Errorf("a browser is sent to %s", w.Header().Get("Location"))
	}
	s.want(http.StatusOK, `name="next" value="/maps/0?x=1"`, "GET", "/login?next=%2Fmaps%2F0%3Fx%3D1", "")
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	s.want(http.StatusUnauthorized, "not the token", "POST", "/login", "token=wrong", form...)
	w := s.want(http.StatusSeeOther, "", "POST", "/login", url.Values{"token": {secret}, "next": {"/maps/0"}}.Encode(), form...)
	cookie := w.Header().Get("Set-Cookie")
	if w.Header().Get("Location") != "/maps/0" || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") || strings.Contains(cookie, secret) {
		t.Errorf("%v", w.Header())
	}
	cookie, _, _ = strings.Cut(cookie, ";")
	s.want(http.StatusOK, "text.shmap", "GET", "/", "", "Cookie", cookie)
	s.want(http.StatusUnauthorized, "", "GET", "/", "", "Cookie", strings.Replace(cookie, "=A", "=B", 1))
	s.want(http.StatusUnauthorized, "", "GET", "/", "", "Cookie", cookie[:len(cookie)-2]+"AA")
	other := open(t, true, secret)
	other.want(http.StatusUnauthorized, "", "GET", "/", "", "Cookie", cookie)

	w = s.want(http.StatusSeeOther, "", "GET", "/maps/0/entries?prefix=%FF&token="+url.QueryEscape(secret), "")
	if w.Header().Get("Location") != "/maps/0/entries?prefix=%FF" || !strings.HasPrefix(w.Header().Get("Set-Cookie"), "shmap_session_7070=") {
		t.Errorf("%v", w.Header())
	}
	w = s.want(http.StatusSeeOther, "", "GET", "/maps/0?token="+url.QueryEscape(secret), "", "Cookie", cookie)
	if w.Header().Get("Location") != "/maps/0" {
		t.Errorf("with a session the token stays in the address: %v", w.Header())
	}
	for _, next := range []string{"//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example/x", "/\x00/evil.example", "/\x7f/evil.example", "/ /evil.example", "\t//evil.example"} {
		if w := s.want(http.StatusSeeOther, "", "POST", "/login", url.Values{"token": {secret}, "next": {next}}.Encode(), form...); w.Header().Get("Location") != "/" {
			t.Errorf("login leads to %s", w.Header().Get("Location"))
		}
	}
	w = s.want(http.StatusSeeOther, "", "GET", "//evil.example/?token="+url.QueryEscape(secret), "")
	if w.Header().Get("Location") != "/" {
		t.Errorf("the address leads to %s", w.Header().Get("Location"))
	}
	if w := s.want(http.StatusSeeOther, "", "POST", "/logout", "", "Cookie", cookie); !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("%v", w.Header())
	}
	s.want(http.StatusUnauthorized, "", "GET", "/", "", "Cookie", cookie) // whoever has kept it
	for proto, want := range map[string]bool{"https": true, "http": false} {
		w = s.want(http.StatusSeeOther, "", "GET", "/?token="+url.QueryEscape(secret), "", "X-Forwarded-Proto", proto)
		if strings.Contains(w.Header().Get("Set-Cookie"), "Secure") != want {
			t.Errorf("behind %s: %v", proto, w.Header())
		}
	}
}

// TestSessionEnds: a cookie is good until the moment that it says.
func TestSessionEnds(t *testing.T) {
	g := newGate(secret)
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(g.cookie(r))
	if !g.remembers(r) {
		t.Error("a new session is not known")
	}
	past := []byte{0, 0, 0, 0, 1, 0, 0, 0}
	old := httptest.NewRequest("GET", "/", nil)
	old.AddCookie(&http.Cookie{Name: cookieName(old), Value: encode(append(past, g.sign(past)...))})
	if g.remembers(old) {
		t.Error("a session that has ended is known")
	}
}

// TestNothingIsRunThatAnEntrySays: what stands in maps is text on every page, and the headers allow no other script.
func TestNothingIsRunThatAnEntrySays(t *testing.T) {
	s := open(t, true, "")
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	s.want(http.StatusCreated, "", "PUT", "/api/maps/0/entry?key="+url.QueryEscape(evil), evil)
	for _, target := range []string{"/maps/0/entries", "/maps/0/entries?prefix=" + url.QueryEscape(evil), "/maps/0/entry?key=" + url.QueryEscape(evil), "/maps/" + url.PathEscape(evil)} {
		w := s.ask("GET", target, "")
		if body := w.Body.String(); strings.Contains(body, "<script>") || strings.Contains(body, "<img src=x") {
			t.Errorf("%s: %s", target, body)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; ") ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", target, w.Header())
		}
	}
	if w := s.ask("GET", "/api/maps/0/entry?raw=1&key="+url.QueryEscape(evil), ""); !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("a value is shown as a page: %v", w.Header())
	}
}

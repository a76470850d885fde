package shmapscs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/internal/procs"
)

var (
	_ scs.Store            = (*Store)(nil)
	_ scs.IterableStore    = (*Store)(nil)
	_ scs.IterableCtxStore = (*Store)(nil)
)

func TestMain(m *testing.M) {
	procs.Main(m, map[string]procs.Role{"serve": serve, "commit": commit})
}

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(path, shmap.Options{})
	must(t, err)
	t.Cleanup(func() {
		procs.Check(t, s.Map())
		must(t, s.Close())
	})
	return s
}

// TestContract goes through what the comments of scs.Store and scs.IterableStore say.
func TestContract(t *testing.T) {
	s := open(t, procs.Path(t))
	future := time.Now().Add(time.Hour)
	all, err := s.All()
	must(t, err)
	if all == nil || len(all) != 0 {
		t.Errorf("all sessions of an empty store are %v, want an empty map", all)
	}

	data := []byte("\x00\xffdata")
	must(t, s.Commit("one", data, future))
	must(t, s.Commit("two", nil, future))
	must(t, s.Commit("over", data, time.Now().Add(-time.Millisecond)))
	data[0] = 'x' // a store keeps its own copy
	want(t, s, "one", "\x00\xffdata", true)
	want(t, s, "two", "", true)
	want(t, s, "over", "", false)
	for _, malformed := range []string{"", "on", "one\x00", strings.Repeat("t", 1<<16)} {
		want(t, s, malformed, "", false)
	}

	must(t, s.Commit("one", []byte("later"), future)) // data and expiry are overwritten
	want(t, s, "one", "later", true)
	must(t, s.Commit("two", []byte("short"), time.Now().Add(30*time.Millisecond)))
	procs.Until(t, "session two expires", func() bool { _, found, _ := s.Find("two"); return !found })
	all, err = s.All()
	must(t, err)
	if len(all) != 1 || string(all["one"]) != "later" {
		t.Errorf("all sessions are %q, want one", all)
	}
	all, err = s.AllCtx(t.Context())
	if err != nil || len(all) != 1 || string(all["one"]) != "later" {
		t.Errorf("all sessions are %q, %v, want one", all, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.AllCtx(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("AllCtx of a context that is done: %v", err)
	}

	must(t, s.Delete("one"))
	must(t, s.Delete("one")) // a missing one is no error
	want(t, s, "one", "", false)
}

func want(t *testing.T, s *Store, token, data string, found bool) {
	t.Helper()
	b, ok, err := s.Find(token)
	if ok != found || string(b) != data || err != nil {
		t.Errorf("Find(%.20q) is %q, %v, %v, want %q, %v", token, b, ok, err, data, found)
	}
}

func TestErrorsAreReported(t *testing.T) {
	path := procs.Path(t)
	m, err := shmap.Open[string, []byte](path, shmap.Options{})
	must(t, err)
	must(t, m.Close())
	if _, err := Open(path, shmap.Options{}); !errors.Is(err, shmap.ErrNoTTL) {
		t.Errorf("a map without deadlines: %v", err)
	}

	s, err := Open(procs.Path(t), shmap.Options{})
	must(t, err)
	must(t, s.Close())
	_, _, find := s.Find("t")
	_, all := s.All()
	_, ctx := s.AllCtx(t.Context())
	for _, err := range []error{find, all, ctx, s.Commit("t", nil, time.Now()), s.Delete("t")} {
		if !errors.Is(err, shmap.ErrClosed) {
			t.Errorf("a closed store: %v", err)
		}
	}
}

// handler is a program with sessions: the example of scs's README, with a counter and the end of a session.
func handler(store scs.Store) http.Handler {
	sessions := scs.New()
	sessions.Store = store
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
		sessions.Put(r.Context(), "user", r.FormValue("user"))
		if d, err := time.ParseDuration(r.FormValue("for")); err == nil {
			sessions.SetDeadline(r.Context(), time.Now().Add(d))
		}
	})
	mux.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		sessions.Put(r.Context(), "n", sessions.GetInt(r.Context(), "n")+1)
		fmt.Fprintf(w, "%s %d", sessions.GetString(r.Context(), "user"), sessions.GetInt(r.Context(), "n"))
	})
	mux.HandleFunc("/renew", func(w http.ResponseWriter, r *http.Request) { // what a login should do
		if err := sessions.RenewToken(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/users", func(w http.ResponseWriter, r *http.Request) {
		err := sessions.Iterate(r.Context(), func(ctx context.Context) error {
			_, err := fmt.Fprint(w, sessions.GetString(ctx, "user"), ";")
			return err
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.Destroy(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return sessions.LoadAndSave(mux)
}

// serve is a process with the program.
func serve(args []string) error {
	s, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	server := httptest.NewServer(handler(s))
	defer server.Close()
	fmt.Println(server.URL)
	return procs.UntilEnd()
}

// browser is a client with cookies, which are the same for all ports of a host.
func browser(t *testing.T) func(url string) string {
	jar, err := cookiejar.New(nil)
	must(t, err)
	c := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	return func(url string) string {
		t.Helper()
		r, err := c.Get(url)
		must(t, err)
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		must(t, err)
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s: %s", url, r.Status, b)
		}
		return string(b)
	}
}

// TestSessionsAreTheSameInAllProcesses lets a user go from one process to the next, while processes are killed and started.
func TestSessionsAreTheSameInAllProcesses(t *testing.T) {
	path := procs.Path(t)
	start := func() (*procs.Proc, string) {
		p := procs.Start(t, "serve", []string{path})
		return p, p.Line()
	}
	pa, a := start()
	pb, b := start()
	ann, ben := browser(t), browser(t)
	ann(a + "/login?user=ann")
	ben(b + "/login?user=ben")
	expect := func(have, want string) {
		t.Helper()
		if have != want {
			t.Errorf("%q, want %q", have, want)
		}
	}
	expect(ann(b+"/count"), "ann 1")
	expect(ann(a+"/count"), "ann 2")
	pa.Kill() // and nothing is lost
	pc, c := start()
	expect(ann(c+"/count"), "ann 3")
	expect(ben(c+"/count"), "ben 1")
	ann(b + "/renew") // a new token; the old one must be gone
	expect(ann(c+"/count"), "ann 4")
	users := ben(b + "/users")
	if users != "ann;ben;" && users != "ben;ann;" {
		t.Errorf("users are %q, want ann and ben", users)
	}
	ann(c + "/logout")
	expect(ann(b+"/count"), " 1") // a stranger
	expect(ben(b+"/count"), "ben 2")

	eve := browser(t)
	eve(b + "/login?user=eve&for=50ms")
	procs.Until(t, "eve's session ends in the other process", func() bool {
		return !strings.Contains(ben(c+"/users"), "eve")
	})
	expect(eve(c+"/count"), " 1")
	pb.End()
	pc.End()
}

// commit is a process that commits sessions.
func commit(args []string) error {
	s, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	err = procs.Repeat(args, func(i int) error {
		token := args[1] + "-" + strconv.Itoa(i)
		return s.Commit(token, bytes.Repeat([]byte(token), 20), time.Now().Add(time.Hour))
	})
	return errors.Join(err, s.Close())
}

func TestCommittedIsCommittedThoughProcessesAreKilled(t *testing.T) {
	path := procs.Path(t)
	said := procs.Acknowledged(t, 4, "commit", path, 2000)
	s := open(t, path)
	sum := 0
	for p, n := range said {
		sum += n
		for i := range n {
			token := strconv.Itoa(p) + "-" + strconv.Itoa(i)
			want(t, s, token, strings.Repeat(token, 20), true)
		}
	}
	all, err := s.All()
	must(t, err)
	if len(all) != sum && len(all) != sum+1 { // the killed one may not have come to say its last
		t.Errorf("%d sessions, want the %d that were acknowledged, or one more", len(all), sum)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package shmapautocert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/internal/procs"
)

var _ autocert.Cache = (*Cache)(nil)

func TestMain(m *testing.M) {
	procs.Main(m, map[string]procs.Role{"serve": serve, "put": put})
}

func open(t *testing.T, path string) *Cache {
	t.Helper()
	c, err := Open(path, shmap.Options{})
	must(t, err)
	t.Cleanup(func() {
		procs.Check(t, c.Map())
		must(t, c.Close())
	})
	return c
}

// TestBehavesAsTheDirectoryOfAutocert gives the same operations to the cache that autocert has by itself.
func TestBehavesAsTheDirectoryOfAutocert(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	ours, theirs := open(t, procs.Path(t)), autocert.DirCache(t.TempDir())
	for i := range 500 {
		key := []string{"example.org", "example.org+rsa", "acme_account+key", "a.b.example.org+token"}[r.IntN(4)]
		data := []byte(strings.Repeat("\x00"+strconv.Itoa(i), r.IntN(2000)))
		ctx := t.Context()
		switch r.IntN(4) {
		case 0:
			must(t, ours.Put(ctx, key, data))
			must(t, theirs.Put(ctx, key, data))
		case 1:
			must(t, ours.Delete(ctx, key)) // it need not be there
			must(t, theirs.Delete(ctx, key))
		default:
			a, errA := ours.Get(ctx, key)
			b, errB := theirs.Get(ctx, key)
			if string(a) != string(b) || !errors.Is(errA, errB) {
				t.Fatalf("%s: %d bytes, %v; the directory has %d bytes, %v", key, len(a), errA, len(b), errB)
			}
		}
	}
	if _, err := ours.Get(t.Context(), "nobody.example.org"); err != autocert.ErrCacheMiss { // as Manager compares
		t.Errorf("a missing key: %v", err)
	}
}

func TestErrorsAreReported(t *testing.T) {
	c, err := Open(procs.Path(t), shmap.Options{})
	must(t, err)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, get := c.Get(over, "k")
	for _, err := range []error{get, c.Put(over, "k", nil), c.Delete(over, "k")} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a context that is done: %v", err)
		}
	}
	must(t, c.Close())
	_, get = c.Get(t.Context(), "k")
	for _, err := range []error{get, c.Put(t.Context(), "k", nil), c.Delete(t.Context(), "k")} {
		if !errors.Is(err, shmap.ErrClosed) {
			t.Errorf("a closed cache: %v", err)
		}
	}
}

// authority starts Pebble, the test server of Let's Encrypt, which here believes every challenge, and counts certificates.
func authority(t *testing.T) (url string, issued *atomic.Int64) {
	t.Setenv("PEBBLE_VA_ALWAYS_VALID", "1")
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	quiet, store := log.New(io.Discard, "", 0), db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "for tests"}})
	front := wfe.New(quiet, store, va.New(quiet, 80, 443, false, "127.0.0.1:1", store), issuer, nil, false, false, 0, 0)
	issued = new(atomic.Int64)
	h := front.Handler()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if order, ok := strings.CutPrefix(r.URL.Path, "/finalize-order/"); ok {
			issued.Add(1)
			w.Header().Set("Location", "https://"+r.Host+"/my-order/"+order) // as Let's Encrypt does; autocert needs it
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + wfe.DirectoryPath, issued
}

// serve is a process with a TLS server, as the example of autocert has it, but for the authority.
func serve(args []string) error {
	cache, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	defer cache.Close()
	insecure := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	manager := autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      cache,
		HostPolicy: autocert.HostWhitelist("one.example.org", "two.example.org"),
		Client:     &acme.Client{DirectoryURL: args[1], HTTPClient: insecure},
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", manager.TLSConfig())
	if err != nil {
		return err
	}
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(ln)
	defer server.Close()
	fmt.Println(ln.Addr())
	return procs.UntilEnd()
}

// serial is the number of the certificate that a server shows for a name.
func serial(t *testing.T, addr, name string) string {
	t.Helper()
	dialer := &net.Dialer{Timeout: 20 * time.Second}
	conn, err := tls.DialWithDialer(dialer, "tcp", addr, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	must(t, err)
	defer conn.Close()
	leaf := conn.ConnectionState().PeerCertificates[0]
	must(t, leaf.VerifyHostname(name))
	return leaf.SerialNumber.String()
}

// TestCertificatesAreIssuedOnceForAllProcesses asks processes for certificates, kills one, and asks its successor.
func TestCertificatesAreIssuedOnceForAllProcesses(t *testing.T) {
	path := procs.Path(t)
	directory, issued := authority(t)
	expect := func(n int64) {
		t.Helper()
		if have := issued.Load(); have != n {
			t.Errorf("%d certificates were issued, want %d", have, n)
		}
	}
	start := func() (*procs.Proc, string) {
		p := procs.Start(t, "serve", []string{path, directory})
		return p, p.Line()
	}
	pa, a := start()
	pb, b := start()
	one := serial(t, a, "one.example.org")
	expect(1)
	if have := serial(t, b, "one.example.org"); have != one {
		t.Errorf("the second process has certificate %s, the first %s", have, one)
	}
	two := serial(t, b, "two.example.org")
	expect(2)

	pa.Kill()
	pc, c := start()
	if serial(t, c, "one.example.org") != one || serial(t, c, "two.example.org") != two {
		t.Error("the successor of a killed process has other certificates")
	}
	expect(2)
	pb.End()
	pc.End()

	cache := open(t, path)
	for _, key := range []string{"acme_account+key", "one.example.org", "two.example.org"} {
		if data, err := cache.Get(t.Context(), key); len(data) == 0 || err != nil {
			t.Errorf("%s: %d bytes, %v", key, len(data), err)
		}
	}
}

func value(key string) string { return strings.Repeat(key+" certificate ", 200) }

// put is a process that puts data under names of its own.
func put(args []string) error {
	c, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	err = procs.Repeat(args, func(i int) error {
		key := args[1] + "." + strconv.Itoa(i) + ".example.org"
		return c.Put(context.Background(), key, []byte(value(key)))
	})
	return errors.Join(err, c.Close())
}

func TestWhatWasPutIsThereThoughProcessesAreKilled(t *testing.T) {
	path := procs.Path(t)
	said := procs.Acknowledged(t, 4, "put", path, 300)
	c := open(t, path)
	sum := 0
	for p, n := range said {
		sum += n
		for i := range n {
			key := strconv.Itoa(p) + "." + strconv.Itoa(i) + ".example.org"
			if data, err := c.Get(t.Context(), key); string(data) != value(key) || err != nil {
				t.Fatalf("%s: %d bytes, %v", key, len(data), err)
			}
		}
	}
	if n := c.Map().Len(); n != sum && n != sum+1 { // the killed one may not have come to say its last
		t.Errorf("%d entries, want %d, or one more", n, sum)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

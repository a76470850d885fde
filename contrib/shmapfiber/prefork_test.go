package shmapfiber

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/cache"
	"github.com/gofiber/fiber/v3/middleware/limiter"
	"github.com/gofiber/fiber/v3/middleware/session"
	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/internal/procs"
)

// application is a program of fiber's with EnablePrefork: a master, and workers that it starts from the same program.
func application(args []string) error {
	storage, err := Open(args[0], shmap.Options{})
	if err != nil {
		return err
	}
	hits, err := shmap.Open[string, int64](args[0]+"-hits", shmap.Options{EnableTTL: true})
	if err != nil {
		return err
	}
	if fiber.IsChild() {
		go dieWith(os.Getppid())
	}
	app := fiber.New()
	app.Use(func(c fiber.Ctx) error {
		c.Set("Worker", strconv.Itoa(os.Getpid()))
		return c.Next()
	})
	app.Get("/worker", func(c fiber.Ctx) error { return c.SendString("ready") })
	app.Get("/page", cache.New(cache.Config{Storage: storage}), func(c fiber.Ctx) error {
		return c.SendString("made by " + strconv.Itoa(os.Getpid()))
	})
	app.Get("/limited", limiter.New(limiter.Config{Storage: storage, Max: 5}), func(c fiber.Ctx) error {
		return c.SendString("served")
	})
	app.Get("/exactly", func(c fiber.Ctx) error { // the limiter of the package's documentation
		n, err := shmap.AddTTL(hits, c.IP(), 1, time.Hour)
		if err != nil {
			return err
		}
		if n > exactly {
			return c.SendStatus(fiber.StatusTooManyRequests)
		}
		return c.SendString("served")
	})
	app.Get("/hit/:key", func(c fiber.Ctx) error {
		if err := storage.Set(c.Params("key"), []byte("hit"), time.Hour); err != nil {
			return err
		}
		n, err := shmap.Add(hits, "hits", 1)
		if err != nil {
			return err
		}
		return c.SendString(strconv.FormatInt(n, 10))
	})
	app.Use(session.New(session.Config{Storage: storage}))
	app.Get("/login/:user", func(c fiber.Ctx) error {
		session.FromContext(c).Set("user", c.Params("user"))
		return c.SendString("hello")
	})
	app.Get("/me", func(c fiber.Ctx) error {
		user, _ := session.FromContext(c).Get("user").(string)
		return c.SendString(user)
	})
	app.Get("/logout", func(c fiber.Ctx) error { return session.FromContext(c).Destroy() })

	err = app.Listen(args[1], fiber.ListenConfig{EnablePrefork: true, DisableStartupMessage: true})
	fmt.Println("the master ends:", err) // when a worker has ended, as fiber does
	return nil
}

// dieWith ends a worker whose master is gone. Fiber's own watch misses it where orphans go to another process than number 1.
func dieWith(master int) {
	for os.Getppid() == master {
		time.Sleep(50 * time.Millisecond)
	}
	os.Exit(1)
}

const (
	workers = 4
	exactly = 50
)

// A site is an application that runs.
type site struct {
	t      *testing.T
	master *procs.Proc
	addr   string
}

// start starts an application, and waits until all its workers answer.
func start(t *testing.T, path string) *site {
	t.Helper()
	s := &site{t: t, addr: "127.0.0.1:" + reserve(t)}
	s.master = procs.Start(t, "application", []string{path, s.addr}, "GOMAXPROCS="+strconv.Itoa(workers))
	seen := map[string]bool{}
	procs.Until(t, "all workers answer", func() bool {
		if r, err := s.try(client(nil), "/worker"); err == nil {
			seen[r.worker] = true
		}
		return len(seen) == workers
	})
	if seen[strconv.Itoa(s.master.PID())] {
		t.Fatal("the master answers: this is no prefork")
	}
	return s
}

// reserve finds a port and keeps it, bound without listening, for programs that share it by SO_REUSEPORT.
func reserve(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	must(t, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	must(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := unix.Getsockname(fd)
	must(t, err)
	return strconv.Itoa(name.(*unix.SockaddrInet4).Port)
}

// client opens a connection for each request, which the kernel gives to any worker.
func client(jar http.CookieJar) *http.Client {
	return &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}

type answer struct {
	worker, body string
	status       int
}

func (s *site) try(c *http.Client, path string) (answer, error) {
	r, err := c.Get("http://" + s.addr + path)
	if err != nil {
		return answer{}, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return answer{worker: r.Header.Get("Worker"), body: string(b), status: r.StatusCode}, err
}

func (s *site) get(c *http.Client, path string) answer {
	s.t.Helper()
	r, err := s.try(c, path)
	must(s.t, err)
	return r
}

// kill kills a worker, upon which fiber ends the master and the other workers.
func (s *site) kill() {
	s.t.Helper()
	pid, err := strconv.Atoi(s.get(client(nil), "/worker").worker)
	must(s.t, err)
	must(s.t, syscall.Kill(pid, syscall.SIGKILL))
	s.master.End()
}

// byAll asks until every worker has answered, and hands each answer to check.
func (s *site) byAll(c *http.Client, path string, check func(answer)) {
	s.t.Helper()
	seen := map[string]bool{}
	procs.Until(s.t, "all workers have answered "+path, func() bool {
		a := s.get(c, path)
		check(a)
		seen[a.worker] = true
		return len(seen) == workers
	})
}

// TestSessionsHoldInAllWorkersAndOverRestarts logs in at one worker, asks all of them, and asks again after a crash.
func TestSessionsHoldInAllWorkersAndOverRestarts(t *testing.T) {
	path := procs.Path(t)
	s := start(t, path)
	jar, err := cookiejar.New(nil)
	must(t, err)
	ann := client(jar)
	expect := func(user string) {
		t.Helper()
		s.byAll(ann, "/me", func(a answer) {
			if a.status != http.StatusOK || a.body != user {
				t.Errorf("worker %s: status %d, user %q, want %q", a.worker, a.status, a.body, user)
			}
		})
	}
	s.get(ann, "/login/ann")
	expect("ann")
	page := s.get(ann, "/page").body
	s.byAll(ann, "/page", func(a answer) {
		if !strings.HasPrefix(page, "made by ") || a.body != page {
			t.Errorf("worker %s: page %q, the first was %q", a.worker, a.body, page)
		}
	})
	for i := range 8 { // one after the other: then fiber's limiter is exact
		want := http.StatusOK
		if i >= 5 {
			want = http.StatusTooManyRequests
		}
		if a := s.get(ann, "/limited"); a.status != want {
			t.Errorf("limited request %d: status %d, want %d", i, a.status, want)
		}
	}

	s.kill()
	s = start(t, path)
	expect("ann")
	s.get(ann, "/logout")
	expect("")
	s.kill()
}

// TestNothingIsLostWhenAWorkerIsKilled lets clients store and count, kills a worker meanwhile, and counts what was answered.
func TestNothingIsLostWhenAWorkerIsKilled(t *testing.T) {
	const clients = 8
	path := procs.Path(t)
	s := start(t, path)
	var answered, asked, served atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			c := client(nil)
			for n := range 3 * exactly / clients {
				if a, err := s.try(c, "/exactly"); err != nil || a.status != http.StatusOK && a.status != http.StatusTooManyRequests {
					t.Errorf("limited request %d: status %d, %v", n, a.status, err)
				} else if a.status == http.StatusOK {
					served.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := served.Load(); n != exactly {
		t.Errorf("the exact limiter let %d requests through, want %d", n, exactly)
	}

	keys := make([][]string, clients)
	for i := range clients {
		wg.Go(func() {
			c := client(nil)
			for n := 0; ; n++ {
				key := fmt.Sprintf("%d-%d", i, n)
				asked.Add(1)
				a, err := s.try(c, "/hit/"+key)
				if err != nil { // the worker was killed, or after it all of them
					return
				}
				if a.status != http.StatusOK {
					t.Errorf("%s: status %d: %s", key, a.status, a.body)
					return
				}
				keys[i] = append(keys[i], key)
				answered.Add(1)
			}
		})
	}
	procs.Until(t, "there are answers", func() bool { return answered.Load() > 200 })
	s.kill()
	wg.Wait()

	storage := open(t, path)
	for _, list := range keys {
		for _, key := range list {
			want(t, storage, key, "hit")
		}
	}
	hits, err := shmap.Open[string, int64](path+"-hits", shmap.Options{})
	must(t, err)
	defer hits.Close()
	procs.Check(t, hits)
	if n, _ := hits.Load("hits"); n < answered.Load() || n > asked.Load() {
		t.Errorf("%d hits are counted; %d were answered, of %d", n, answered.Load(), asked.Load())
	}
	s = start(t, path) // and the next one goes on from there
	before, _ := hits.Load("hits")
	if a := s.get(client(nil), "/hit/last"); a.body != strconv.FormatInt(before+1, 10) {
		t.Errorf("the first hit after a restart is %s, want %d", a.body, before+1)
	}
	s.kill()
}

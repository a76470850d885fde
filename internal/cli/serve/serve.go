// Package serve runs the servers of shmap serve: where they listen, who may come in, and how they end. What is answered is resp's
// and web's; the maps are served's.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shmap-go/shmap/internal/cli/serve/resp"
	"github.com/shmap-go/shmap/internal/cli/serve/served"
	"github.com/shmap-go/shmap/internal/cli/serve/web"
)

// grace is how long what has begun may take to end.
const grace = 5 * time.Second

// Options are what the command line says.
type Options struct {
	Paths      []string
	HTTP, RESP string // addresses; "" for none
	Write      bool   // clients may change the maps
	Token      string // "" lets everybody in who reaches the address
	Hosts      []string
	SocketMode fs.FileMode // of Unix sockets
	Log        io.Writer   // words for people
}

// Run serves until ctx ends.
func Run(ctx context.Context, o Options) error {
	maps, err := served.Open(o.Paths, o.Write)
	if err != nil {
		return err
	}
	return errors.Join(run(ctx, o, maps), maps.Close())
}

func run(ctx context.Context, o Options, maps *served.Maps) error {
	if o.RESP != "" {
		for _, m := range maps.All {
			if !m.Strings() {
				return fmt.Errorf("--resp serves maps of strings, and %s is %v -> %v; leave it out, or serve it with --http alone",
					m.Path, m.Props.Key, m.Props.Value)
			}
		}
	}
	httpAt, respAt, err := listenAll(o)
	if err != nil {
		return err
	}
	pages, err := web.New(web.Options{Maps: maps, Token: o.Token, Hosts: o.hosts()})
	if err != nil {
		return err
	}
	say(o, maps, httpAt, respAt)

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	errs := make(chan error, 3)
	start := func(f func() error) {
		wg.Go(func() {
			errs <- f()
			stop() // one that ends ends all
		})
	}
	if httpAt != nil {
		wg.Go(func() { pages.Watch(ctx) })
		start(func() error { return pages.Serve(ctx, httpAt) })
	}
	if respAt != nil {
		s := resp.New(maps, o.Token)
		start(func() error { return s.Serve(respAt) })
		start(func() error {
			<-ctx.Done()
			limit, stop := context.WithTimeout(context.Background(), grace)
			defer stop()
			return s.Shutdown(limit)
		})
	}
	<-ctx.Done()
	wg.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return err
}

// hosts are the names in Host headers that this server answers for: those that were named, that of the address, and with a token,
// which other names cannot get around, that of the machine.
func (o *Options) hosts() []string {
	hosts := o.Hosts
	if name, _, err := net.SplitHostPort(o.HTTP); err == nil && name != "" {
		hosts = append(hosts, name)
	}
	if name, err := os.Hostname(); err == nil && o.Token != "" {
		hosts = append(hosts, name)
	}
	return hosts
}

// say tells where the servers are.
func say(o Options, maps *served.Maps, httpAt, respAt net.Listener) {
	what := fmt.Sprintf("%d maps", len(maps.All))
	if len(maps.All) == 1 {
		what = maps.All[0].Path
	}
	may := "read-only; --allow-write lets clients write"
	if o.Write {
		may = "clients may write"
	}
	fmt.Fprintf(o.Log, "shmap: serving %s (%s)\n", what, may)
	if httpAt != nil {
		fmt.Fprintf(o.Log, "shmap: dashboard, JSON and metrics at %s\n", url(httpAt))
	}
	if respAt != nil {
		cli := "redis-cli -s " + respAt.Addr().String()
		if a, ok := respAt.Addr().(*net.TCPAddr); ok {
			cli = fmt.Sprintf("redis-cli -h %s -p %d", a.IP, a.Port)
		}
		fmt.Fprintf(o.Log, "shmap: RESP at %s, for example: %s\n", respAt.Addr(), cli)
	}
}

func url(ln net.Listener) string {
	if ln.Addr().Network() == "unix" {
		return "unix:" + ln.Addr().String()
	}
	if a, ok := ln.Addr().(*net.TCPAddr); ok && a.IP.IsUnspecified() {
		if name, err := os.Hostname(); err == nil {
			return fmt.Sprintf("http://%s/ (on all addresses)", net.JoinHostPort(name, strconv.Itoa(a.Port)))
		}
	}
	return "http://" + ln.Addr().String() + "/"
}

// maxToken is the most bytes of a token.
const maxToken = 4096

// minToken is the fewest bytes of a token: fewer can be guessed.
const minToken = 8

// ReadToken reads the token in a file, without the white space around it.
func ReadToken(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	if err := CheckToken(token); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return token, nil
}

// CheckToken says what is wrong with a token.
func CheckToken(token string) error {
	if len(token) < minToken || len(token) > maxToken {
		return fmt.Errorf("a token has %d to %d bytes, this one has %d; make one: head -c 24 /dev/urandom | base64", minToken, maxToken, len(token))
	}
	for _, r := range token {
		if r <= ' ' || r == 0x7f {
			return errors.New("a token has no white space and no control characters in it")
		}
	}
	return nil
}

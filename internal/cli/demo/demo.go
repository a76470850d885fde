package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"golang.org/x/sys/unix"
)

// Run runs the demo. It returns an error when a single count is wrong.
func Run(ctx context.Context, cfg Config) (err error) {
	cps, err := findCorpus(cfg.Dir)
	if err != nil {
		return err
	}
	dir, err := scratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "words.shmap")
	m, err := dict.Open(path, dict.Options{Key: layout.String, Value: layout.Int64})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	c := &crew{corpus: cps, m: m, times: map[string]int{}, spawn: func() *exec.Cmd { return cfg.Worker(path) }}
	r := &report{Config: cfg, crew: c}
	r.opening(path)
	if err := count(ctx, cfg, c, r); err != nil {
		return err
	}
	return verify(c, r)
}

// count lets the crew count, with killings early on, while there are many new words.
func count(ctx context.Context, cfg Config, c *crew, r *report) error {
	defer c.abandon()
	for range cfg.Workers {
		if err := c.hire(); err != nil {
			return err
		}
	}
	r.start = time.Now()
	r.told = r.start
	c.deadline = r.start.Add(cfg.For)
	k := &killer{crew: c, next: r.start.Add(cfg.For / 8)}
	err := c.run(ctx, func(now time.Time) error {
		r.progress(now)
		return k.act(now)
	})
	r.took = time.Since(r.start)
	r.hit = k.hit
	if err == nil {
		err = c.finish()
	}
	if err == nil {
		r.counted()
	}
	return err
}

// verify compares the map with the plain count and checks its invariants.
func verify(c *crew, r *report) error {
	got, err := contents(c.m)
	if err != nil {
		return err
	}
	want, plain, err := plainCount(c.times)
	if err != nil {
		return err
	}
	missing, err := settle(c.m, want, got, c.inFlight)
	if err == nil {
		err = compare(want, got)
	}
	if sum := c.acked() + int64(len(c.inFlight)); err == nil && sum != got.total() {
		err = fmt.Errorf("%d words were acknowledged or in flight, and the map holds %d", sum, got.total())
	}
	if err != nil {
		return err
	}
	r.verified(got, missing, plain)
	problems, err := c.m.Check()
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("the map is broken: %d problems, the first: %s", len(problems), problems[0])
	}
	if err == nil {
		r.closing(got)
	}
	return err
}

// scratch makes a directory in memory if there is room, else in the temporary directory.
func scratch() (string, error) {
	const shm, room = "/dev/shm", 512 << 20
	var fs unix.Statfs_t
	if unix.Statfs(shm, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= room {
		if dir, err := os.MkdirTemp(shm, "shmap-demo-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "shmap-demo-")
}

package proof

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// tightRole runs out of memory in the way args[0] in the directory args[1], with seed args[2]. It tells how many stores
// were refused.
func tightRole(p *maptest.Parent, args []string) error {
	seed, _ := strconv.ParseUint(args[2], 10, 64)
	limit := map[string]func(dir string) (limiter, error){"tmpfs": onSmallDisk, "rlimit": underLimit}[args[0]]
	l, err := limit(args[1])
	if err != nil {
		return err
	}
	path := filepath.Join(args[1], "map")
	m, err := dict.Open(path, squeezeOptions)
	if err != nil {
		return err
	}
	s := newSqueeze(m, seed)
	if err := s.pinched(path, l); err != nil {
		return err
	}
	p.Tell("%d %d", s.refused, s.stuck)
	return m.Close()
}

// A limiter takes the last memory away and gives it back.
type limiter struct{ take, give func() error }

// pinched runs into the limit, goes on with nothing left at all, and once more when there is room again.
func (s *squeeze) pinched(path string, l limiter) error {
	if err := s.many(400, 20); err != nil {
		return fmt.Errorf("at the limit: %w", err)
	}
	if err := l.take(); err != nil {
		return err
	}
	if err := s.many(200, 1); err != nil {
		return fmt.Errorf("with nothing left: %w", err)
	}
	if err := s.halve(); err != nil {
		return fmt.Errorf("with nothing left: %w", err)
	}
	other, err := dict.Open(path, dict.Options{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("another handle, with nothing left: %w", err)
	}
	if err := errors.Join(s.verify(other), other.Close()); err != nil {
		return fmt.Errorf("another handle: %w", err)
	}
	if err := l.give(); err != nil {
		return err
	}
	if err := s.relieved(200); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if err := s.many(200, 0); err != nil {
		return fmt.Errorf("at the limit again: %w", err)
	}
	if err := s.m.Clear(); err != nil {
		return err
	}
	s.want = map[string]string{}
	return s.relieved(2000)
}

// smallDisk is little for so many classes of sizes.
const smallDisk = 3 << 20

// onSmallDisk mounts a file system of three MiB. What takes its last page is another file.
func onSmallDisk(dir string) (limiter, error) {
	if err := settle(false); err != nil {
		return limiter{}, err
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprint("size=", smallDisk)); err != nil {
		return limiter{}, err
	}
	filler := filepath.Join(dir, "filler")
	take := func() error {
		err := os.WriteFile(filler, make([]byte, smallDisk), 0o600)
		if !errors.Is(err, unix.ENOSPC) {
			return fmt.Errorf("the file system is not full: %w", err)
		}
		return nil
	}
	give := func() error {
		if err := os.Remove(filler); err != nil {
			return err
		}
		return unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, fmt.Sprint("size=", 4*smallDisk))
	}
	return limiter{take, give}, nil
}

// underLimit limits the sizes of files of this process.
func underLimit(dir string) (limiter, error) {
	set := func(n uint64) error {
		return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: math.MaxUint64})
	}
	return limiter{func() error { return set(1) }, func() error { return set(4 * smallDisk) }}, set(smallDisk)
}

// TestP06NoSpace: where memory ends, at a full file system and at a limit on file sizes, operations are refused one by
// one, nothing is lost, and when there is room again they go on.
func TestP06NoSpace(t *testing.T) {
	r := random(t)
	for range pick(2, 20) {
		for _, way := range []string{"tmpfs", "rlimit"} {
			dir, seed := memoryDir(t), strconv.FormatUint(r.Uint64(), 10)
			c := maptest.StartIn(t, apart(0), "tight", way, dir, seed)
			line, _ := c.Line()
			if err := c.Wait(); err != nil {
				t.Errorf("%s, seed %s: %v", way, seed, err)
			}
			var refused, stuck int
			if _, err := fmt.Sscan(line, &refused, &stuck); err != nil {
				t.Errorf("%s: the process said %q: %v", way, line, err)
			}
			record.Count(t, "P6", "stores refused, "+way, refused)
			record.Count(t, "P6", "deletes refused, "+way, stuck)
		}
	}
}

// TestP06Budget: a limit on bytes without a policy refuses stores one by one; nothing is lost, and after deletes there is
// room again.
func TestP06Budget(t *testing.T) {
	r := random(t)
	for _, bytes := range []uint64{1 << 20, 2 << 20, 3 << 20} {
		for _, lg := range []uint{0, 2} {
			bytes := bytes + uint64(lg)<<19 // each shard has slabs of its own
			m, err := maptest.OnHeap(16<<20, maptest.Spec{Key: layout.String, Value: layout.String, MaxBytes: bytes, LgShards: lg}, nil)
			m = maptest.Keep(t, m, err)
			s := newSqueeze(m, r.Uint64())
			for range pick(3, 30) {
				if err := errors.Join(s.many(300, 10), s.halve(), s.many(100, 0)); err != nil {
					t.Fatalf("%d bytes, %d shards: %v", bytes, 1<<lg, err)
				}
			}
			for _, key := range s.keys {
				if err := s.delete(&dict.Op{Code: dict.OpDelete, Key: dict.Datum{S: key}}); err != nil {
					t.Fatal(err)
				}
			}
			record.Count(t, "P6", "stores refused, byte limit", s.refused)
			if err := s.relieved(7); err != nil || s.stuck > 0 {
				t.Errorf("%d bytes, %d shards, after everything was deleted: %v", bytes, 1<<lg, err)
			}
		}
	}
}

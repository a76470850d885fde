package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/shmap-go/shmap/internal/cli/digest"
	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/spf13/cobra"
)

const perShard = "per-shard" // the flag by which others wait for a command

type snapping struct{ force, locked bool }

func newSnapshot() *cobra.Command {
	var s snapping
	cmd := &cobra.Command{
		Use:   "snapshot SRC DST [--per-shard] [--force] [--nice N]",
		Short: "Copy a live map into a frozen file with a checksum",
		Long: `snapshot copies the entries of a map, while others use it, into a new frozen map with a checksum. DST appears whole or
not at all, and takes the place of an older snapshot there (of anything else, a link or a frozen map, only with --force). shmap verify checks it, shmap restore makes a live map of it,
and it can be read and shipped like any frozen map.

What it is a picture of: without --per-shard nobody waits for the snapshot, not even a writer, and SRC need only be readable.
Each bucket (some few entries) is copied as it is at one moment, different buckets at different ones: an entry that is there
throughout is in the snapshot, once, with a value it had during the snapshot. With --per-shard each shard is copied as it is
at one moment; the writers of that shard wait meanwhile, and SRC must be writable. For a picture of all at one moment, stop
the writers.

It runs at the lowest priority, and goes slowly while all processors are busy, so that those who use the map hardly notice
(docs/BESIDE.md); --nice 0 makes it as fast as it can be. With --per-shard, for which others wait, it never goes slowly, and its
priority is lower only if --nice says so.

Entries keep the moment at which they expire, and are absent in the snapshot after it. The order of eviction is not kept.`,
		Example: `  shmap snapshot /dev/shm/sessions /var/backups/sessions.snap
  shmap snapshot accounts.shmap accounts.snap --per-shard`,
		Args:                  words(2, 2),
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().BoolVar(&s.locked, perShard, false, "copy each shard at one moment, while its writers wait")
	cmd.Flags().BoolVar(&s.force, "force", false, "replace whatever is at DST, not only a snapshot")
	addNice(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return look(args[0], func(src *dict.Map) error {
			if !s.locked {
				return s.run(cmd, src, nil, args[1])
			}
			return open(args[0], dict.Options{}, func(locks *dict.Map) error { return s.run(cmd, src, locks, args[1]) })
		})
	}
	return cmd
}

// run copies src to path, holding locks if there are any.
func (s *snapping) run(cmd *cobra.Command, src, locks *dict.Map, path string) error {
	if err := s.replaceable(src.Path(), path); err != nil {
		return err
	}
	ctx, stop := interruptible(cmd)
	defer stop()
	n := 0
	pace := paceOf(ctx, cmd)
	each := func(f func(scan.Entry) error) error { return scan.Each(ctx, src, f) }
	if locks != nil {
		pace = nil // others wait
		each = func(f func(scan.Entry) error) error { return scan.Held(ctx, locks, src, f) }
	}
	err := appear(path, true, func(temp string) (err error) {
		n, err = s.freeze(ctx, cmd, pace, src, temp, each)
		return err
	})
	if err != nil {
		return interrupted(err)
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s: a snapshot of %s\n", path, count(n, "entry", "entries"))
	return err
}

// freeze makes the frozen map of what each finds in src. It has no limits of its own: no entry may be refused or evicted
// because the copy takes a little more memory; the page of the checksum keeps those of src.
func (s *snapping) freeze(ctx context.Context, cmd *cobra.Command, pace *pace, src *dict.Map, temp string,
	each func(func(scan.Entry) error) error) (n int, err error) {
	o := src.Options()
	dst, err := dict.Open(temp, dict.Options{Key: o.Key, Value: o.Value, TTL: o.TTL, EnableTTL: o.EnableTTL, Shards: o.Shards,
		Mode: modeOf(src.Path())})
	if err != nil {
		return 0, err
	}
	defer dst.Close() // a second one does nothing
	c := copying{dst: dst, progress: newProgress(cmd, "copying", int64(src.Len()), entriesUnit), pace: pace}
	defer c.progress.done()
	if err := dst.Reserve(src.Len()); err != nil {
		return 0, err
	}
	if err := each(c.entry); err != nil {
		return 0, err
	}
	if err := dst.Freeze(); err != nil {
		return 0, err
	}
	c.progress.done()
	if err := sum(ctx, cmd, pace, dst, src.Segment().Env.Config); err != nil {
		return 0, err
	}
	return c.n, dst.Close()
}

// sum gives a frozen map its checksum.
func sum(ctx context.Context, cmd *cobra.Command, pace *pace, m *dict.Map, origin *layout.Config) error {
	p := newProgress(cmd, "checksum", int64(m.Segment().Env.Space.End()), bytesUnit)
	defer p.done()
	if err := ctx.Err(); err != nil {
		return err
	}
	return digest.Write(m, origin, func(n int64) {
		p.add(n)
		pace.step()
	})
}

// replaceable refuses to write over what is no snapshot.
func (s *snapping) replaceable(src, path string) error {
	to, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if from, err := os.Stat(src); err == nil && os.SameFile(from, to) {
		return fmt.Errorf("%s and %s are the same file; name another for the snapshot", src, path)
	}
	if s.force {
		return nil
	}
	if to.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s is a symbolic link; to replace the link: --force", path)
	}
	if to.Mode().IsRegular() {
		f, err := digest.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if digest.IsSnapshot(f) {
			return nil
		}
	}
	return fmt.Errorf("%s exists and is no snapshot; to replace it: --force", path)
}

// copying stores what a scan finds in a map that nobody else uses.
type copying struct {
	dst      *dict.Map
	progress *progress
	pace     *pace
	n        int
}

func (c *copying) entry(e scan.Entry) error {
	op := dict.Op{Code: dict.OpStore, Key: e.Key, Val: e.Val, Mode: dict.TTLAt, At: e.Until}
	switch {
	case e.Permanent():
		op.Mode = dict.TTLExplicit
		if !scan.HasTTL(c.dst) {
			op.Mode = dict.TTLDefault
		}
	case !e.Until.After(time.Now()):
		return nil
	}
	if err := c.dst.Spread(e.Key); err != nil {
		return err
	}
	if err := c.dst.Do(&op); err != nil {
		if errors.Is(err, fault.ErrFull) {
			return fmt.Errorf("%w after %s", err, count(c.n, "entry", "entries"))
		}
		return err
	}
	c.n++
	c.progress.add(1)
	c.pace.step()
	return nil
}

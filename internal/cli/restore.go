package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/shmap-go/shmap/internal/cli/digest"
	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/spf13/cobra"
)

type restoring struct {
	force, unverified bool
	p                 *properties
}

func newRestore() *cobra.Command {
	var r restoring
	cmd := &cobra.Command{
		Use:   "restore SNAP DST [--force] [flags of a new map]",
		Short: "Make a live map of a snapshot",
		Long: `restore verifies the checksum of a snapshot, or of a map frozen with shmap freeze, and makes a live map of its entries.
DST appears whole or not at all. The new map has the types, limits, default time to live, policy and shards of the map that
the snapshot was taken of; flags say otherwise. Entries whose time has come since the snapshot are left out; with a limit
that is too small, entries are evicted or, without a policy, the restore fails.`,
		Example: `  shmap restore /var/backups/sessions.snap /dev/shm/sessions
  shmap restore cache.snap cache.shmap --capacity 1000000 --force`,
		Args:                  words(2, 2),
		DisableFlagsInUseLine: true,
	}
	r.p = addProperties(cmd)
	for _, name := range []string{"key", "value"} { // a snapshot has its types
		if err := cmd.Flags().MarkHidden(name); err != nil {
			panic(err) // the flag does not exist: a slip in this package
		}
	}
	cmd.Flags().BoolVar(&r.force, "force", false, "replace what is at DST")
	cmd.Flags().BoolVar(&r.unverified, "no-verify", false, "take any frozen map, without looking at a checksum")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return r.run(cmd, args[0], args[1]) }
	return cmd
}

func (r *restoring) run(cmd *cobra.Command, snap, path string) error {
	for _, name := range []string{"key", "value"} {
		if cmd.Flags().Changed(name) {
			return usage(cmd, "--%s says nothing here: a map has the types of its snapshot", name)
		}
	}
	if !exists(snap) {
		return fmt.Errorf("there is no snapshot at %s; make one: shmap snapshot MAP %s", snap, snap)
	}
	if exists(path) && !r.force {
		return fmt.Errorf("%s exists already; to replace it: --force", path)
	}
	ctx, stop := interruptible(cmd)
	defer stop()
	return look(snap, func(src *dict.Map) error {
		if from, err := os.Stat(snap); err == nil {
			if to, err := os.Stat(path); err == nil && os.SameFile(from, to) {
				return fmt.Errorf("%s and %s are the same file; name another for the live map", snap, path)
			}
		}
		origin, err := r.origin(cmd, src)
		if err != nil {
			return err
		}
		r.warn(cmd, path)
		return interrupted(r.copy(ctx, cmd, src, origin, path))
	})
}

// origin is the map that src is a snapshot of.
func (r *restoring) origin(cmd *cobra.Command, src *dict.Map) (*layout.Config, error) {
	if !src.Frozen() {
		return nil, fmt.Errorf("%s is not frozen; a snapshot of it: shmap snapshot %s DST", src.Path(), src.Path())
	}
	f, err := os.Open(src.Path())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var p *digest.Page
	if r.unverified {
		p, err = digest.Read(f)
	} else {
		p, err = verify(cmd, f)
	}
	switch {
	case err == nil:
		return p.Origin, nil
	case r.unverified:
		return src.Segment().Env.Config, nil
	case errors.Is(err, digest.ErrMissing):
		return nil, fmt.Errorf("%s: %w; to restore it nevertheless: --no-verify", src.Path(), err)
	}
	return nil, fmt.Errorf("%s: %w", src.Path(), err)
}

// warn says who will not see the new map.
func (r *restoring) warn(cmd *cobra.Command, path string) {
	old, err := dict.Open(path, dict.Options{ReadOnly: true})
	if err != nil {
		return // no map, or none that anybody uses
	}
	defer old.Close()
	if n := old.Segment().Participants(); n > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has the map at %s open, and goes on with the old one until it opens it again\n",
			count(n, "process", "processes or handles"), path)
	}
}

func (r *restoring) copy(ctx context.Context, cmd *cobra.Command, src *dict.Map, origin *layout.Config, path string) error {
	o := r.options(cmd, origin)
	if !cmd.Flags().Changed("mode") {
		o.Mode = modeOf(src.Path()) | 0o600 // an archive may be read-only
	}
	n := 0
	err := appear(path, r.force, func(temp string) error {
		dst, err := dict.Open(temp, o)
		if err != nil {
			return err
		}
		defer dst.Close() // a second one does nothing
		c := copying{dst: dst, progress: newProgress(cmd, "restoring", int64(src.Len()), entriesUnit)}
		defer c.progress.done()
		if err := scan.Each(ctx, src, c.entry); err != nil {
			return err
		}
		n = dst.Len()
		return dst.Close()
	})
	if errors.Is(err, fault.ErrFull) {
		return fmt.Errorf("%w; for other limits: --max-entries, --max-bytes", err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s: a live map of %s\n", path, count(n, "entry", "entries"))
	return err
}

// options are those of the origin, unless a flag was given.
func (r *restoring) options(cmd *cobra.Command, c *layout.Config) dict.Options {
	o := dict.Options{MaxEntries: c.MaxEntries, Capacity: c.Capacity, MaxBytes: c.MaxBytes,
		TTL: time.Duration(c.TTL) * time.Millisecond, EnableTTL: c.HasTTL, Policy: c.Policy, RecencySkip: int(c.RecencySkip),
		Shards: c.Shards()}
	flags := r.p.options()
	for name, take := range map[string]func(){
		"max-entries":  func() { o.MaxEntries = flags.MaxEntries },
		"capacity":     func() { o.Capacity = flags.Capacity },
		"max-bytes":    func() { o.MaxBytes = flags.MaxBytes },
		"ttl":          func() { o.TTL = flags.TTL },
		"enable-ttl":   func() { o.EnableTTL = flags.EnableTTL },
		"policy":       func() { o.Policy = flags.Policy },
		"recency-skip": func() { o.RecencySkip = flags.RecencySkip },
		"shards":       func() { o.Shards = flags.Shards },
		"mode":         func() { o.Mode = flags.Mode },
	} {
		if cmd.Flags().Changed(name) {
			take()
		}
	}
	o.Key, o.Value = c.Key, c.Value
	return o
}

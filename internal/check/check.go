// Package check is the referee: it walks a whole map and reports every invariant of the packages below it that does not
// hold. It knows all of their rules, by the numbers they give them; it stores nothing and must not know operations.
//
// A shard is walked under its lock, or, where the lock is not to be had (a read-only handle, a stopped owner), without:
// then a copy of the shard's header is taken before, every word is read as it was before the transaction that is open,
// if one is, and the walk counts only if the header is the same afterwards. Every change to what is walked moves the
// journal head, except those to watermarks, leases and main's hand (policy s3), which are in the header as well.
//
// Invariants of the walk itself, whatever the memory holds:
//
//	K1  A word is read only where reach has found the elements of its vector inside the file.
//	K2  Every loop counts something down that reach has bounded: a bucket or chunk is visited once, in one place.
//	K3  What goes wrong nevertheless, a page that cannot be read included, ends the walk of that shard as a problem.
package check

import (
	"errors"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/segment"
)

// How long a walk waits for a shard's lock, and how often it starts again without one.
const (
	lockWait  = time.Second
	maxTries  = 400
	slowTries = 20               // of a shard, that begin when the caller likes
	pause     = time.Millisecond // between tries, at least
	rest      = 4                // as many times as long as a try took, it does nothing: others use the map, and the processors' caches
	longest   = 20 * time.Millisecond
)

// Run walks the map and returns what is wrong with it. The error says that there was no looking at all of it: the handle
// is closed, or a shard changes faster than it can be read without its lock (fault.ErrBusy). between, if it is not nil, is called
// between the walks of two shards, and between some tries of one, while no lock is held: it may take its time.
func Run(seg *segment.Segment, between func()) ([]Problem, error) {
	if between == nil {
		between = func() {}
	}
	c := checker{seg: seg, between: between}
	c.contain(whole, c.header)
	var err error
	for i := range seg.Shards {
		between()
		if e := c.shard(i); e != nil && (err == nil || errors.Is(e, fault.ErrClosed)) {
			err = e
		}
	}
	c.contain(whole, c.directories)
	c.contain(whole, c.leases)
	if seg.Env.Closed.Load() {
		return nil, fault.ErrClosed
	}
	return c.result(), err
}

// checker is one run.
type checker struct {
	seg     *segment.Segment
	between func()
	report
}

// shard walks one shard, under its lock if that can be had.
func (c *checker) shard(i int) error {
	c.contain(i, func() { c.lockWord(i) })
	if c.seg.Env.Owner != nil {
		var w *walker
		var err error
		c.contain(i, func() {
			err = c.seg.Shards[i].Inspect(c.patience(), func() {
				w = newWalker(c.seg, i)
				w.walk(true)
			})
		})
		switch {
		case w != nil:
			c.take(&w.report)
			return nil
		case errors.Is(err, fault.ErrCorrupt):
			c.add(i, "repair", 0, "%v", err)
		case err != nil && !errors.Is(err, fault.ErrBusy):
			return err
		}
	}
	for try := range maxTries {
		w, began := newWalker(c.seg, i), time.Now()
		done := w.walk(false)
		nap := min(rest*time.Since(began), longest)
		if done {
			c.take(&w.report)
			if c.seg.Env.Owner == nil && !c.seg.Frozen() {
				time.Sleep(nap)
			}
			return nil
		}
		if time.Sleep(max(nap, pause)); try < slowTries {
			c.between()
		}
	}
	return fault.With(fault.ErrBusy, "shard %d changes faster than it can be read without its lock", i)
}

// patience is how long to wait for a lock. A walk without it is nearly as good, so there is no waiting for ever.
func (c *checker) patience() time.Time {
	wait := lockWait
	if t := c.seg.Env.Timeout; t != 0 {
		wait = min(wait, t)
	}
	return time.Now().Add(wait)
}

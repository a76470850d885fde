// Package space is the memory of the file: where new levels of vectors lie, how memory gets behind them and is given
// back, and how the limits of the map are divided among its shards. It knows watermarks, directories and leases; it must
// not know what the memory is used for.
//
// Everything here happens under the lock of the shard concerned and outside transactions: each step is a single store,
// and each order of steps leaves a state that the next holder of the lock can go on from. The space lock nests inside a
// shard's lock; it needs no repair, because whatever it guards changes by single stores too.
//
// Invariants:
//
//	S1  Elements below ShBacked have memory behind them; nobody stores to others. Pages at or past ShDirty have none.
//	    What lies between is being taken or given back by the holder of the lock, or was when it died.
//	S2  Levels never overlap: a new one begins behind the end of all that stand in any directory. The directories are the
//	    only record of that, so there is nothing to get out of step.
//	S3  The leases of all shards add up to no more than the limit of the map; a shard holds no more than its lease.
package space

import (
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/vector"
)

// Space is the memory of one map as one handle sees it.
type Space struct {
	Region  *region.Region
	Config  *layout.Config
	Shards  []region.Ptr // shard headers
	lock    lock.Lock
	vectors [layout.Vecs]layout.Vec
}

// New returns the space of a map.
func New(r *region.Region, c *layout.Config, header region.Ptr, shards []region.Ptr) *Space {
	s := &Space{Region: r, Config: c, Shards: shards, vectors: c.Geometry().Vectors()}
	s.lock.Init(header.Word(layout.HdrSpaceLock), func() error { return nil }, func(int) {})
	return s
}

// Inherit frees the space lock if a dead predecessor of o holds it.
func (s *Space) Inherit(o *lock.Owner) error { return s.lock.Inherit(o) }

// Mend takes the space lock from a dead process. A closed handle may do it.
func (s *Space) Mend(o *lock.Owner, until time.Time) error {
	if err := s.lock.Lock(o, until); err != nil {
		return err
	}
	s.lock.Unlock(o)
	return nil
}

// Back puts memory behind element want-1 of v and all before it, and behind some more of them where that is cheap. It
// returns ErrFull at the byte limit and ErrNoSpace where the file system has no more.
func (s *Space) Back(o *lock.Owner, shard int, v *vector.Vec, want uint64, deadline time.Time) error {
	for have := v.Backed(); have < want; have = v.Backed() {
		level, _ := v.Shape.Locate(have)
		if level >= layout.Levels {
			return fault.With(fault.ErrFull, "%s of shard %d: no more levels", vector.Name(v.Which), shard)
		}
		if v.Dir(level) == 0 {
			if err := s.place(o, v, level, deadline); err != nil {
				return err
			}
		}
		end := v.Shape.First(level + 1)
		least, ahead := min(want, end), min(max(want, have+step(v.Shape, have)), end)
		err := s.backTo(o, shard, v, level, ahead, deadline)
		if err != nil && ahead > least { // nothing ahead near a limit
			err = s.backTo(o, shard, v, level, least, deadline)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// backTo moves the watermarks of v up to to, both in one level: first what may have memory, then the memory,
// then what has (S1).
func (s *Space) backTo(o *lock.Owner, shard int, v *vector.Vec, level int, to uint64, deadline time.Time) error {
	sh, have := s.Shards[shard], v.Backed()
	if err := s.Fit(o, shard, v.Shape.Bytes(to)-v.Shape.Bytes(have), deadline); err != nil {
		return err
	}
	dirty := layout.ShDirty + uint64(v.Which)
	sh.Store(dirty, max(sh.Load(dirty), to))
	base, first := v.Dir(level), v.Shape.First(level)
	from := (have - first) * v.Shape.Elem &^ (layout.Page - 1)
	n := layout.PageUp((to-first)*v.Shape.Elem) - from
	if err := s.Region.Allocate(base+from, n); err != nil {
		return err
	}
	s.Region.Populate(base+from, n)
	sh.Store(layout.ShBacked+uint64(v.Which), to)
	return nil
}

// step is how many elements to back ahead: of what there is a thirty-second part, a page at least and 32 KiB at most, since whoever
// stores waits for the system calls; of chunks one.
func step(v layout.Vec, have uint64) uint64 {
	return max(min(max(have*v.Elem/32, layout.Page), mostAhead)/v.Elem, 1)
}

const mostAhead = 32 << 10

// Ahead is how many elements Back may back besides those asked for.
func Ahead(v layout.Vec) uint64 { return max(mostAhead/v.Elem, 1) }

// place gives a level its place in the file (S2).
func (s *Space) place(o *lock.Owner, v *vector.Vec, level int, deadline time.Time) error {
	if err := s.lock.Lock(o, deadline); err != nil {
		return err
	}
	defer s.lock.Unlock(o)
	end := s.End()
	if end+v.Shape.LevelBytes(level) > layout.MaxFile {
		return fault.With(fault.ErrFull, "the file would end past %d bytes", uint64(layout.MaxFile))
	}
	v.Place(level, end)
	return nil
}

// End is the end of the last level in the file.
func (s *Space) End() uint64 {
	end := layout.SegmentsAt(len(s.Shards))
	for _, sh := range s.Shards {
		for which, shape := range s.vectors {
			for level := range layout.Levels {
				base := sh.Load(vector.DirWord(which, level))
				if base == 0 {
					break
				}
				if base < layout.MaxFile {
					end = max(end, base+shape.LevelBytes(level))
				}
			}
		}
	}
	return end
}

// Trim gives the memory behind all but the first keep elements of v back, at most limit bytes in one call.
func (s *Space) Trim(shard int, v *vector.Vec, keep, limit uint64) error {
	sh, w := s.Shards[shard], uint64(v.Which)
	backed, dirty := v.Backed(), sh.Load(layout.ShDirty+w)
	if n := limit / v.Shape.Elem; dirty > keep+n {
		keep = dirty - n
	}
	if keep < backed {
		sh.Store(layout.ShBacked+w, keep)
	}
	for dirty > keep {
		level, _ := v.Shape.Locate(dirty - 1)
		first := v.Shape.First(level)
		if level >= layout.Levels || v.Dir(level) == 0 {
			return &fault.Corrupt{Where: "watermark of " + vector.Name(v.Which), Got: dirty, Want: "an element of a level"}
		}
		low := max(keep, first)
		from := layout.PageUp((low - first) * v.Shape.Elem)
		to := layout.PageUp((dirty - first) * v.Shape.Elem)
		if to > from {
			if err := s.Region.Punch(v.Dir(level)+from, to-from); err != nil {
				return err
			}
		}
		dirty = low
		sh.Store(layout.ShDirty+w, dirty)
	}
	return nil
}

// Used is the memory that a shard holds, in bytes: its header page, its vectors, less the holes between its chunks.
func (s *Space) Used(shard int) uint64 {
	sh, sum := s.Shards[shard], uint64(layout.Page)
	for which, shape := range s.vectors {
		sum += shape.Bytes(min(sh.Load(layout.ShDirty+uint64(which)), layout.MaxFile/shape.Elem))
	}
	return sum - min(sum, sh.Load(layout.ShChunkHolesLen)*layout.ChunkSize)
}

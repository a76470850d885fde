// Package segment is the life of a map's file: created whole or not at all, validated before it is used, attached,
// frozen, closed. It knows files, identities and clocks; it must not know operations.
//
// Invariants:
//
//	G1  A file gets its name only when it is complete; so nobody ever opens a half-made map.
//	G2  Whoever attaches or closes holds the attach byte meanwhile. Under it the mutable header words are written.
//	G3  The seal is set when the last participant closes and no lock is held, and taken away by the next one. A file
//	    with another identity or from another boot is used only if it is clean or frozen. What is clean or frozen is on
//	    the storage before the mark that says so, and what takes the mark away before anything that follows.
//	G4  The mapping and the descriptors live until nobody can reach the Segment: operations keep it alive to their end.
package segment

import (
	"io/fs"
	"runtime"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/space"
	"github.com/shmap-go/shmap/internal/sys"
)

// Options say how to attach.
type Options struct {
	Create      *layout.Config // of a new map; Seed is filled in
	Mode        fs.FileMode
	ReadOnly    bool
	LockTimeout time.Duration
	Reserve     uint64 // address range in bytes, 0 for the default

	Live    lock.Liveness        // heap regions only: shared by the handles of one region; nil for a new one
	Now     func() uint64        // tests only: map time
	Prepare func(*region.Region) // tests only: sees each region before it is used
}

// Segment is one attached handle.
type Segment struct {
	Env    shard.Env
	Shards []shard.Shard

	path   string
	fd     int // private description; -1 on the heap
	number int // of the participant that a writable handle is
	live   lock.Liveness
	clock  *sys.BootClock
	offset uint64 // map time minus boot time
}

const (
	closeWait   = 100 * time.Millisecond // for locks of others, for the clean mark
	quiesceWait = time.Second            // for operations of the handle itself
)

// bind makes a Segment of a region that holds a valid header for c. It attaches nothing yet.
func bind(r *region.Region, fd int, path string, c *layout.Config, o Options) (*Segment, error) {
	header, ok := r.At(0, layout.Page)
	if !ok {
		return nil, fault.With(fault.ErrNotMap, "%d bytes are too short for a header", r.Size())
	}
	s := &Segment{path: path, fd: fd, live: o.Live, clock: sys.NewBootClock()}
	if s.live == nil {
		s.live = lock.Kernel{FD: fd}
	}
	s.Env.Config, s.Env.Region, s.Env.Header, s.Env.Timeout = c, r, header, o.LockTimeout
	s.Env.Now = o.Now
	s.Env.Ceil = o.Now
	if o.Now == nil {
		s.Env.Now = func() uint64 { return s.clock.Millis() + s.offset }
		s.Env.Ceil = func() uint64 { return uint64((s.clock.Nanos()+1e6-1)/1e6) + s.offset }
	}
	headers := make([]region.Ptr, c.Shards())
	for i := range headers {
		if headers[i], ok = r.At(layout.ShardAt(i), layout.ShardSize); !ok {
			return nil, fault.With(fault.ErrNotMap, "%d bytes are too short for %d shards", r.Size(), c.Shards())
		}
	}
	s.Env.Space = space.New(r, c, header, headers)
	s.Shards = make([]shard.Shard, c.Shards())
	for i := range s.Shards {
		if err := s.Shards[i].Init(&s.Env, i); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// mapped is a region over the file behind fd.
func mapped(fd int, reserve uint64, o Options) (*region.Region, error) {
	r, err := region.Mapped(fd, !o.ReadOnly, reserve)
	if err == nil && o.Prepare != nil {
		o.Prepare(r)
	}
	return r, err
}

// readConfig reads and validates the header of a region.
func readConfig(r *region.Region) (*layout.Config, error) {
	header, ok := r.At(0, layout.Page)
	if !ok {
		return nil, fault.With(fault.ErrNotMap, "%d bytes are too short for a header", r.Size())
	}
	var w [layout.HdrSum + 1]uint64
	for i := range w {
		w[i] = header.Load(uint64(i))
	}
	return layout.Decode(w)
}

// attach maps the file behind fd, which it takes over, and joins it.
func attach(fd int, path string, o Options) (*Segment, error) {
	s, err := tryAttach(fd, path, o)
	if err != nil {
		sys.Close(fd)
	}
	return s, err
}

func tryAttach(fd int, path string, o Options) (*Segment, error) {
	st, err := sys.Stat(fd)
	if err != nil {
		return nil, err
	}
	if !st.Regular {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fault.With(fault.ErrNotMap, "not a regular file")}
	}
	if st.Size < layout.SegmentsAt(1) {
		return nil, fault.With(fault.ErrNotMap, "%d bytes, the smallest map has %d", st.Size, layout.SegmentsAt(1))
	}
	r, err := mapped(fd, o.Reserve, o)
	if err != nil {
		return nil, &fs.PathError{Op: "mmap", Path: path, Err: err}
	}
	c, err := readConfig(r)
	var s *Segment
	if err == nil {
		s, err = bind(r, fd, path, c, o)
	}
	if err == nil {
		err = s.join(st)
	}
	if err != nil {
		r.Unmap()
		return nil, err
	}
	runtime.AddCleanup(s, func(r *region.Region) {
		r.Unmap()
		sys.Close(r.FD())
	}, r)
	return s, nil
}

// Path is the path the map was opened by.
func (s *Segment) Path() string { return s.path }

// FD returns a new description of the file: never the private one, whose locks say that this process lives.
func (s *Segment) FD() (int, error) {
	if s.fd < 0 {
		return -1, fault.With(fault.ErrUnsupported, "a map on the heap has no descriptor")
	}
	return sys.Reopen(s.fd, !s.Env.Region.Writable())
}

// Blocks is the memory allocated to the file, in bytes.
func (s *Segment) Blocks() (uint64, error) {
	if s.fd < 0 {
		return s.Env.Region.Size(), nil
	}
	st, err := sys.Stat(s.fd)
	return st.Blocks, err
}

// Participants is the number of attached writable handles, this one included.
func (s *Segment) Participants() int {
	n := s.live.HeldBelow(layout.MaxParticipants)
	if _, kernel := s.live.(lock.Kernel); kernel && s.Env.Owner != nil && !s.Env.Closed.Load() {
		n++ // a description does not see its own locks
	}
	return n
}

// Freeze makes the map read-only for everybody, for ever. When it returns no operation is still changing it.
func (s *Segment) Freeze() error {
	state := s.Env.Header.Load(layout.HdrState)
	if s.Env.Owner == nil {
		return fault.ErrReadOnly
	}
	s.Env.Header.Or(layout.HdrState, layout.StateFreezing)
	for i := range s.Shards {
		var until time.Time
		if s.Env.Timeout != 0 {
			until = time.Now().Add(s.Env.Timeout)
		}
		if err := s.Shards[i].Mend(until); err != nil {
			return err
		}
	}
	if state&layout.StateFrozen != 0 {
		return nil
	}
	if err := s.Sync(); err != nil { // a frozen file counts as whole wherever it is, so it must be, after a power cut too
		return err
	}
	s.Env.Header.Or(layout.HdrState, layout.StateFrozen)
	return s.Sync()
}

// Frozen reports whether the map is frozen.
func (s *Segment) Frozen() bool {
	return s.Env.Header.Load(layout.HdrState)&(layout.StateFreezing|layout.StateFrozen) != 0
}

// Sync writes the memory to the storage behind it and waits.
func (s *Segment) Sync() error { return s.Env.Region.Sync() }

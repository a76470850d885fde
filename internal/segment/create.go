package segment

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/sys"
)

// maxRaces bounds how often Open starts again because the file came or went meanwhile.
const maxRaces = 100

// Open attaches the map at path, or creates it.
func Open(path string, o Options) (*Segment, error) {
	for range maxRaces {
		fd, err := sys.Open(path, o.ReadOnly)
		if err == nil {
			return attach(fd, path, o)
		}
		if !errors.Is(err, fs.ErrNotExist) || o.ReadOnly || o.Create == nil {
			return nil, err
		}
		fd, err = create(path, o)
		if err == nil {
			return attach(fd, path, o)
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: fault.With(fault.ErrBusy, "the file came and went %d times", maxRaces)}
}

// Anonymous creates a map in a memfd.
func Anonymous(o Options) (*Segment, error) {
	fd, err := sys.Memfd("shmap", o.Mode)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	if err = format(fd, o); err == nil {
		err = os.NewSyscallError("fcntl", sys.SealShrink(fd))
	}
	if err != nil {
		sys.Close(fd)
		return nil, err
	}
	return attach(fd, "", o)
}

// FromFD attaches the map behind a descriptor, which stays the caller's.
func FromFD(fd int, o Options) (*Segment, error) {
	if !o.ReadOnly && !sys.Writable(fd) {
		return nil, fault.With(fault.ErrReadOnly, "the descriptor is open for reading only: set Options.ReadOnly")
	}
	own, err := sys.Reopen(fd, o.ReadOnly)
	if err != nil {
		return nil, err
	}
	return attach(own, "", o)
}

// Heap creates a map on the heap, for tests.
func Heap(capacity uint64, o Options) (*Segment, error) {
	r := region.Heap(capacity)
	if err := formatRegion(r, o.Create); err != nil {
		return nil, err
	}
	return AttachHeap(r, o)
}

// AttachHeap attaches a map on the heap.
func AttachHeap(r *region.Region, o Options) (*Segment, error) {
	if o.Live == nil {
		o.Live = &lock.Local{}
	}
	c, err := readConfig(r)
	if err != nil {
		return nil, err
	}
	s, err := bind(r, -1, "", c, o)
	if err != nil {
		return nil, err
	}
	return s, s.join(sys.File{})
}

// create makes the file complete without a name, then gives it its name (G1).
func create(path string, o Options) (int, error) {
	fd, err := sys.Nameless(path, o.Mode)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EISDIR) || errors.Is(err, unix.EINVAL) {
		return createNamed(path, o)
	}
	if err != nil {
		return -1, err
	}
	if err = format(fd, o); err == nil {
		err = sys.Link(fd, path)
	}
	if err != nil {
		sys.Close(fd)
		return -1, err
	}
	return fd, nil
}

// createNamed is create for file systems without nameless files: a temporary name, then a link. Leftovers of dead
// creators, whose lock has fallen, are swept; a living one that has not locked its file yet may lose it, and starts again.
func createNamed(path string, o Options) (int, error) {
	sweep(path)
	temp := sys.TempName(path, random())
	fd, err := sys.CreateTemp(temp, o.Mode)
	if err != nil {
		return -1, err
	}
	defer os.Remove(temp)
	if _, err = sys.TryLock(fd, lock.AttachByte); err == nil {
		err = format(fd, o)
	}
	if err == nil {
		if err = os.Link(temp, path); errors.Is(err, fs.ErrNotExist) {
			err = &fs.PathError{Op: "create", Path: temp, Err: fs.ErrExist}
		}
	}
	if err == nil {
		err = sys.Unlock(fd, lock.AttachByte)
	}
	if err != nil {
		sys.Close(fd)
		return -1, err
	}
	return fd, nil
}

func sweep(path string) {
	names, _ := filepath.Glob(escapeGlob(path) + ".shmap-*.tmp")
	for _, name := range names {
		if fd, err := sys.Open(name, false); err == nil {
			if _, held, err := sys.Locked(fd, lock.AttachByte, 1); err == nil && !held {
				_ = os.Remove(name)
			}
			sys.Close(fd)
		}
	}
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}

func format(fd int, o Options) error {
	r, err := mapped(fd, 64<<20, Options{Prepare: o.Prepare})
	if err != nil {
		return err
	}
	defer r.Unmap()
	return formatRegion(r, o.Create)
}

// formatRegion writes an empty map into a region nobody else can see.
func formatRegion(r *region.Region, config *layout.Config) error {
	c := *config
	if c.Seed == 0 {
		c.Seed = random()
	}
	if err := r.Allocate(0, layout.ParticipantsAt+layout.Page); err != nil {
		return err
	}
	if err := r.Allocate(layout.ShardsAt, layout.SegmentsAt(c.Shards())-layout.ShardsAt); err != nil {
		return err
	}
	s, err := bind(r, r.FD(), "", &c, Options{Live: &lock.Local{}})
	if err != nil {
		return err
	}
	s.Env.Owner = lock.NewOwner(s.live, 0, 1)
	for i := range s.Shards {
		if err := s.Shards[i].Format(); err != nil {
			if errors.Is(err, fault.ErrFull) {
				return fault.With(fault.ErrFull, "MaxBytes of %d is less than an empty map with %d shards needs", c.MaxBytes, c.Shards())
			}
			return err
		}
	}
	for i, w := range c.Encode() {
		s.Env.Header.Store(uint64(i), w)
	}
	st, err := sys.Stat(r.FD())
	if r.OnHeap() {
		st, err = sys.File{}, nil
	}
	s.offset = uint64(time.Now().UnixMilli() - s.clock.Nanos()/1e6)
	s.identify(st)
	return err
}

// PickShards is the number of shards, as a power of two, for a map without a wish.
func PickShards(wish int, c *layout.Config) uint {
	if wish > 0 {
		return uint(bits.Len(uint(min(wish, layout.MaxShards)) - 1))
	}
	small := func(limit, one, four uint64) uint {
		switch {
		case limit == 0 || limit > four:
			return 4
		case limit > one:
			return 2
		}
		return 0
	}
	entries := c.MaxEntries
	if c.Capacity != 0 && (entries == 0 || c.Capacity < entries) {
		entries = c.Capacity
	}
	lg := min(small(entries, 4<<10, 64<<10), small(c.MaxBytes, 16<<20, 128<<20))
	if c.Key.Bits() == 16 {
		lg = min(lg, 2) // 65,536 keys at most
	}
	return lg
}

package maptest

import (
	"fmt"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/hash"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/table"
)

// Spec says which map a test wants. The hash seed is given, so that a run can be repeated.
type Spec struct {
	Key, Value layout.Kind
	HasTTL     bool
	TTL        uint64 // default time to live, milliseconds
	Policy     layout.Policy
	Capacity   uint64
	MaxEntries uint64
	MaxBytes   uint64
	Skip       uint // percent
	LgShards   uint
	Hash       layout.Hash
	Seed       uint64
}

func (s Spec) String() string {
	return fmt.Sprintf("%v->%v ttl=%v,%d policy=%v cap=%d max=%d bytes=%d skip=%d shards=%d hash=%d", s.Key, s.Value, s.HasTTL, s.TTL,
		s.Policy, s.Capacity, s.MaxEntries, s.MaxBytes, s.Skip, 1<<s.LgShards, s.Hash)
}

// Config is the header of such a map.
func (s Spec) Config() *layout.Config {
	c := &layout.Config{Key: s.Key, Value: s.Value, Policy: s.Policy, Hash: s.Hash, LgShards: s.LgShards, RecencySkip: s.Skip,
		HasTTL: s.HasTTL || s.TTL > 0, Seed: s.Seed | 1, MaxEntries: s.MaxEntries, Capacity: s.Capacity, MaxBytes: s.MaxBytes, TTL: s.TTL}
	if c.Capacity != 0 && c.Policy == layout.PolicyNone {
		c.Policy = layout.PolicyClock
	}
	return c
}

// shardOf is the shard that a key belongs to: the top bits of its hash say so.
func shardOf(c *layout.Config, key dict.Datum) int {
	h := hash.Word(c.Hash, c.Seed, key.W)
	if c.Key == layout.String {
		h = table.StringKey(c, key.S).Hash
	}
	return int(h >> (64 - c.LgShards) & uint64(c.Shards()-1))
}

// Clock is a clock that moves only when a test says so.
type Clock struct{ now uint64 }

// NewClock starts a clock long after its beginning, so that "long ago" is possible.
func NewClock() *Clock { return &Clock{now: 1 << 32} }

// Now is the time in milliseconds.
func (c *Clock) Now() uint64 { return c.now }

// Advance moves the clock.
func (c *Clock) Advance(ms uint64) { c.now += ms }

// OnHeap makes a map on the heap that has room for so many bytes.
func OnHeap(room uint64, s Spec, clock *Clock) (*dict.Map, error) {
	return attach(segment.Heap(room, s.options(clock)))
}

// Open makes or opens a map in a file.
func Open(path string, s Spec, clock *Clock) (*dict.Map, error) {
	return attach(segment.Open(path, s.options(clock)))
}

// Anonymous makes a map in a memfd.
func Anonymous(s Spec, clock *Clock) (*dict.Map, error) {
	return attach(segment.Anonymous(s.options(clock)))
}

// Passed attaches a map once more, through a descriptor as another process would get it.
func Passed(m *dict.Map, s Spec, clock *Clock) (*dict.Map, error) {
	fd, err := m.FD()
	if err != nil {
		return nil, err
	}
	defer closeFD(fd)
	return attach(segment.FromFD(fd, s.options(clock)))
}

func attach(seg *segment.Segment, err error) (*dict.Map, error) {
	if err != nil {
		return nil, err
	}
	return dict.Attach(seg), nil
}

func (s Spec) options(clock *Clock) segment.Options {
	o := segment.Options{Create: s.Config(), Mode: 0o600, LockTimeout: 20 * time.Second}
	if clock != nil {
		o.Now = clock.Now
	}
	return o
}

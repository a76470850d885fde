package dict

import (
	"fmt"
	"io/fs"
	"math/bits"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/hash"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/table"
)

// Map is one handle on a map. All methods are safe for concurrent use, by goroutines and by processes.
type Map struct {
	seg    *segment.Segment
	shards []shard.Shard
	shift  uint // hash bits that do not pick the shard
	kind   layout.Hash
	strong hash.Strong
	quick  table.Quick
	load   table.Loader // quick's
	narrow bool         // integers in slots of less than 16 bytes, and nothing to count
	wide   bool         // integers in slots of 16 bytes, and nothing to count
	texts  bool         // a string in slots of 16 bytes, and nothing to count

	countHits    bool
	hits, misses atomic.Uint64
}

// Open opens or creates the map at path. With Key and Value zero it must exist, and may be of any types.
func Open(path string, o Options) (*Map, error) {
	return open(o, func(so segment.Options) (*segment.Segment, error) { return segment.Open(path, so) })
}

// Anonymous creates a map in a memfd.
func Anonymous(o Options) (*Map, error) { return open(o, segment.Anonymous) }

// FromFD attaches the map behind a descriptor (it is duplicated, not taken).
func FromFD(fd int, o Options) (*Map, error) {
	return open(o, func(so segment.Options) (*segment.Segment, error) { return segment.FromFD(fd, so) })
}

// OnHeap creates a map of up to capacity bytes on the heap: for tests under the race detector.
func OnHeap(capacity uint64, o Options) (*Map, error) {
	return open(o, func(so segment.Options) (*segment.Segment, error) { return segment.Heap(capacity, so) })
}

func open(o Options, attach func(segment.Options) (*segment.Segment, error)) (*Map, error) {
	so := segment.Options{Mode: o.Mode, ReadOnly: o.ReadOnly, LockTimeout: o.LockTimeout, Now: o.Now}
	if so.Mode == 0 {
		so.Mode = 0o600
	}
	if o.Key != 0 || o.Value != 0 {
		c, err := o.config()
		if err != nil {
			return nil, err
		}
		so.Create = c
	}
	seg, err := attach(so)
	if err != nil {
		return nil, err
	}
	return newMap(seg, o)
}

// Attach makes a Map of an attached segment.
func Attach(seg *segment.Segment) *Map {
	c := seg.Env.Config
	t := seg.Shards[0].Table()
	m := &Map{seg: seg, shards: seg.Shards, shift: 64 - c.LgShards, kind: c.Hash, strong: hash.NewStrong(c.Seed), narrow: t.Narrow(), wide: t.Wide(),
		texts: t.Charted() && !t.Wide()}
	m.quick = table.Quick{Slow: m.loadWord, SlowText: m.loadText, Now: seg.Env.Now}
	for i := range m.shards {
		m.shards[i].Own()
		if t.Charted() {
			m.quick.Add(m.shards[i].Table(), c.LgShards, m.ReadOnly())
		}
	}
	m.load = m.quick.Loader()
	return m
}

func newMap(seg *segment.Segment, o Options) (*Map, error) {
	c := seg.Env.Config
	if (o.Key != 0 || o.Value != 0) && (o.Key != c.Key || o.Value != c.Value) {
		_ = seg.Close() // the mismatch is what matters
		return nil, &fault.TypeMismatch{WantKey: o.Key.String(), WantValue: o.Value.String(),
			HaveKey: c.Key.String(), HaveValue: c.Value.String()}
	}
	m := Attach(seg)
	m.countHits = o.CountHits
	if m.countHits {
		m.narrow, m.wide, m.texts, m.quick = false, false, false, table.Quick{Slow: m.loadWord, SlowText: m.loadText}
		m.load = m.quick.Loader()
	}
	return m, nil
}

// config is the immutable part of the header that o asks for.
func (o *Options) config() (*layout.Config, error) {
	switch {
	case !o.Key.Valid() || !o.Value.Valid():
		return nil, fault.With(fault.ErrTypeMismatch, "a map of %v to %v", o.Key, o.Value)
	case o.RecencySkip < 0 || o.RecencySkip > 99:
		return nil, fmt.Errorf("shmap: RecencySkip of %d: expected 0 to 99: %w", o.RecencySkip, fs.ErrInvalid)
	case o.Shards < 0 || o.Shards > layout.MaxShards:
		return nil, fmt.Errorf("shmap: %d shards: expected 0 to %d: %w", o.Shards, layout.MaxShards, fs.ErrInvalid)
	case o.TTL < 0 || o.TTL > layout.MaxTTL*time.Millisecond:
		return nil, fmt.Errorf("shmap: TTL of %v: expected 0 to %v: %w", o.TTL, layout.MaxTTL*time.Millisecond, fs.ErrInvalid)
	case o.LockTimeout < 0:
		return nil, fmt.Errorf("shmap: LockTimeout of %v: expected 0 or more: %w", o.LockTimeout, fs.ErrInvalid)
	case o.MaxBytes > layout.MaxBytes:
		return nil, fmt.Errorf("shmap: MaxBytes of %d: expected 0 to %d: %w", o.MaxBytes, uint64(layout.MaxBytes), fs.ErrInvalid)
	case !o.Policy.Valid():
		return nil, fmt.Errorf("shmap: unknown policy %v: %w", o.Policy, fs.ErrInvalid)
	case o.Mode != o.Mode.Perm():
		return nil, fmt.Errorf("shmap: mode %v: expected permission bits only: %w", o.Mode, fs.ErrInvalid)
	}
	c := &layout.Config{Key: o.Key, Value: o.Value, Policy: o.Policy, Hash: o.Hash, Seed: o.Seed, RecencySkip: uint(o.RecencySkip),
		HasTTL: o.TTL > 0 || o.EnableTTL, MaxEntries: o.MaxEntries, Capacity: o.Capacity, MaxBytes: o.MaxBytes,
		TTL: uint64((o.TTL + time.Millisecond - 1) / time.Millisecond)}
	if c.Capacity != 0 && c.Policy == layout.PolicyNone {
		c.Policy = layout.PolicyClock
	}
	c.LgShards = segment.PickShards(o.Shards, c)
	return c, nil
}

// Options returns the properties of the map as stored.
func (m *Map) Options() Options {
	c := m.seg.Env.Config
	return Options{Key: c.Key, Value: c.Value, MaxEntries: c.MaxEntries, Capacity: c.Capacity, MaxBytes: c.MaxBytes,
		TTL: time.Duration(c.TTL) * time.Millisecond, EnableTTL: c.HasTTL, Policy: c.Policy, RecencySkip: int(c.RecencySkip),
		Shards: c.Shards(), ReadOnly: m.ReadOnly(), LockTimeout: m.seg.Env.Timeout, CountHits: m.countHits, Hash: c.Hash}
}

// Segment is the handle's attachment, for the packages that look after the file: check and tests.
func (m *Map) Segment() *segment.Segment { return m.seg }

// shard is the shard that a hash leads to.
func (m *Map) shard(h uint64) *shard.Shard { return &m.shards[m.index(h)] }

// hash is the hash of an integer key.
func (m *Map) hash(key uint64) uint64 {
	if m.kind != layout.HashStrong {
		return hash.Word(m.kind, 0, key)
	}
	return m.strong.Word(key)
}

func (m *Map) index(h uint64) int {
	return int(bits.RotateLeft64(h, -int(m.shift)) & uint64(len(m.shards)-1))
}

func (m *Map) closed() error {
	if m.seg.Env.Closed.Load() {
		return fault.ErrClosed
	}
	return nil
}

// Load reads one key.
func (m *Map) Load(key Datum, dst []byte, f ReadFlag) (out Loaded, err error) {
	k := shard.ReadyKey(m.seg.Env.Config, key)
	err = m.shard(k.Hash).Load(&k, dst, f, &out)
	if m.countHits && err == nil {
		m.countHit(out.Found)
	}
	runtime.KeepAlive(m.seg)
	return out, err
}

func (m *Map) countHit(found bool) {
	if found {
		m.hits.Add(1)
	} else {
		m.misses.Add(1)
	}
}

// Len is the number of entries, expired ones that nobody has met yet included.
func (m *Map) Len() int {
	if m.closed() != nil {
		return 0
	}
	n := uint64(0)
	for i := range m.seg.Shards {
		n += m.seg.Shards[i].Stat(layout.ShCount)
	}
	runtime.KeepAlive(m.seg)
	return int(n)
}

// Freeze makes the map read-only for everybody, for ever.
func (m *Map) Freeze() error {
	defer runtime.KeepAlive(m.seg)
	if err := m.closed(); err != nil {
		return err
	}
	return m.seg.Freeze()
}

// Frozen reports whether the map is frozen.
func (m *Map) Frozen() bool {
	defer runtime.KeepAlive(m.seg)
	return m.seg.Frozen()
}

// ReadOnly reports whether this handle is read-only.
func (m *Map) ReadOnly() bool { return m.seg.Env.Owner == nil }

// Sync writes the memory to the storage behind it.
func (m *Map) Sync() error {
	defer runtime.KeepAlive(m.seg)
	if err := m.closed(); err != nil {
		return err
	}
	return m.seg.Sync()
}

// Close ends the handle.
func (m *Map) Close() error {
	defer runtime.KeepAlive(m.seg)
	m.quick.Closed.Store(true)
	return m.seg.Close()
}

// FD returns a new descriptor of the map's file, close-on-exec set, for exec.Cmd.ExtraFiles or a socket.
func (m *Map) FD() (int, error) {
	defer runtime.KeepAlive(m.seg)
	if err := m.closed(); err != nil {
		return -1, err
	}
	return m.seg.FD()
}

// Path is the path the map was opened by; empty for an anonymous one.
func (m *Map) Path() string { return m.seg.Path() }

// Package shard is one shard: a complete small hash map with its own lock, journal, table, string storage and recency
// list. Every operation on one key is here, once. It knows operations, their rules and what makes room for them; it must
// not know files, nor that there are other shards beyond what package space tells.
//
// A mutation takes the lock, decides, makes room by operations of their own (the usual store into a full cache
// apart, which evicts in its own transaction), and commits once (commit is the only place where a mutation commits; the short ways
// of text.go, cached.go and overwriteShort apart, and plain stores of a value). If memory is missing in the middle it rolls back, has the memory backed,
// and starts again.
//
// Invariants:
//
//	H1  Code that changes the shard runs between enter and leave; no user code, no system call and no sleep happens
//	    inside a transaction. Between transactions, under the lock, memory may be backed or given back.
//	H2  Whatever ends a mutation, a panic included, rolls back an open transaction before the lock is left.
//	H3  Frees come last in a transaction (journal J5): blobs to be freed are collected and dropped by commit.
//	H4  An expired entry is absent. It is removed by whoever meets it under the lock, or overwritten in its slot.
package shard

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/shmap-go/shmap/internal/alloc"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/recency"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/space"
	"github.com/shmap-go/shmap/internal/table"
	"github.com/shmap-go/shmap/internal/vector"
)

// Env is what the shards of one handle share.
type Env struct {
	Config  *layout.Config
	Region  *region.Region
	Header  region.Ptr
	Space   *space.Space
	Owner   *lock.Owner   // nil in a read-only handle
	Now     func() uint64 // map time in whole milliseconds that have passed
	Ceil    func() uint64 // map time rounded up: what a time to live is counted from, so that nothing goes early
	Timeout time.Duration // for locks; 0 waits as long as it takes
	Closed  atomic.Bool
}

// Shard is one shard as one handle sees it. Its exported methods are safe for concurrent use.
type Shard struct {
	env     *Env
	index   int
	header  region.Span
	lock    lock.Lock
	log     journal.Journal
	vecs    [layout.Vecs]vector.Vec
	heap    alloc.Heap
	recency recency.Policy
	table   table.Table
	reads   Reads

	// Below: the lock holder's.
	drops  []uint64  // blobs that the open transaction frees (H3)
	keep   table.Key // key that the operation is about, if keeps
	keeps  bool
	guard  uint64 // deadline that the open transaction relies on, 0 for none
	ceil   uint64 // map time rounded up as deadlineFor has read it last
	ticks  uint64 // stores, for RecencySkip
	tends  uint64 // operations, for work that is due every so often
	tight  int    // stores that evict without asking for more of the limit first
	spared uint64 // entries that the eviction under way has spared before evictOne
	hint   uint64 // bucket where the search for any entry goes on

	waited bool // the lock was found held, which has not been counted yet
	slept  int  // so often in the kernel

	free   bool   // there is no limit on entries
	timed  bool   // entries have deadlines or are in the recency list
	crowds bool   // slots of 16 bytes, and others make room
	cache  bool   // that, without deadlines
	low    uint64 // the bits of a value
	split  func() // Table.Split
}

// Init binds s to shard index of the map.
func (s *Shard) Init(env *Env, index int) error {
	off := layout.ShardAt(index)
	p, ok := env.Region.At(off, layout.ShardSize)
	if !ok {
		return &fault.Corrupt{Where: "shard header", Offset: off, Want: "a page inside the file"}
	}
	s.env, s.index, s.header = env, index, region.Span{Ptr: p, Off: off}
	geo := env.Config.Geometry()
	for which, shape := range geo.Vectors() {
		s.vecs[which].Init(env.Region, p, which, shape)
	}
	s.lock.Init(p.Word(layout.ShLock), s.repair, s.met)
	s.log.Init(env.Region, p, &s.vecs[layout.VecJournal])
	s.heap.Init(s.header, &s.log, &s.vecs[layout.VecMeta], &s.vecs[layout.VecChunk])
	s.recency = recency.New(env.Config.Policy, geo, s.header, &s.log, &s.vecs[layout.VecMain], &s.vecs[layout.VecOver])
	s.table = table.Table{Region: env.Region, Geo: geo, Config: env.Config, Shard: s.header, Log: &s.log, Heap: &s.heap,
		Recency: s.recency, Main: &s.vecs[layout.VecMain], Over: &s.vecs[layout.VecOver]}
	s.table.Init()
	s.low = env.Config.Value.Truncate(^uint64(0))
	s.split, s.free = s.table.Split, env.Config.Capacity == 0 && env.Config.MaxEntries == 0
	s.timed = geo.Deadline|geo.Recency != 0
	s.crowds = s.evicts() && geo.SlotSize == 16
	s.cache = s.crowds && !env.Config.HasTTL
	return nil
}

// Own tells s who its handle is, once that is known.
func (s *Shard) Own() { s.lock.TryFor(s.env.Owner) }

// Format makes an empty shard of zeroed memory; the file has no name yet, so nothing here can be seen.
func (s *Shard) Format() error {
	if err := s.provide(&vector.Need{Which: layout.VecJournal, Elements: 1}); err != nil {
		return err
	}
	if err := s.provide(&vector.Need{Which: layout.VecMain, Elements: layout.FirstBuckets}); err != nil {
		return err
	}
	s.header.Store(layout.ShLevel, layout.FirstBuckets)
	return nil
}

// SetPoint makes the journal call f before each of its stores. For tests.
func (s *Shard) SetPoint(f func()) { s.log.Point = f }

// Table is the shard's table. For tests that look into the memory.
func (s *Shard) Table() *table.Table { return &s.table }

// PlantFault makes repairs undo nothing. For tests of the tests.
func (s *Shard) PlantFault(on bool) { s.log.Lame = on }

func (s *Shard) repair() error {
	_, err := s.attempt(func() error {
		s.count(layout.ShRecoveries)
		return s.log.Repair()
	})
	return err
}

// Inherit repairs what a dead predecessor under the handle's participant number left behind.
func (s *Shard) Inherit() error { return s.lock.Inherit(s.env.Owner) }

// Quiesce waits until no goroutine of this handle, which is closed, is inside; false if that is not so at the deadline, as
// when somebody forged the lock word. One that wins the lock later leaves it at once.
func (s *Shard) Quiesce(until time.Time) bool {
	for s.lock.OwnedBy(s.env.Owner) {
		if time.Now().After(until) {
			return false
		}
		runtime.Gosched()
	}
	return true
}

// Mend repairs what a dead process may have left behind. A closed handle may do it.
func (s *Shard) Mend(until time.Time) error {
	if err := s.lock.Lock(s.env.Owner, until); err != nil {
		return err
	}
	s.lock.Unlock(s.env.Owner)
	return nil
}

// count raises a statistic, under the lock.
func (s *Shard) count(word uint64) { s.header.Store(word, s.header.Load(word)+1) }

// met keeps that the lock was found held, until countWait knows that something may be written.
func (s *Shard) met(sleeps int) { s.waited, s.slept = true, sleeps }

// countWait counts an acquisition of a lock that was held: how long it took is not asked, a sleep lasts as long as in package
// lock.
func (s *Shard) countWait() {
	if !s.waited {
		return
	}
	s.waited = false
	s.count(layout.ShContended)
	if s.slept > 0 {
		s.count(layout.ShLockWaits)
		s.header.Store(layout.ShLockSleeps, s.header.Load(layout.ShLockSleeps)+uint64(s.slept))
	}
}

// Stat reads a word of the shard header.
func (s *Shard) Stat(word uint64) uint64 { return s.header.Load(word) }

// Buckets is the number of main buckets.
func (s *Shard) Buckets() uint64 { return table.Buckets(s.header.Load(layout.ShLevel)) }

// Backed is the memory behind a vector, in bytes.
func (s *Shard) Backed(which int) uint64 {
	n := s.vecs[which].Shape.Bytes(s.vecs[which].Backed())
	if which == layout.VecChunk {
		n -= min(n, s.header.Load(layout.ShChunkHolesLen)*layout.ChunkSize)
	}
	return n
}

// deadline is when a wait for a lock that begins now ends; zero for never.
func (s *Shard) deadline() time.Time {
	if s.env.Timeout == 0 {
		return time.Time{}
	}
	return time.Now().Add(s.env.Timeout)
}

// enter takes the lock for a mutation.
func (s *Shard) enter() error {
	if s.lock.Try() {
		if s.ready() {
			return nil
		}
		s.leave()
	}
	return s.enterSlow()
}

// ready reports whether the holder of the lock may go on at once.
func (s *Shard) ready() bool {
	return !s.env.Closed.Load() && s.log.Idle() && s.env.Header.Load(layout.HdrState)&(layout.StateFreezing|layout.StateFrozen) == 0
}

func (s *Shard) enterSlow() error {
	if s.env.Owner == nil {
		if s.env.Closed.Load() {
			return fault.ErrClosed
		}
		return fault.ErrReadOnly
	}
	if err := s.acquire(); err != nil {
		return err
	}
	if s.env.Header.Load(layout.HdrState)&(layout.StateFreezing|layout.StateFrozen) != 0 {
		s.lock.Unlock(s.env.Owner)
		return fault.ErrFrozen
	}
	s.countWait()
	return nil
}

// acquire takes the lock. Whether the handle is closed is asked after the lock was won: Close says so first, then waits
// until no lock is held by the handle, and then gives the participant number up.
func (s *Shard) acquire() error {
	if err := s.lock.Lock(s.env.Owner, s.deadline()); err != nil {
		return err
	}
	if s.env.Closed.Load() {
		s.lock.Unlock(s.env.Owner)
		return fault.ErrClosed
	}
	if !s.log.Idle() { // a repair that failed, or forged: nothing may be built on it
		if err := s.repair(); err != nil {
			s.lock.Unlock(s.env.Owner)
			return err
		}
	}
	return nil
}

func (s *Shard) leave() { s.lock.Unlock(s.env.Owner) }

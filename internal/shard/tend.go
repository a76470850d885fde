package shard

import (
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/vector"
)

// tend does a bounded piece of the work that keeps the shard in shape, after an operation and under its lock: a bucket
// split or merged, a few blobs moved out of a sparse slab, memory given back. Nothing of it can fail the operation.
func (s *Shard) tend() {
	s.tends++
	if s.header.Load(layout.ShQuarTime) != 0 {
		s.markTops()
	}
	switch {
	case s.tends&31 == 0 || len(s.drops) > 0 && s.tends%tendDrops == 0 || s.table.Roomy():
		_, _ = s.attempt(func() error { s.tendSlow(); return nil }) // what it could not do waits for the next one
	case s.table.Crowded(s.header.Load(layout.ShCount)):
		s.once(s.split)
	}
}

// tendDrops is how many operations pass between looks at what they freed.
const tendDrops = 8

func (s *Shard) tendSlow() {
	if s.table.Crowded(s.header.Load(layout.ShCount)) {
		s.once(s.split)
	} else if s.table.Roomy() {
		s.once(s.table.Merge)
	}
	if free := s.table.OverSurplus(); free > overSpare && free > 2*s.header.Load(layout.ShOverUsed) {
		s.once(s.table.ShrinkOver)
	}
	for _, w := range s.drops { // the classes that the operation freed blocks of
		s.relocate(w)
	}
	s.giveBack()
}

// once runs one transaction that may as well not happen; false if it did not.
func (s *Shard) once(body func()) bool { return s.oneMore(body) == nil }

// oneMore is once with the reason why it did not.
func (s *Shard) oneMore(body func()) error {
	for range 8 {
		need, err := s.attempt(func() error {
			s.begin()
			body()
			s.commit()
			return nil
		})
		if need == nil {
			return err
		}
		if _, err := s.attempt(func() error { return s.back(s.absolute(need)) }); err != nil {
			return err
		}
	}
	return fault.With(fault.ErrNoSpace, "shard %d: the work of a moment needs ever more memory", s.index)
}

// relocate moves up to two blobs for each operation since the last time out of a sparse slab of the class that the dropped blob w belonged to.
func (s *Shard) relocate(w uint64) {
	b, ok := s.heap.Look(w) // freed, but its bytes are still there, and only the class is asked for
	if !ok {
		return
	}
	class := b.Class()
	for range 2 * tendDrops {
		if !s.thin(class) {
			return
		}
	}
}

// thin moves one blob out of a sparse slab of class.
func (s *Shard) thin(class int) (moved bool) {
	chunk, ok := s.heap.Sparse(class)
	if !ok {
		return false
	}
	addr, ok := s.heap.AnyBlock(chunk, class)
	if !ok {
		return false
	}
	done := s.once(func() { moved = s.table.MoveBlob(addr) })
	return done && moved
}

// compactAll empties sparse slabs of every class until there is none or enough chunks have become free.
func (s *Shard) compactAll(need *vector.Need) {
	enough := uint64(1)
	if need.Which == layout.VecChunk {
		enough = need.Elements
	}
	for class := range layout.Classes {
		for s.heap.Free() < enough && s.thin(class) {
		}
	}
}

// Quarantine: a reader without a lock may still be looking at memory that is free by now, and reading a page that was
// given back allocates it again, or is a SIGBUS if the file system has become full meanwhile. So an epoch begins when
// there is first something to give back, and at its end goes what was free all the time. What remains is a reader that
// was stopped for longer (docs/CONCURRENCY.md).
const (
	epochMillis  = 100
	punchAtOnce  = 16 // chunks given back in one go
	trimAtOnce   = 1 << 20
	overSpare    = 64       // free overflow buckets that are no surplus
	fewestSpare  = 4        // free chunks that are no surplus
	spareBuckets = 64 << 10 // bytes
)

// giveBack gives memory back that was free for an epoch.
func (s *Shard) giveBack() {
	s.punchNamed()
	buckets := s.surplus(layout.VecMain, s.Buckets()) || s.surplus(layout.VecOver, s.header.Load(layout.ShOverBump))
	chunks := s.surplusChunks()
	began := s.header.Load(layout.ShQuarTime)
	switch {
	case !buckets && !chunks:
		s.header.Store(layout.ShQuarTime, 0)
		return
	case began == 0:
		s.beginEpoch()
		return
	}
	switch now := s.env.Now(); {
	case now < began && began-now > epochMillis: // no clock of this map said so
		s.beginEpoch()
		return
	case now < began+epochMillis: // the clock of another process may be a little ahead
		return
	}
	more := false
	if buckets {
		more = s.trim(layout.VecMain, s.spare(layout.VecMain, s.header.Load(layout.ShQuarTop)))
		more = s.trim(layout.VecOver, s.spare(layout.VecOver, s.header.Load(layout.ShQuarOver))) || more
	}
	if chunks {
		more = s.shedChunks() || more
	}
	if !more {
		s.beginEpoch()
	}
}

// beginEpoch starts an epoch: its marks are what is in use now.
func (s *Shard) beginEpoch() {
	s.header.Store(layout.ShQuarTop, s.Buckets())
	s.header.Store(layout.ShQuarOver, s.header.Load(layout.ShOverBump))
	s.header.Store(layout.ShQuarFree, s.header.Load(layout.ShChunkFreeLen))
	s.header.Store(layout.ShQuarBump, s.header.Load(layout.ShChunkBump))
	s.header.Store(layout.ShQuarTime, max(s.env.Now(), 1))
}

// markTops raises the marks to what is in use now. It runs after every operation of an epoch, so nothing that was in use
// for an instant of it is missed; package alloc keeps the marks of chunks itself.
func (s *Shard) markTops() {
	s.header.Store(layout.ShQuarTop, max(s.header.Load(layout.ShQuarTop), s.Buckets()))
	s.header.Store(layout.ShQuarOver, max(s.header.Load(layout.ShQuarOver), s.header.Load(layout.ShOverBump)))
}

// surplusChunks reports whether there is string storage to give back.
func (s *Shard) surplusChunks() bool {
	bump, free := s.header.Load(layout.ShChunkBump), s.header.Load(layout.ShChunkFreeLen)
	return free > s.spareChunks() || s.vecs[layout.VecChunk].Backed() > bump+s.spareChunks()
}

// spareChunks is how many free chunks may keep their memory.
func (s *Shard) spareChunks() uint64 {
	idle := s.header.Load(layout.ShChunkFreeLen) + s.header.Load(layout.ShChunkHolesLen)
	bump := s.header.Load(layout.ShChunkBump)
	return fewestSpare + (bump-min(bump, idle))/8
}

// spare is how many elements of a bucket vector may keep their memory when the first used ones are in use.
func (s *Shard) spare(which int, used uint64) uint64 {
	return used + max(used/16, spareBuckets/s.vecs[which].Shape.Elem)
}

// surplus reports whether a bucket vector has memory to give back. With a policy it never has: a visited bit may be set
// late, and a store into a page that was given back would take it again.
func (s *Shard) surplus(which int, used uint64) bool {
	return s.table.Geo.Recency == 0 && s.top(which) > s.spare(which, used)
}

// top is the number of elements of a vector that may have memory.
func (s *Shard) top(which int) uint64 {
	return max(s.vecs[which].Backed(), s.header.Load(layout.ShDirty+uint64(which)))
}

// trim gives the memory behind the elements from keep on back; true if there is more to give.
func (s *Shard) trim(which int, keep uint64) bool {
	if s.table.Geo.Recency != 0 || s.top(which) <= keep {
		return false
	}
	return s.space().Trim(s.index, &s.vecs[which], keep, trimAtOnce) == nil && s.top(which) > keep
}

// trimChunks is trim for chunks. Holes at the end have no memory to give back; they leave their list with the watermark,
// or they would be subtracted from what it no longer counts.
func (s *Shard) trimChunks(keep uint64) bool {
	chunks := &s.vecs[layout.VecChunk]
	backed := uint64(layout.ShBacked + layout.VecChunk)
	for range punchAtOnce {
		top := s.top(layout.VecChunk)
		if top <= keep || s.header.Load(layout.ShPunching) != 0 {
			return false
		}
		if !s.heap.IsHole(top - 1) {
			if s.space().Trim(s.index, chunks, top-1, layout.ChunkSize) != nil {
				return false
			}
			continue
		}
		s.header.Store(backed, min(s.header.Load(backed), top-1))
		if !s.once(func() { s.heap.Forget(top - 1) }) {
			return false
		}
	}
	return true
}

// shedChunks gives free chunks back that nobody took during the epoch, the last ones first; true if there are more.
func (s *Shard) shedChunks() bool {
	idle := min(s.header.Load(layout.ShQuarFree), s.header.Load(layout.ShChunkFreeLen))
	for range punchAtOnce {
		if idle <= s.spareChunks() {
			return s.trimChunks(s.header.Load(layout.ShQuarBump) + s.spareChunks())
		}
		if !s.giveChunkBack() {
			return false
		}
		idle--
	}
	s.header.Store(layout.ShQuarFree, idle)
	return true
}

// giveChunkBack gives the memory of one free chunk back at once.
func (s *Shard) giveChunkBack() bool {
	ok := false
	return s.punchNamed() && s.once(func() { ok = s.heap.Hole() }) && ok && s.punchNamed()
}

// punchNamed gives the memory of the chunk that ShPunching names back, if it names one: the caller's, or that of a dead
// process.
func (s *Shard) punchNamed() bool {
	c := s.header.Load(layout.ShPunching) - 1
	if c == ^uint64(0) {
		return true
	}
	if at, ok := s.vecs[layout.VecChunk].Find(c); ok && s.heap.IsHole(c) {
		if s.env.Region.Punch(at.Off, layout.ChunkSize) != nil {
			return false
		}
	}
	s.header.Store(layout.ShPunching, 0)
	return true
}

//go:build explore

package explore

import (
	"maps"
	"slices"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/space"
)

// A stage is a map on the heap that several processes use. Each has a handle of its own; the words are the same for all.
// Points are before every access to a lock word, before every store of a journal head that changes its phase, and before every
// question to the kernel who is alive. What lies between happens under a lock, or is private: nobody can notice when.
//
// At every store the stage asks whether the process may do that: see owns, locked and phased.
type stage struct {
	World
	spec   maptest.Spec
	clock  *maptest.Clock
	memory *region.Region
	words  []uint64
	hash   uint64      // of the memory, against its base
	undo   []Store     // what stood there before each store of the execution
	bytes  map[int]int // participant number -> process that holds its byte
	actors []*actor    // by process
	pages  []int       // shard that a page belongs to, -1 for none
	base   []int       // pages at the beginning of an execution
	loose  bool        // a fault: robbers do not take the byte of the dead
	round  bool        // incarnations come round after two
}

// actor is what the stage knows of a process.
type actor struct {
	number      int    // its participant number, -1 as long as it has none
	word        uint64 // as it stands in lock words
	incarnation uint64
	last        uint64 // word of its last access, if that was a load; none if not
	freed       bool   // its last access let go of a lock
}

func (a *actor) did(load uint64) { a.last, a.freed = load, false }

const none = ^uint64(0)

// newStage makes a stage of an image of a map.
func newStage(spec maptest.Spec, clock *maptest.Clock, image []uint64) *stage {
	s := &stage{spec: spec, clock: clock, memory: region.HeapFrom(image, uint64(len(image))*8+slack)}
	s.words = s.memory.Words()
	s.State, s.Died = s.state, s.died
	s.pages = make([]int, len(s.words)*8/layout.Page+1)
	for i := range s.pages {
		s.pages[i] = -1
	}
	for i := range spec.Config().Shards() {
		s.own(layout.ShardAt(i), layout.ShardSize, i)
		for d := range uint64(layout.Vecs * layout.Levels) {
			s.place(i, d, s.words[layout.ShardAt(i)/8+layout.ShDir+d])
		}
	}
	s.base = slices.Clone(s.pages)
	return s
}

// place notes where a level of a shard's vectors lies, word d of its directories.
func (s *stage) place(shard int, d, at uint64) {
	if at != 0 {
		shape := s.spec.Config().Geometry().Vectors()[d/layout.Levels]
		s.own(at, shape.LevelBytes(int(d%layout.Levels)), shard)
	}
}

// own notes that bytes of the file belong to a shard.
func (s *stage) own(off, n uint64, shard int) {
	for page := off / layout.Page; page <= (off+n-1)/layout.Page && page < uint64(len(s.pages)); page++ {
		s.pages[page] = shard
	}
}

// reset brings everything back to the beginning. Process i is participant numbers[i], or still has to attach.
func (s *stage) reset(numbers []int) {
	for _, u := range slices.Backward(s.undo) {
		s.words[u.Word] = u.Value
	}
	s.undo, s.hash, s.bytes = s.undo[:0], 0, map[int]int{}
	s.pages, s.actors = slices.Clone(s.base), s.actors[:0]
	for i, n := range numbers {
		a := &actor{number: n, last: none}
		if n >= 0 {
			a.incarnation = s.words[(layout.ParticipantsAt+n*layout.ParticipantSize)/8+layout.PartIncarnation]
			a.word = wordOf(n, a.incarnation)
			s.bytes[n] = i
		}
		s.actors = append(s.actors, a)
	}
}

// wordOf is a participant as it stands in lock words (package lock).
func wordOf(number int, incarnation uint64) uint64 {
	return uint64(number+1) | incarnation&0x7fff<<16 | incarnation<<32
}

const waiters = 1 << 31

// handle is the map as process p sees it, whose number is given.
func (s *stage) handle(p *Process) *dict.Map {
	seg, a := &segment.Segment{}, s.actors[p.ID]
	c := s.spec.Config()
	header, _ := s.memory.At(0, layout.Page)
	seg.Env.Config, seg.Env.Region, seg.Env.Header = c, s.memory, header
	seg.Env.Now, seg.Env.Ceil = s.clock.Now, s.clock.Now
	headers := make([]region.Ptr, c.Shards())
	for i := range headers {
		headers[i], _ = s.memory.At(layout.ShardAt(i), layout.ShardSize)
	}
	seg.Env.Space = space.New(s.memory, c, header, headers)
	seg.Env.Owner = lock.NewOwner(&kernel{s, p}, a.number, uint32(a.incarnation))
	seg.Shards = make([]shard.Shard, c.Shards())
	for i := range seg.Shards {
		if err := seg.Shards[i].Init(&seg.Env, i); err != nil {
			s.Fail(err)
		}
	}
	return dict.Attach(seg)
}

// attach is a process that attaches in the middle of it all, as segment does it.
func (s *stage) attach(p *Process) (*dict.Map, error) {
	seg, err := segment.AttachHeap(s.memory, segment.Options{Live: &kernel{s, p}, Now: s.clock.Now})
	if err != nil {
		return nil, err
	}
	return dict.Attach(seg), nil
}

// state is the memory, and who holds which byte.
func (s *stage) state() uint64 {
	h := s.hash
	for n := range len(s.actors) + 1 {
		if i, held := s.bytes[n]; held {
			h = Mix(h, uint64(n)<<8|uint64(i))
		}
	}
	return h
}

// died is the kernel: it takes the bytes of a process that died.
func (s *stage) died(p *Process) {
	maps.DeleteFunc(s.bytes, func(_, i int) bool { return i == p.ID })
}

// kernel is liveness as process p sees it; nil is somebody who comes when all is over.
type kernel struct {
	stage *stage
	p     *Process
}

// ask is a point, if p is still there.
func (k *kernel) ask() (here bool) {
	if k.p == nil {
		return true
	}
	if k.p.gone() {
		return false
	}
	k.p.Point()
	k.stage.actors[k.p.ID].did(none)
	return true
}

func (k *kernel) saw(b bool) bool {
	if k.p != nil && b {
		k.p.Saw(1)
	}
	return b
}

func (k *kernel) id() int {
	if k.p == nil {
		return -1
	}
	return k.p.ID
}

// Take implements lock.Liveness.
func (k *kernel) Take(n int) (bool, error) {
	here := k.ask()
	if k.p != nil && k.stage.loose && k.stage.actors[k.p.ID].number >= 0 {
		return here, nil
	}
	if _, held := k.stage.bytes[n]; held || !here {
		return k.saw(false), nil
	}
	k.stage.bytes[n] = k.id()
	k.stage.Notice()
	return k.saw(true), nil
}

// Drop implements lock.Liveness.
func (k *kernel) Drop(n int) {
	if i, held := k.stage.bytes[n]; k.ask() && held && i == k.id() {
		delete(k.stage.bytes, n)
		k.stage.Notice()
	}
}

// Held implements lock.Liveness.
func (k *kernel) Held(n int) (bool, error) {
	k.ask()
	i, held := k.stage.bytes[n]
	return k.saw(held && i != k.id()), nil
}

// HeldBelow implements lock.Liveness.
func (k *kernel) HeldBelow(int) int {
	k.ask()
	if k.p != nil {
		k.p.Saw(uint64(len(k.stage.bytes)))
	}
	return len(k.stage.bytes)
}

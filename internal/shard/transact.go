package shard

import (
	"errors"
	"runtime"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/space"
	"github.com/shmap-go/shmap/internal/vector"
)

// errExpired ends an attempt whose entry expired under it: it starts again and finds the entry absent.
var errExpired = errors.New("shmap: expired meanwhile")

// begin opens a transaction.
func (s *Shard) begin() {
	s.log.Begin()
	s.drops, s.guard = s.drops[:0], 0
}

// commit frees what the transaction replaced (H3) and makes it count. An entry whose deadline passed since it was read
// was absent before this instant: then nothing happens and the operation starts again.
func (s *Shard) commit() {
	for _, w := range s.drops {
		s.heap.Drop(w)
	}
	if s.guard != 0 && s.guard <= s.env.Now() {
		panic(errExpired)
	}
	s.log.Commit()
}

// maxAttempts bounds how often an operation starts again after it was given memory or an entry expired under it.
const maxAttempts = 1 << 16

// mostAhead is how many chunks an operation gets at once that needs ever more of them: a large batch begins again for each need.
const mostAhead = 64

// settle runs body under the lock until it has what it needs.
func (s *Shard) settle(body func() error) error {
	ahead := uint64(1)
	for range maxAttempts {
		need, err := s.attempt(body)
		switch {
		case need == nil && err == errExpired:
			continue
		case need == nil:
			return err
		}
		more := *need
		if need.Which == layout.VecChunk && s.env.Config.MaxBytes == 0 {
			more.Elements = max(more.Elements, ahead)
			ahead = min(2*ahead, mostAhead)
		}
		err = s.meet(&more)
		if err != nil && more != *need { // there may be memory for less
			err = s.meet(need)
		}
		if err != nil {
			return err
		}
	}
	return fault.With(fault.ErrNoSpace, "shard %d: an operation was given memory %d times and still needs more", s.index, maxAttempts)
}

// meet is provide with what it panics turned into an error.
func (s *Shard) meet(need *vector.Need) error {
	_, err := s.attempt(func() error { return s.provide(need) })
	return err
}

// attempt runs body once. A panic rolls back (H2): a Need is returned to be met, an error is returned, and a runtime error
// means that the memory led the code astray.
func (s *Shard) attempt(body func() error) (need *vector.Need, err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		s.log.Rollback()
		switch e := r.(type) {
		case *vector.Need:
			need = e
		case runtime.Error:
			err = &fault.Corrupt{Where: "shard", Offset: s.header.Off, Got: uint64(s.index), Want: "no runtime error: " + e.Error()}
		case error:
			if e == journal.ErrFull {
				need = &vector.Need{Which: layout.VecJournal, Elements: 2 * s.vecs[layout.VecJournal].Backed()}
			} else {
				err = e
			}
		default:
			panic(r)
		}
	}()
	return nil, body()
}

// provide meets a need outside a transaction. At the byte limit it evicts, if the policy allows it: for chunks by age until
// enough are free; for the journal until one can be given back, as long as there are any; for an overflow bucket one entry of the chain
// that is full, so that the operation finds its slot.
func (s *Shard) provide(need *vector.Need) error {
	need = s.absolute(need)
	for {
		err := s.back(need)
		if err == nil || !errors.Is(err, fault.ErrFull) {
			return err
		}
		if need.Which != layout.VecChunk && s.giveChunkBack() {
			continue
		}
		switch {
		case s.env.Config.Policy == layout.PolicyNone:
			return err
		case need.Which == layout.VecOver && s.evictFrom(need.Bucket):
			return nil
		case need.Which != layout.VecChunk && (need.Which != layout.VecJournal || !s.heap.Uses()):
			return err
		}
		if gone, damage := s.evictOne(); damage != nil {
			return damage
		} else if !gone {
			return err
		}
		s.compactAll(need)
	}
}

// absolute says of chunks how many must be free in all: those that were missing besides those that are.
func (s *Shard) absolute(need *vector.Need) *vector.Need {
	if need.Which == layout.VecChunk {
		return &vector.Need{Which: need.Which, Elements: s.heap.Free() + need.Elements}
	}
	return need
}

// back puts memory behind what is needed, in absolute numbers.
func (s *Shard) back(need *vector.Need) error {
	if need.Which == layout.VecJournal && need.Elements > journal.MaxEntries {
		return fault.With(fault.ErrTooLarge, "one transaction would change more than %d words", journal.MaxEntries)
	}
	if need.Which != layout.VecChunk {
		return s.space().Back(s.env.Owner, s.index, &s.vecs[need.Which], need.Elements, s.deadline())
	}
	for have := s.heap.Free(); have < need.Elements; {
		if err := s.backChunks(need.Elements - have); err != nil {
			return err
		}
		now := s.heap.Free()
		if now <= have {
			return fault.With(fault.ErrNoSpace, "shard %d: no chunk became free", s.index)
		}
		have = now
	}
	return nil
}

// backChunks makes at least one more chunk free: a hole, or a new one.
func (s *Shard) backChunks(more uint64) error {
	if !s.punchNamed() {
		return fault.With(fault.ErrNoSpace, "shard %d: a chunk cannot be given back", s.index)
	}
	chunks, meta := &s.vecs[layout.VecChunk], &s.vecs[layout.VecMeta]
	have := chunks.Backed()
	for c, ok := s.heap.NextHole(have); ok; c, ok = s.heap.NextHole(have) {
		if c < have {
			return s.fillHole(c)
		}
		if !s.fill(c) { // past the watermark, which alone says now that it has no memory
			return &fault.Corrupt{Where: "list of holes", Offset: s.header.Off, Got: c, Want: "chunks without memory"}
		}
	}
	to := have + more + space.Ahead(chunks.Shape) // all that may get memory needs a record
	if err := s.space().Back(s.env.Owner, s.index, meta, to, s.deadline()); err != nil {
		return err
	}
	for c := have; c < to; c++ {
		if s.heap.IsHole(c) {
			s.fill(c)
		}
		meta.Must(c).Store(layout.MetaState, layout.MetaWord(layout.ChunkLoose, 0, 0)) // no chunk yet: nothing refers to it
	}
	return s.space().Back(s.env.Owner, s.index, chunks, have+more, s.deadline())
}

// fillHole puts memory behind a free chunk again. ShPunching names it meanwhile: should this process die in between, the
// next one knows that there may be memory that nobody accounts for.
func (s *Shard) fillHole(c uint64) error {
	if err := s.space().Fit(s.env.Owner, s.index, layout.ChunkSize, s.deadline()); err != nil {
		return err
	}
	s.header.Store(layout.ShPunching, c+1)
	if err := s.env.Region.Allocate(s.vecs[layout.VecChunk].Must(c).Off, layout.ChunkSize); err != nil {
		s.punchNamed() // what was allocated before it failed
		return err
	}
	if !s.fill(c) {
		return &fault.Corrupt{Where: "list of holes", Offset: s.header.Off, Got: c, Want: "chunks without memory"}
	}
	return nil
}

// fill takes chunk c off the list of holes.
func (s *Shard) fill(c uint64) bool {
	return s.once(func() { s.heap.Fill(c) })
}

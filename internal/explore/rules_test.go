//go:build explore

package explore

import (
	"errors"
	"fmt"

	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
)

// What the processes on a stage do to the words, and what they may.

// wordKind says whether a word of a map is a lock, or the head of a shard's journal.
func wordKind(spec maptest.Spec, word uint64) (lock, head bool, shard int) {
	off := word * 8
	if off < layout.Page {
		return word == layout.HdrSpaceLock, false, 0
	}
	i := int(off/layout.Page) - layout.ShardsAt/layout.Page
	if i < 0 || i >= spec.Config().Shards() || off < layout.ShardAt(i) {
		return false, false, 0
	}
	at := (off - layout.ShardAt(i)) / 8
	return at == layout.ShLock, at == layout.ShJournal, i
}

// actor is who accesses word w; nil if it is not of the map, or nobody is running. gone says that it is not there any more.
func (s *stage) actor(w *uint64) (p *Process, word uint64, gone bool) {
	word, in := s.memory.Index(w)
	p, gone = s.Running()
	if !in {
		return nil, 0, false
	}
	return p, word, gone
}

// Load implements region.Watcher.
func (s *stage) Load(w *uint64) uint64 {
	p, word, gone := s.actor(w)
	if p == nil || gone {
		return *w
	}
	a := s.actors[p.ID]
	if lock, _, _ := wordKind(s.spec, word); lock && a.last != word { // looking again without doing anything else is looking later
		p.Point()
	}
	a.did(word)
	p.Saw(*w)
	return *w
}

// Store implements region.Watcher.
func (s *stage) Store(w *uint64, v uint64) {
	p, word, gone := s.actor(w)
	if gone {
		return
	}
	if p == nil {
		s.set(w, word, v)
		return
	}
	a := s.actors[p.ID]
	lock, head, _ := wordKind(s.spec, word)
	if head && journal.Phase(*w) != journal.Phase(v) {
		p.Point()
	}
	a.did(none)
	switch {
	case lock: // also to let go of it: the handle may have been closed, and its lock robbed, since it looked
		s.fail(p, fmt.Errorf("stores to a lock word"))
	case head:
		s.fail(p, phased(*w, v))
		fallthrough
	default:
		s.fail(p, s.owns(a, word))
	}
	if n := word - layout.ParticipantsAt/8; word >= layout.ParticipantsAt/8 && n < layout.MaxParticipants*layout.ParticipantSize/8 && n%2 == layout.PartIncarnation {
		if s.round {
			v %= 2
		}
		a.number, a.incarnation = int(n/2), v
		a.word = wordOf(a.number, v)
	}
	s.set(w, word, v)
}

// set changes a word of the memory, or another one if word is 0 and w is not in it.
func (s *stage) set(w *uint64, word, v uint64) {
	if &s.words[word] == w && *w != v {
		s.undo = append(s.undo, Store{word, *w})
		s.hash ^= Mix(word, *w) ^ Mix(word, v)
		for i := range s.spec.Config().Shards() {
			if d := word - layout.ShardAt(i)/8 - layout.ShDir; d < layout.Vecs*layout.Levels {
				s.place(i, d, v)
			}
		}
	}
	*w = v
}

// CompareAndSwap implements region.Watcher.
func (s *stage) CompareAndSwap(w *uint64, old, v uint64) bool {
	p, word, gone := s.actor(w)
	if gone {
		return false
	}
	lock := false
	if p != nil {
		if lock, _, _ = wordKind(s.spec, word); lock {
			p.Point()
		}
		s.actors[p.ID].did(none)
	}
	if *w != old {
		if p != nil {
			p.Saw(0)
		}
		return false
	}
	if lock {
		a := s.actors[p.ID]
		s.fail(p, s.locked(a, old, v))
		a.freed = v == 0
		p.Note("lock word %#x: %#x -> %#x", word*8, old, v)
		s.Notice()
		p.Saw(1)
	}
	s.set(w, word, v)
	return true
}

// Or implements region.Watcher.
func (s *stage) Or(w *uint64, bits uint64) { s.Store(w, *w|bits) }

// And implements region.Watcher.
func (s *stage) And(w *uint64, mask uint64) { s.Store(w, *w&mask) }

// Futex implements region.Watcher: whoever has just let go of a lock wakes others, everybody else waits.
func (s *stage) Futex(w *uint64) {
	p, _, gone := s.actor(w)
	if p == nil || gone || s.actors[p.ID].freed {
		return
	}
	p.Sleep()
	s.actors[p.ID].did(none)
}

// fail ends the execution if there is an error.
func (s *stage) fail(p *Process, err error) {
	if err != nil {
		s.Fail(fmt.Errorf("process %d: %w", p.ID, err))
		p.Point() // does not come back
	}
}

var errRobbed = errors.New("a living owner is robbed")

// locked asks whether a lock word may change so.
func (s *stage) locked(a *actor, old, to uint64) error {
	switch owner := old &^ waiters; {
	case owner == 0 && to&^waiters == a.word, owner == a.word && to == 0, to == old|waiters && owner != 0:
		return nil
	case owner != 0 && to&^waiters == a.word:
		for i, b := range s.actors {
			if b.word == owner && s.procs[i].status != dead {
				return fmt.Errorf("%w: process %d", errRobbed, i)
			}
		}
		return nil
	}
	return fmt.Errorf("lock word %#x becomes %#x", old, to)
}

// owns asks whether a process may store to a word: it must hold the lock of the shard that the word belongs to.
func (s *stage) owns(a *actor, word uint64) error {
	i := s.pages[word*8/layout.Page]
	if i < 0 {
		return nil
	}
	if w := s.words[layout.ShardAt(i)/8+layout.ShLock]; w&^waiters != a.word {
		return fmt.Errorf("stores to word %#x of shard %d, whose lock word is %#x", word*8, i, w)
	}
	return nil
}

// phased asks whether a journal head may change so.
func phased(old, to uint64) error {
	from, n := journal.Phase(old), journal.Length(old)
	ok := false
	switch journal.Phase(to) {
	case journal.Active:
		ok = to>>32 == old>>32 && journal.Length(to) > n && (from == journal.Active || from == journal.Idle)
	case journal.Committed, journal.Undone:
		ok = to>>32 == old>>32 && journal.Length(to) == n && from == journal.Active
	case journal.Idle:
		ok = to>>32 == old>>32+1 && journal.Length(to) == 0 && (from == journal.Committed || from == journal.Undone)
	}
	if !ok {
		return fmt.Errorf("journal head %#x becomes %#x", old, to)
	}
	return nil
}

package segment

import (
	"errors"
	"os"
	"runtime"
	"time"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/sys"
)

// join attaches: identity, clock, participant number (G2).
func (s *Segment) join(st sys.File) error {
	unlock, err := s.lockAttach()
	if err != nil {
		return err
	}
	defer unlock()
	h := s.Env.Header
	hi, lo := sys.BootID()
	// A read-only handle holds no lock: whoever attaches meanwhile stores the identity before it breaks the seal.
	settled := s.sealed() || h.Load(layout.HdrState)&layout.StateFrozen != 0
	alone := s.live.HeldBelow(layout.MaxParticipants) == 0
	sameBoot := h.Load(layout.HdrBootHi) == hi && h.Load(layout.HdrBootLo) == lo
	same := sameBoot && h.Load(layout.HdrDev) == st.Dev && h.Load(layout.HdrIno) == st.Ino
	if alone && !same && !settled {
		return fault.With(fault.ErrUnclean, "it is not the file, or not the boot, in which it was last used, and it was never closed")
	}
	s.offset = h.Load(layout.HdrClock)
	if alone && !sameBoot { // another boot or another machine: only the wall clock knows how much time has passed
		s.offset = uint64(time.Now().UnixMilli() - s.clock.Nanos()/1e6)
	}
	if !s.Env.Region.Writable() {
		return nil
	}
	if err := s.selfTest(); err != nil {
		return err
	}
	if alone {
		s.identify(st)
		if err := s.breakSeal(); err != nil {
			return err
		}
	}
	return s.takeNumber()
}

// identify stores where the file is used: which file it is, in which boot, and what that boot's clock means.
func (s *Segment) identify(st sys.File) {
	h := s.Env.Header
	hi, lo := sys.BootID()
	h.Store(layout.HdrClock, s.offset)
	h.Store(layout.HdrDev, st.Dev)
	h.Store(layout.HdrIno, st.Ino)
	h.Store(layout.HdrBootHi, hi)
	h.Store(layout.HdrBootLo, lo)
}

// lockAttach takes the attach byte. A process that dies with it loses it.
func (s *Segment) lockAttach() (unlock func(), err error) {
	if s.fd < 0 || !s.Env.Region.Writable() {
		return func() {}, nil
	}
	if s.Env.Timeout == 0 {
		err = sys.Lock(s.fd, lock.AttachByte)
	} else {
		err = s.lockAttachUntil(time.Now().Add(s.Env.Timeout))
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = sys.Unlock(s.fd, lock.AttachByte) }, nil
}

// lockAttachUntil is for handles with a LockTimeout: the holder may be stopped.
func (s *Segment) lockAttachUntil(deadline time.Time) error {
	for {
		got, err := sys.TryLock(s.fd, lock.AttachByte)
		if got || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fault.With(fault.ErrBusy, "another process is attaching or closing")
		}
		time.Sleep(time.Millisecond)
	}
}

// selfTest makes sure that a lock taken through one description is seen through another: file systems and sandboxes
// where it is not would make every process look dead.
func (s *Segment) selfTest() error {
	if s.fd < 0 {
		return nil
	}
	other, err := sys.Reopen(s.fd, false)
	if err != nil {
		return err
	}
	defer sys.Close(other)
	if _, held, err := sys.Locked(other, lock.AttachByte, 1); err != nil || !held {
		return fault.With(fault.ErrUnsupported, "this file system does not show locks to other openers; use tmpfs, ext4, xfs or btrfs")
	}
	return nil
}

// takeNumber becomes a participant and mends what dead predecessors under the number left behind (lock L3).
func (s *Segment) takeNumber() error {
	for round := range 2 {
		for n := range layout.MaxParticipants {
			got, err := s.live.Take(n)
			if err != nil {
				return os.NewSyscallError("fcntl", err)
			}
			if got {
				if err := s.become(n); err != nil {
					s.live.Drop(n)
					return err
				}
				return nil
			}
		}
		if round == 0 {
			runtime.GC() // unreachable handles of this process hold numbers until they are collected
		}
	}
	return fault.With(fault.ErrFull, "%d processes are attached", layout.MaxParticipants)
}

func (s *Segment) become(n int) error {
	off := uint64(layout.ParticipantsAt + n*layout.ParticipantSize)
	if err := s.Env.Region.Allocate(off&^(layout.Page-1), layout.Page); err != nil {
		return err
	}
	p, ok := s.Env.Region.At(off, layout.ParticipantSize)
	if !ok {
		return &fault.Corrupt{Where: "participants", Offset: off, Want: "to be inside the file"}
	}
	p.Store(layout.PartIncarnation, p.Load(layout.PartIncarnation)+1)
	p.Store(layout.PartPID, uint64(os.Getpid()))
	s.number = n
	s.Env.Owner = lock.NewOwner(s.live, n, uint32(p.Load(layout.PartIncarnation)))
	if err := s.Env.Space.Inherit(s.Env.Owner); err != nil {
		return err
	}
	for i := range s.Shards {
		if err := s.Shards[i].Inherit(); err != nil && !errors.Is(err, fault.ErrCorrupt) {
			return err // a corrupt shard is reported by whoever uses it
		}
	}
	return nil
}

// Close ends the handle: later operations return ErrClosed, those under way finish. Memory and descriptors go when
// nobody can reach the handle any more (G4).
func (s *Segment) Close() error {
	if !s.Env.Closed.CompareAndSwap(false, true) || s.Env.Owner == nil {
		return nil
	}
	until := time.Now().Add(max(s.Env.Timeout, quiesceWait))
	for i := range s.Shards {
		if !s.Shards[i].Quiesce(until) { // the number is kept: whoever is inside is alive
			return fault.With(fault.ErrBusy, "an operation of this handle does not end")
		}
	}
	unlock, err := s.lockAttach()
	if err != nil {
		return err
	}
	defer unlock()
	if s.Participants() == s.self() && s.mend() {
		err = s.setSeal()
	}
	s.Env.Owner.Retire()
	return err
}

// self is how many of the participants counted by Participants a closed handle is.
func (s *Segment) self() int {
	if s.fd < 0 {
		return 1
	}
	return 0
}

// mend repairs what dead processes left behind; false if something is left.
func (s *Segment) mend() bool {
	until := time.Now().Add(closeWait)
	for i := range s.Shards {
		if s.Shards[i].Mend(until) != nil {
			return false
		}
	}
	return s.Env.Space.Mend(s.Env.Owner, until) == nil
}

package segment

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
)

// The seal is what a clean file ends with: a page behind everything else that names the same session as the header. The
// first to attach breaks it before anything changes. So a copy, which is read from front to back, cannot have a header from
// before somebody attached and data from after it: its seal would be broken, or of a later session.

// sealed reports whether the file is clean from front to back.
func (s *Segment) sealed() bool {
	p, ok := s.seal()
	return ok && s.Env.Header.Load(layout.HdrState)&layout.StateClean != 0 &&
		p.Load(layout.SealMagic) == layout.Magic && p.Load(layout.SealSession) == s.Env.Header.Load(layout.HdrSession)
}

// seal is the page that the header says the seal is on.
func (s *Segment) seal() (region.Ptr, bool) {
	off := s.Env.Header.Load(layout.HdrSeal)
	if off < layout.SegmentsAt(len(s.Shards)) || off%layout.Page != 0 || off >= layout.MaxFile {
		return region.Ptr{}, false
	}
	return s.Env.Region.At(off, layout.Page)
}

// setSeal makes the file clean; it must not change any more. All of it is on the storage before the seal is, else a power
// cut could leave a seal on half a file; and the seal is there when setSeal returns. Without memory for the seal the file
// stays unclean.
func (s *Segment) setSeal() error {
	h := s.Env.Header
	off := s.Env.Space.End()
	if s.Env.Region.Allocate(off, layout.Page) != nil {
		return nil
	}
	if err := s.Sync(); err != nil {
		return err
	}
	h.Store(layout.HdrSeal, off)
	p, ok := s.seal()
	if !ok {
		return nil
	}
	p.Store(layout.SealMagic, layout.Magic)
	p.Store(layout.SealSession, h.Load(layout.HdrSession))
	h.Or(layout.HdrState, layout.StateClean)
	return s.Sync()
}

// breakSeal begins a new session: first the seal goes, then the mark, and its memory last. The header without the mark is
// on the storage when breakSeal returns, before anything else changes: else a power cut could leave the seal of the session
// before on what this one changed. A predecessor may have died before its header was there, so that is not asked.
func (s *Segment) breakSeal() error {
	h := s.Env.Header
	p, ok := s.seal()
	if ok {
		p.Store(layout.SealMagic, 0)
		p.Store(layout.SealSession, 0)
	}
	h.And(layout.HdrState, ^uint64(layout.StateClean))
	h.Store(layout.HdrSession, h.Load(layout.HdrSession)+1)
	if ok {
		_ = s.Env.Region.Punch(h.Load(layout.HdrSeal), layout.Page) // it is zero in any case
	}
	h.Store(layout.HdrSeal, 0)
	return s.Env.Region.SyncHead(layout.Page)
}

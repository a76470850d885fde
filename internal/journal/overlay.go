package journal

import (
	"github.com/shmap-go/shmap/internal/layout"
)

// Overlay is the state before the transaction that a writer, stopped or dead perhaps, is in the middle of: what readers
// read through when versions stay odd.
type Overlay struct {
	head    uint64
	entries []struct{ where, old uint64 }
}

// Read copies the journal into o, whose buffer it reuses; false if it moved meanwhile or is garbage.
func (j *Journal) Read(o *Overlay) bool {
	o.entries = o.entries[:0]
	o.head = j.head.Load(0)
	if Phase(o.head) != Active { // committed or undone: what stands in the words is right
		return Phase(o.head) <= Undone
	}
	for i := range Length(o.head) {
		p, ok := j.log.At(i)
		if !ok {
			return false
		}
		o.entries = append(o.entries, struct{ where, old uint64 }{p.Load(0), p.Load(1)})
		if i%64 == 0 && !j.Unmoved(o) {
			return false
		}
	}
	return j.Unmoved(o)
}

// Unmoved reports whether the journal is still as it was copied. A reader asks it last (J2).
func (j *Journal) Unmoved(o *Overlay) bool {
	return j.head.Load(0) == o.head
}

// Idle reports whether the overlay found no transaction at all.
func (o *Overlay) Idle() bool { return Phase(o.head) == Idle }

// Patch turns ws, a copy of the words at offset off, into what they were before the transaction: the earliest entry for
// a word wins.
func (o *Overlay) Patch(off uint64, ws []uint64) {
	for k := len(o.entries) - 1; k >= 0; k-- {
		e := o.entries[k]
		i := (e.where&^kindMask - off) / 8
		if e.where&^kindMask < off || i >= uint64(len(ws)) {
			continue
		}
		if kind := e.where & kindMask; kind == kindBucket || kind == kindLink {
			ws[i] = layout.Pair(ws[i], layout.Hi(e.old))
		} else {
			ws[i] = e.old
		}
	}
}

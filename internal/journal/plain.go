package journal

import "github.com/shmap-go/shmap/internal/region"

// Stores without an entry: of words where every value is right (recency R4), so that nobody need undo them, or that are a whole
// operation each. They do not
// belong to a transaction. Tests see them as they see all stores of the journal.

// Plain stores v to word i of s. Nothing is stored if it is there already.
func (j *Journal) Plain(s region.Span, i, v uint64) {
	if s.Load(i) != v {
		j.store(s.Ptr, i, v)
	}
}

// Clear takes bits of word i of s away with one atomic operation: a reader may be setting others of the same word.
func (j *Journal) Clear(s region.Span, i, bits uint64) {
	if j.Point != nil {
		j.Point()
	}
	s.And(i, ^bits)
}

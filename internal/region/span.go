package region

// Span is a Ptr that knows its offset in the file, for writers: the journal notes offsets.
type Span struct {
	Ptr
	Off uint64
}

// Sub returns the span at word i.
func (s Span) Sub(i uint64) Span { return Span{s.Word(i), s.Off + 8*i} }

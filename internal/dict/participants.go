package dict

import (
	"runtime"

	"github.com/shmap-go/shmap/internal/segment"
)

// Participant is a handle that is or was attached for writing.
type Participant = segment.Participant

// Participants returns the participants in the order of their numbers, those included that are not alive and whose numbers
// nobody has taken again. Read-only handles are none. It works in every handle, stores nothing and takes no lock.
func (m *Map) Participants() ([]Participant, error) {
	defer runtime.KeepAlive(m.seg)
	return m.seg.Attached()
}

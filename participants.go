package shmap

import "github.com/shmap-go/shmap/internal/dict"

// Participant is a number for handles that are attached for writing, and the handle that has it, or had it last. Its PID is
// what the process of that handle is called in its own PID namespace: it is for people to read, and may be that of another
// process by now or elsewhere. Alive does not rest on it, but on a lock that the kernel keeps for the handle.
type Participant = dict.Participant

// Participants returns the participants of the map in the order of their numbers: the handles that are attached for
// writing, and those that are not Alive, whose numbers nobody has taken again. A process with two handles is two of them;
// a read-only handle is none. It works in a read-only handle too, stores nothing and takes no lock; it makes a system call
// for each. When several handles come and go meanwhile, each is shown as it was at some moment of the call. The error is
// [ErrClosed], [ErrCorrupt] if the file has become too short, or that of a system call.
func (m *Map[K, V]) Participants() ([]Participant, error) { return m.d.Participants() }

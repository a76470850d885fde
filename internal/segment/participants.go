package segment

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/sys"
)

// Participant is a number for handles that are attached for writing, and the one that has it or had it last. The file
// does not say since when.
type Participant struct {
	Number      int    `json:"number"`      // 0 to 4095; the lowest free one is given out again
	Incarnation uint64 `json:"incarnation"` // 1 for the first holder of the number, 2 for the next
	PID         int    `json:"pid"`         // of its process, in that process's own PID namespace; 0 if there can be no such one
	Alive       bool   `json:"alive"`       // attached now; else it has closed its handle or died
	Self        bool   `json:"self"`        // this handle
}

// maxPID is the largest process id of Linux (PID_MAX_LIMIT).
const maxPID = 1 << 22

// maxReadings bounds how often the records are read again because somebody attached meanwhile.
const maxReadings = 4

// Attached reads the participants' records in the order of their numbers, and asks the kernel who is alive. It stores
// nothing and takes no lock. While a handle is being attached, its number may still show the one before.
func (s *Segment) Attached() ([]Participant, error) {
	before, err := s.records()
	for range maxReadings {
		if err != nil {
			return nil, err
		}
		var out []Participant
		if out, err = s.judge(before); err != nil {
			return nil, err
		}
		after, again := s.records()
		if again != nil || slices.Equal(before, after) {
			return out, again
		}
		before = after
	}
	return s.judge(before)
}

// records are the words of all participants.
func (s *Segment) records() ([]uint64, error) {
	if s.Env.Closed.Load() {
		return nil, fault.ErrClosed
	}
	const n = layout.MaxParticipants * layout.ParticipantSize
	words := make([]uint64, n/8)
	if s.fd < 0 {
		p, ok := s.Env.Region.At(layout.ParticipantsAt, n)
		for i := range words {
			if ok {
				words[i] = p.Load(uint64(i))
			}
		}
		return words, nil
	}
	var b [n]byte
	err := sys.ReadAt(s.fd, b[:], layout.ParticipantsAt)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, &fault.Corrupt{Where: "participants", Offset: layout.ParticipantsAt, Want: "to be inside the file"}
	}
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return words, err
}

// judge asks who of those that records speak of is alive.
func (s *Segment) judge(records []uint64) ([]Participant, error) {
	const size = layout.ParticipantSize / 8
	out := []Participant{}
	for n := range len(records) / size {
		r := records[n*size:]
		p := Participant{Number: n, Incarnation: r[layout.PartIncarnation], Self: s.Env.Owner != nil && n == s.number}
		if p.Incarnation == 0 {
			continue
		}
		if pid := r[layout.PartPID]; pid <= maxPID {
			p.PID = int(pid)
		}
		p.Alive = p.Self // a description does not see its own locks
		if !p.Self {
			held, err := s.live.Held(n)
			if err != nil {
				return nil, os.NewSyscallError("fcntl", err)
			}
			p.Alive = held
		}
		out = append(out, p)
	}
	return out, nil
}

// Identity says which file is attached: its device and inode; 0, 0 on the heap.
func (s *Segment) Identity() (dev, ino uint64, err error) {
	if s.fd < 0 {
		return 0, 0, nil
	}
	st, err := sys.Stat(s.fd)
	return st.Dev, st.Ino, err
}

// LockByte is the byte of the file whose lock says that the holder of a number lives. It is far behind any data.
func LockByte(number int) int64 { return lock.AttachByte + 1 + int64(number) }

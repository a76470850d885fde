package proof

import (
	"encoding/binary"

	"github.com/shmap-go/shmap/internal/layout"
)

// words makes a whole image of a raw copy, which leaves out all but the first page of participants.
func words(raw []byte) []uint64 {
	const head = 2 * layout.Page
	out := make([]uint64, (len(raw)-head+layout.ShardsAt)/8)
	for i := 0; i < head; i += 8 {
		out[i/8] = binary.LittleEndian.Uint64(raw[i:])
	}
	for i := head; i+8 <= len(raw); i += 8 {
		out[(i-head+layout.ShardsAt)/8] = binary.LittleEndian.Uint64(raw[i:])
	}
	out[layout.HdrDev], out[layout.HdrIno] = 0, 0 // a copy on the heap passes for the file itself: this is about death, not copies
	return out
}

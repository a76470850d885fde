package lock

import "github.com/shmap-go/shmap/internal/layout"

// Plausible reports whether a lock word is one that participants store: free, or a number with an incarnation whose two
// places agree.
func Plausible(word uint64) bool {
	if word&^waiters == 0 {
		return true
	}
	n, incarnation := numberOf(word), uint32(word>>32)
	return n >= 0 && n < layout.MaxParticipants && word&^waiters == wordOf(n, incarnation)
}

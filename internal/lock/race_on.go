//go:build race

package lock

// raceEnabled: the race detector does not see that a word in mapped memory orders anything, so goroutines of one handle pass
// a mutex of theirs as well.
const raceEnabled = true

//go:build !race

package lock

// raceEnabled: see race_on.go.
const raceEnabled = false

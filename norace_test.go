//go:build !race

package shmap_test

const raceEnabled = false

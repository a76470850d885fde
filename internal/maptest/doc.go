// Package maptest is what tests of maps share: a model map in plain Go, steps that run on a map and on its model alike,
// one codec that turns bytes into steps, temporary maps that are checked and closed when a test ends, and child processes
// that are the test binary itself. It knows what a map must do; of how a map does it, it knows only what a look into the
// memory (Look) needs.
//
// Glossary:
//
//	spec    which map: kinds, limits, policy, hash, number of shards
//	state   everything that a shard holds, as far as users could ever notice it: entries, expired ones that nobody has
//	        met yet included, deadlines, visited bits and the order of recency
//	step    one call of the map's interface with its arguments
//	unit    what happens entirely or not at all: one key's operation, one eviction, one expiry. A step is one unit or
//	        several; the model keeps the state after each (Model.Trace)
package maptest

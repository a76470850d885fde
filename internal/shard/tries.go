//go:build !explore

package shard

// Attempts of a read: so many under versions alone, then so many through the journal, then under the lock.
const (
	directTries  = 16
	throughTries = 256
)

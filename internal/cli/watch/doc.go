// Package watch observes maps from outside: what they hold, how fast it changes, who is attached. It knows maps, samples
// and /proc; it must not know terminals.
//
// A map is attached read-only, so nothing is stored in it and nobody waits for it. What cannot be known from there is not
// made up:
//
//   - Counters of the map (evictions, expirations, recoveries, contention, transactions) are in its file, and their rates
//     are those of all processes together.
//   - Reads leave no trace in the file, and an integer that is overwritten in a map without deadlines and policy leaves none
//     but its value. Hits, misses and retries are counted by each handle for itself; here only those of this handle exist.
//   - A participant is alive if the kernel says so. Its process is named only if /proc proves that it holds the
//     participant's lock.
package watch

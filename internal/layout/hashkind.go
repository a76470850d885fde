package layout

// Hash names the hash function of a map. The numbers are part of the format; all but HashStrong exist to make rare
// states common in tests.
type Hash uint8

// Hash functions.
const (
	HashStrong   Hash = iota // seeded: a wyhash-style mixer for integers, XXH3 for strings
	HashConstant             // every key has the same hash
	HashFourBit              // sixteen different hashes
)

// Valid reports whether h is a hash of this format.
func (h Hash) Valid() bool { return h <= HashFourBit }

package layout

import "fmt"

// Kind is the stored type of a key or a value. The numbers are part of the format.
type Kind uint8

// Kinds. String also stores []byte values.
const (
	Int16 Kind = iota + 1
	Int32
	Int64
	Uint16
	Uint32
	Uint64
	String
)

var kindNames = [...]string{"", "int16", "int32", "int64", "uint16", "uint32", "uint64", "string"}

func (k Kind) String() string {
	if k.Valid() {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind is the inverse of String.
func ParseKind(s string) (Kind, bool) {
	for k := Int16; k <= String; k++ {
		if kindNames[k] == s {
			return k, true
		}
	}
	return 0, false
}

// Valid reports whether k is a kind of this format.
func (k Kind) Valid() bool { return k >= Int16 && k <= String }

// Signed reports whether k is a signed integer.
func (k Kind) Signed() bool { return k >= Int16 && k <= Int64 }

// Bits is the width of an integer kind, 0 for String.
func (k Kind) Bits() uint {
	switch k {
	case Int16, Uint16:
		return 16
	case Int32, Uint32:
		return 32
	case Int64, Uint64:
		return 64
	}
	return 0
}

// Signed64 widens w, the zero-extended bits of an integer of kind k, to an int64 with its sign.
func (k Kind) Signed64(w uint64) int64 {
	sh := 64 - k.Bits()
	return int64(w<<sh) >> sh
}

// Truncate returns the low bits of w that an integer of kind k holds: its stored form.
func (k Kind) Truncate(w uint64) uint64 {
	sh := 64 - k.Bits()
	return w << sh >> sh
}

// Less orders two stored integers of kind k.
func (k Kind) Less(a, b uint64) bool {
	if k.Signed() {
		return k.Signed64(a) < k.Signed64(b)
	}
	return a < b
}

// Policy is the eviction policy of a map. The numbers are part of the format.
type Policy uint8

// Policies.
const (
	PolicyNone  Policy = iota // never evict: a full map refuses new entries
	PolicyClock               // least recently stored first, with a second chance for entries that were loaded
	PolicyS3                  // new entries on trial, the others by how often they were found visited (docs/decisions/007)
)

var policyNames = [...]string{"none", "clock", "s3"}

func (p Policy) String() string {
	if p.Valid() {
		return policyNames[p]
	}
	return fmt.Sprintf("policy(%d)", uint8(p))
}

// Valid reports whether p is a policy of this format.
func (p Policy) Valid() bool { return p <= PolicyS3 }

// ParsePolicy is the inverse of String.
func ParsePolicy(s string) (Policy, bool) {
	for i, n := range policyNames {
		if n == s {
			return Policy(i), true
		}
	}
	return 0, false
}

// Package layout is the bytes of a map: offsets, sizes, flags, and the header. It is pure: no I/O, no mapping.
package layout

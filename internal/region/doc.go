// Package region is the unsafe room: checked access to the words and bytes of a map's memory, be it a mapped file or a
// heap slice. It knows addresses and the order of stores; it knows nothing of what the words mean.
//
// Invariants:
//
//	I1  A Ptr comes from At (or from a private buffer) and points to memory that stays mapped as long as the Region
//	    is reachable; its holder uses only the bytes it asked At for.
//	I2  Every word is read and written with one aligned 8-byte access. Under the race detector all of them are atomic.
//	I3  Stores through Ptr.Store are seen by every observer, a debugger that stops the process at an instruction
//	    included, in program order; on arm64 by other cores as well, because each is a store-release.
//	I4  Loads through Ptr.Load are not moved before earlier ones: on amd64 by the machine, on arm64 because each is a
//	    load-acquire.
//	I5  Bytes moved or compared in bulk keep their place among the accesses before and behind them, as if the whole run
//	    were one; among themselves they have no order. amd64 does so by itself; on arm64 CopyOut, AppendOut and Equal end with a
//	    load fence, CopyIn begins with a store fence, and the store-release or load-acquire next to them does the rest.
package region

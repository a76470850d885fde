package sys

// tick reads the counter of the processor that goes at a constant rate: the time stamp counter of amd64, the virtual counter of
// arm64. Reading it takes about half the time that a clock does.
func tick() uint64

// Pause is for a loop that waits for another processor: it takes some ten nanoseconds, and leaves the units of the core to the
// thread beside this one.
func Pause()

package sys

// frequency is how many ticks a second has, as the firmware says.
func frequency() uint64

// slowest is a rate, in ticks a second, that the counter is never as slow as.
func slowest() uint64 { return frequency() / 4 * 3 }

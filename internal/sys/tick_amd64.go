package sys

// slowest is a rate, in ticks a second, that the counter is never as slow as: that of no time stamp counter is below a gigahertz.
func slowest() uint64 { return 500_000_000 }

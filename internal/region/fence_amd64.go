package region

// amd64 needs neither fence: loads stay in order, and so do stores. A bulk copy may be a string instruction, whose stores have
// no order among themselves but stay where they are among the others (Intel SDM volume 3, "Memory-ordering model for string
// operations"); non-temporal stores, which would not, the runtime uses from 1 MiB on, and a run here ends with its chunk.

func loadFence() {}

func storeFence() {}

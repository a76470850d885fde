package main

// limited are faults in limits: P11.
func limited() []row {
	const room, evict = "internal/shard/room.go", "internal/shard/evict.go"
	limits := test{pkg: "internal/proof", run: "^TestP11Limits$"}
	return []row{
		{"P11", "one entry more than allowed", room,
			"if want <= s.header.Load(layout.ShLease) {", "if want <= s.header.Load(layout.ShLease)+1 {", limits},
		{"P11", "what other shards hold of a limit is not counted", "internal/space/lease.go",
			"if i != shard {", "if i > 1<<20 {", limits},
		{"P11", "nothing is evicted for bytes", "internal/shard/transact.go",
			"case need.Which != layout.VecChunk && (need", "case true || (need", limits},
		{"P7", "an eviction takes damage for a full map", evict,
			"errors.Is(err, fault.ErrCorrupt) {", "errors.Is(err, fault.ErrClosed) {", test{pkg: "internal/dict", run: "^TestDamageIsNotFull$"}},
		{"P11", "a lease that is not used is not returned", "internal/space/lease.go",
			"sh.Store(layout.ShLease, min(sh.Load(layout.ShLease), sh.Load(layout.ShCount)))", "", limits},
		{"P11", "the newest entry is evicted", evict,
			"r := s.recency.Victim()", "r := s.recency.End(true)", test{pkg: ".", run: "^TestSecondChanceIsGivenOnce$"}},
		{"P11", "a visited entry has no second chance", evict,
			"case !force &&", "case !force && false &&", test{pkg: ".", run: "^TestSecondChanceIsGivenOnce$"}},
	}
}

package main

// dated are faults in deadlines: P8.
func dated() []row {
	const join = "internal/segment/join.go"
	exact := test{pkg: "internal/dict", run: "^TestDeadlineIsExact$"}
	return []row{
		{"P8", "a reader sees an entry at its deadline", "internal/shard/read.go",
			"if it.Deadline <= now {", "if it.Deadline < now {", exact},
		{"P8", "a reader sees an entry after its deadline", "internal/shard/read.go",
			"if it.Deadline <= now {", "if now == 0 {", exact},
		{"P8", "a writer sees an entry at its deadline", "internal/shard/room.go",
			"return d != 0 && d <= s.env.Now()", "return d != 0 && d < s.env.Now()", exact},
		{"P8", "an overwrite with one store finds an entry that has expired", "internal/shard/apply.go",
			"pos.Head&1 == 1 || s.expired(&pos) {", "pos.Head&1 == 1 {", exact},
		{"P8", "an overwrite with one store forgets the deadline that it was given", "internal/shard/apply.go",
			"c.TTL != 0 || op.Mode == TTLExplicit || op.Mode == TTLAt", "c.TTL != 0 || op.Mode == TTLAt", test{pkg: "internal/maptest", run: "^TestOperations$/^heap$/^int64->int64_ttl=true"}},
		{"P8", "an overwrite with one store does not prolong by the default", "internal/shard/apply.go",
			"c.TTL != 0 || op.Mode", "op.Mode", test{pkg: "internal/maptest", run: "^TestOperations$/^heap$/^int64->int64_ttl=false,500"}},
		{"P8", "iteration sees an entry at its deadline", "internal/shard/walk.go",
			"it.Deadline <= s.env.Now()", "it.Deadline < s.env.Now()", exact},
		{"P8", "an entry expires while it is changed, and comes back", "internal/shard/transact.go",
			"if s.guard != 0 && s.guard <= s.env.Now() {", "if s.guard == 1 {", test{pkg: "internal/dict", run: "^TestExpiredMeanwhile$"}},
		{"P8", "a deadline is rounded down", "internal/shard/decide.go",
			"return s.env.Ceil() + uint64(ms)", "return s.env.Now() + uint64(ms)", test{pkg: "internal/proof", run: "^TestP08RealClock$"}},
		{"P8", "time goes by the wall clock alone", "internal/segment/segment.go",
			"return s.clock.Millis() + s.offset", "return uint64(time.Now().UnixMilli())", test{pkg: "internal/proof", run: "^TestP08RealClock$"}},
		{"P8", "a reboot is not noticed", join,
			"if alone && !sameBoot {", "if alone && !sameBoot && same {", test{pkg: "internal/proof", run: "^TestP08Reboot$"}},
		{"P8", "a time namespace is not noticed", "internal/sys/clock.go",
			"return ts.Nano() - nsOffset", "return ts.Nano()", test{pkg: "internal/proof", run: "^TestP08TimeNamespace$"}},
	}
}

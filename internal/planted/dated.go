package main

// dated are faults in deadlines: P8.
func dated() []row {
	const join = "internal/segment/join.go"
	exact := test{pkg: "internal/dict", run: "^TestDeadlineIsExact$"}
	const apply = "internal/shard/apply.go"
	meanwhile := test{pkg: "internal/dict", run: "^TestExpiredMeanwhile$"}
	const replace = "internal/table/replace.go"
	crowd := test{pkg: "internal/maptest", run: "^TestShortEvictionsLikeTheModel$"}
	explicit := test{pkg: "internal/maptest", run: "^TestOperations$/^heap$/^int64->int64_ttl=true"}
	defaults := test{pkg: "internal/maptest", run: "^TestOperations$/^heap$/^int64->int64_ttl=false,500"}
	return []row{
		{"P8", "a reader sees an entry at its deadline", "internal/shard/read.go",
			"if it.Deadline <= now {", "if it.Deadline < now {", exact},
		{"P8", "a reader sees an entry after its deadline", "internal/shard/read.go",
			"if it.Deadline <= now {", "if now == 0 {", exact},
		{"P8", "a writer sees an entry at its deadline", "internal/shard/room.go",
			"return d != 0 && d <= s.env.Now()", "return d != 0 && d < s.env.Now()", exact},
		{"P8", "an overwrite finds an entry that has expired", apply, "s.ceil == 0 && s.expired(pos)", "s.ceil == 0 && old == 1", exact},
		{"P8", "an overwrite that prolongs finds an entry that has expired", apply, "s.ceil != 0 && old <= s.ceil", "s.ceil == 1 && old <= s.ceil", test{pkg: "internal/dict", run: "^TestExpiredIsCounted$"}},
		{"P8", "an overwrite the short way forgets the deadline that it was given", apply, "s.table.SetDeadline(pos, until)\n\tif renews", "if renews", defaults},
		{"P8", "an overwrite with one store forgets the deadline that it was given", apply,
			"|| until != old ||", "|| until != old && op.Mode != TTLExplicit ||", explicit},
		{"P8", "an entry expires while it is overwritten the short way, and comes back", apply,
			"!op.indifferent()) && old <= s.env.Now()", "!op.indifferent()) && old == 1", meanwhile},
		{"P8", "a store says that it found an entry that expired meanwhile", apply,
			"!op.indifferent()) && old", "op.Code != OpStore) && old", meanwhile},
		{"P8", "an entry that expired meanwhile keeps what was stored over it the short way", apply,
			"s.log.Rollback()\n\t\treturn false", "s.log.Commit()\n\t\treturn false", meanwhile},
		{"P4", "value and deadline are overwritten under one version", apply, "s.log.Touch(pos.Main)\n\tif block", "if block",
			beside("P04Reads", "overwrite with a deadline")},
		{"P8", "an entry that is used the short way keeps its deadline", apply, "|| until != old ||", "|| until != old && act == actPut ||", defaults},
		{"P8", "a new entry has the deadline of another one that was in its slot", replace, "to.Store(d+j, e.Until)", "_ = d", crowd},
		{"P8", "the deadlines of a full cache are not counted", replace, "t.countMortal(mortal, e.Until)", "_ = mortal", crowd},
		{"P8", "the count of deadlines of a full cache is not in the journal", "internal/table/change.go",
			"\tif old == 0 && deadline != 0 {\n\t\tt.add(layout.ShDeadlines, 1)", "\tif old == 0 && deadline != 0 {\n\t\tt.Shard.Store(layout.ShDeadlines, t.Shard.Load(layout.ShDeadlines)+1)",
			test{pkg: "internal/maptest", run: "^TestP01ShortEvictions$/^int64->int64$"}},
		{"P11", "an entry that has expired is evicted the short way", replace, "if mortal != 0 && mortal <= now {", "if mortal == 1 {", test{pkg: "internal/dict", run: "^TestExpiredGoes"}},
		{"P8", "iteration sees an entry at its deadline", "internal/shard/walk.go",
			"it.Deadline <= s.env.Now()", "it.Deadline < s.env.Now()", exact},
		{"P8", "an entry expires while it is changed, and comes back", "internal/shard/transact.go",
			"if s.guard != 0 && s.guard <= s.env.Now() {", "if s.guard == 1 {", meanwhile},
		{"P8", "a deadline is rounded down", "internal/shard/decide.go",
			"s.ceil = s.env.Ceil()", "s.ceil = s.env.Now()", test{pkg: "internal/proof", run: "^TestP08RealClock$"}},
		{"P8", "time goes by the wall clock alone", "internal/segment/segment.go",
			"return s.clock.Millis() + s.offset", "return uint64(time.Now().UnixMilli())", test{pkg: "internal/proof", run: "^TestP08RealClock$"}},
		{"P8", "a reboot is not noticed", join,
			"if alone && !sameBoot {", "if alone && !sameBoot && same {", test{pkg: "internal/proof", run: "^TestP08Reboot$"}},
		{"P8", "a time namespace is not noticed", "internal/sys/clock.go",
			"return ts.Nano() - nsOffset", "return ts.Nano()", test{pkg: "internal/proof", run: "^TestP08TimeNamespace$"}},
	}
}

package main

// read are faults in what readers see: P2, P4, P9, P10.
func read() []row {
	const find, read = "internal/table/find.go", "internal/shard/read.go"
	whole := test{pkg: "internal/shard", run: "^TestBytesAreAskedForLast$"}
	twice := test{pkg: "internal/dict", run: "^TestReadersAskTwice$"}
	wait := test{pkg: "internal/dict", run: "^TestPlainStoresWait$"}
	linear := test{pkg: "internal/proof", run: "^TestP04Linearizable$"}
	live := test{pkg: "internal/maptest", run: "^TestP10ReadOnlyLive$"}
	short := test{pkg: "internal/dict", run: "^TestShortLoadsAtEveryStore$"}
	return []row{
		{"P2", "a reader does not ask for the version again", find,
			" && pos.Main.Load(layout.BkHead) == pos.Head", "", twice},
		{"P2", "a reader does not ask for the level word again", find,
			"t.Shard.Load(layout.ShLevel) == pos.Level && ", "", twice},
		{"P2", "a reader asks for nothing again", find,
			"return pos.Head&1 == 0 &&", "return true || pos.Head&1 == 0 &&", whole},
		{"P2", "an odd version is taken for an even one", find,
			"return pos.Head&1 == 0 && ", "return ", live},
		{"P2", "a reader does not ask again once it has the bytes", read,
			"if !still() {\n\t\treturn false\n\t}\n\tif it.Deadline", "if it.Deadline", whole},
		{"P2", "a version is as before when it is even again", "internal/journal/journal.go",
			"layout.Pair(h+1, layout.Hi(h))", "layout.Pair(h-1, layout.Hi(h))", test{pkg: "internal/dict", run: "^TestVersionsGoForward$"}},
		{"P2", "an overwrite does not make the version odd", "internal/shard/apply.go",
			"s.log.Touch(pos.Main)\n", "", live},
		{"P2", "the overlay is applied forwards", "internal/journal/overlay.go",
			"for k := len(o.entries) - 1; k >= 0; k-- {", "for k := range o.entries {", live},
		{"P2", "the journal of a stopped writer is not asked for again", "internal/journal/overlay.go",
			"return j.head.Load(0) == o.head", "return true", test{pkg: "internal/dict", run: "^TestJournalIsAskedTwice$"}},
		{"P4", "a compare-and-swap does not compare", "internal/shard/decide.go",
			"if s.valueIs(pos.Val, op.Old) {\n\t\t\treturn actPut", "if true {\n\t\t\treturn actPut", linear},
		{"P4", "a plain store goes without the lock", "internal/shard/apply.go",
			"if err := s.enter(); err != nil {\n\t\treturn err\n\t}\n\tdefer s.leave()\n\treturn s.one(op)",
			"if s.env.Owner != nil && s.plain(op) {\n\t\treturn nil\n\t}\n\tif err := s.enter(); err != nil {\n\t\treturn err\n\t}\n\tdefer s.leave()\n\treturn s.one(op)", wait},
		{"P4", "the shortest way of a load does not ask again", "internal/table/quick.go",
			"if !c.still(main, head, level) || q.Closed.Load() {\n\t\t\t\treturn q.Slow(key, true)\n\t\t\t}\n\t\t\treturn 0, false, nil",
			"if q.Closed.Load() {\n\t\t\t\treturn q.Slow(key, true)\n\t\t\t}\n\t\t\treturn 0, false, nil", short},
		{"P4", "a load of an absent key in a batch does not ask again", "internal/table/quick.go",
			"return 0, false, c.still(main, head, level)", "return 0, false, true", short},
		{"P8", "a deadline of a string is not asked about", "internal/shard/bytes.go",
			" && (until == 0 || until > s.env.Now())", " && (until == 0 || s.env.Now() > 0)", test{pkg: "internal/dict", run: "^TestDeadlineOfString"}},
		{"P8", "a deadline is not asked about", "internal/table/quick.go",
			"(until == 0 || until > q.Now())", "(until == 0 || q.Now() > 0)", test{pkg: "internal/dict", run: "^TestDeadline"}},
		{"P4", "the short way of a load of narrow integers does not ask again", "internal/table/word.go",
			"if link == 0 {\n\t\t\treturn 0, false, t.still(main, head, level)", "if link == 0 {\n\t\t\treturn 0, false, true", short},
		{"P4", "the short way to a string does not ask again", "internal/table/bytes.go",
			"return b, until, true, t.still(main, head, level)", "return b, until, true, true", test{pkg: "internal/dict", run: "^TestStringsAtEveryStore$"}},
		{"P4", "the short way to overwrite an integer goes without the lock", "internal/shard/word.go",
			"\to := s.env.Owner\n", "\to := s.env.Owner\n\tif b, at := s.table.HeldMain(h, key); at != 0 {\n\t\tb.Store(at, w)\n\t\treturn w, nil\n\t}\n", wait},
		{"P4", "a counter is not cut to its width", "internal/shard/word.go",
			"\tval = (b.Load(at)&keep + w) & s.low\n\tb.Store(at, val)\n\tif", "\tval = b.Load(at)&keep + w\n\tb.Store(at, val)\n\tif",
			test{pkg: ".", run: "^TestCounterNarrowerThanItsKey$"}},
		{"P4", "a counter in an overflow bucket is not cut to its width", "internal/shard/word.go",
			"\t\tval = (b.Load(at)&keep + w) & s.low\n\t\tb.Store(at, val)\n\t\ts", "\t\tval = b.Load(at)&keep + w\n\t\tb.Store(at, val)\n\t\ts",
			test{pkg: ".", run: "^TestCounterNarrowerThanItsKey$"}},
		{"P9", "a cursor gives what lies before its position", "internal/shard/walk.go",
			"if live && e.order >= from {", "if live {", test{pkg: "internal/dict", run: "^TestCursorOverMerges$"}},
		{"P9", "a cursor takes a bucket for one that has not been split", "internal/table/snap.go",
			"index < half && index+half >= n", "index < half", test{pkg: "internal/maptest", run: "^TestP09Iteration$"}},
		{"P10", "a read-only handle sets visited bits", read,
			"s.table.Geo.Recency == 0 || s.env.Owner == nil", "s.table.Geo.Recency == 0", test{pkg: "internal/maptest", run: "^TestP10ReadOnlyVisits$"}},
		{"P10", "a read-only handle maps the file for writing", "internal/segment/segment.go",
			"region.Mapped(fd, !o.ReadOnly, reserve)", "region.Mapped(fd, true, reserve)", live},
		{"P10", "nobody reads through the journal", read,
			"through := n >= directTries || n%2 == 1", "through := n < 0", live},
	}
}

package main

// killed are faults in what a killed process leaves behind: P1.
func killed() []row {
	const journal = "internal/journal/journal.go"
	const plain = "/^int64->int64_ttl=false,0_policy=none_cap=0_max=0"
	points := test{pkg: "internal/maptest", run: "^TestP01CrashPoints$" + plain}
	texts := test{pkg: "internal/dict", run: "^TestStringsAtEveryStore$"}
	strings := test{pkg: "internal/check", run: "^TestEveryInstantIsClean$/^string$"}
	clocks := test{pkg: "internal/maptest", run: "^TestP01CrashPoints$/^int64->int64_ttl=false,0_policy=none_cap=12"}
	return []row{
		{"P1", "one store has no entry in the journal", "internal/table/change.go",
			"t.Log.Set(b.Span, layout.BkTags, tagAt(b.Load(layout.BkTags), i, Tag(h), 0))",
			"b.Store(layout.BkTags, tagAt(b.Load(layout.BkTags), i, Tag(h), 0))", points},
		{"P1", "a word is stored to before its entry", journal,
			"j.note(s.Off+8*i|kindWord, old)\n\t\tj.store(s.Ptr, i, v)",
			"j.store(s.Ptr, i, v)\n\t\tj.note(s.Off+8*i|kindWord, old)", points},
		{"P1", "the short way stores to a word before its entry counts", journal,
			"j.head.Store(0, j.active|j.n)\n\t\ts.Store(i, v)", "s.Store(i, v)\n\t\tj.head.Store(0, j.active|j.n)",
			beside("P01ReadsBesideTheDead", "insert")},
		{"P1", "the short way to commit does not say so", journal,
			"j.head.Store(0, Head(j.gen, Committed, j.n))", "", beside("P01ReadsBesideTheDead", "insert")},
		{"P1", "an entry is counted before it is complete", journal,
			"j.store(e, 1, old)\n\tj.n++\n\tj.store(j.head, 0, j.active|j.n)",
			"j.n++\n\tj.store(j.head, 0, j.active|j.n)\n\tj.store(e, 1, old)", points},
		{"P1", "versions are made even before the commit", journal,
			"j.store(j.head, 0, Head(j.gen, Committed, j.n))", "", points},
		{"P1", "undo goes forwards", journal,
			"for i := n; i > 0; i-- {\n\t\te := j.entry(i - 1)", "for i := range n {\n\t\te := j.entry(i)", points},
		{"P1", "repair undoes nothing", journal, "phase == Active && !j.Lame", "phase == Active && j.Lame", points},
		{"P1", "what was undone is not said to be", journal,
			"j.store(j.head, 0, Head(j.gen, Undone, n))", "", test{pkg: "internal/dict", run: "^TestReadersOfRepairs$"}},
		{"P1", "undo takes versions back", journal,
			"old = layout.Pair(p.Load(0), layout.Hi(old))", "", test{pkg: "internal/dict", run: "^TestVersionsGoForward$"}},
		{"P1", "a dead owner's transaction is not repaired", "internal/lock/lock.go",
			"return true, l.mend(o)", "return true, nil", points},
		{"P1", "a string is overwritten before its words are noted", journal,
			"j.head.Store(0, j.active|j.n)\n\tp.CopyIn(at, s)", "p.CopyIn(at, s)\n\tj.head.Store(0, j.active|j.n)",
			beside("P01ReadsBesideTheDead", "string over string the short way")},
		{"P1", "a string is overwritten though its words are not noted", journal,
			"j.note(p.Off+at&^7|kindWord, p.Load(at/8))\n", "", texts},
		{"P1", "the lengths of a string that is overwritten are not in the journal", "internal/alloc/blob.go",
			"h.log.Set(block, layout.BlobLens, lens)", "block.Store(layout.BlobLens, lens)", texts},
		{"P1", "a batch takes blocks that it has freed", "internal/shard/apply.go",
			"\tif had {\n\t\ts.drops = append(s.drops, old)", "\tif had {\n\t\ts.heap.Drop(old)", test{pkg: "internal/dict", run: "^TestBatchAtEveryStore$"}},
		{"P1", "a counter of the shard is not in the journal", "internal/table/change.go",
			"t.Log.Set(t.Shard, word, t.Shard.Load(word)+delta)", "t.Shard.Store(word, t.Shard.Load(word)+delta)", points},
		{"P1", "a link of the recency list is not in the journal", "internal/recency/clock.go",
			"l.log.Set(b, word, layout.Pair(layout.Lo(links), uint64(to)))", "b.Store(word, layout.Pair(layout.Lo(links), uint64(to)))", clocks},
		{"P1", "a bit of a slab is not in the journal", "internal/alloc/slab.go",
			"h.log.Set(bitmap, w, used|1<<bit)", "bitmap.Store(w, used|1<<bit)", strings},
		{"P1", "a panic leaves the transaction open", "internal/shard/transact.go",
			"s.log.Rollback()\n\t\tswitch", "switch", test{pkg: "internal/proof", run: "^TestP06EveryAllocation$"}},
		{"P1", "the compiler may drop a store", "internal/region/store_plain_unsafe.go",
			"atomic.LoadUint64(w)", "_ = atomic.LoadUint64", test{pkg: "internal/region", run: "^TestStoresStayInTheirOrder$"}},
	}
}

package main

// spaced are faults in memory: where it ends, and what of it is garbage: P6, P7, P12, P13.
func spaced() []row {
	const space, region = "internal/space/space.go", "internal/region/region_unsafe.go"
	every := test{pkg: "internal/proof", run: "^TestP06EveryAllocation$"}
	marked := test{pkg: "internal/dict", run: "^TestMarkedBeforeTaken$"}
	given := test{pkg: "internal/dict", run: "^TestSaidBeforeGivenBack$"}
	budget := test{pkg: "internal/maptest", run: "^TestP11Bytes$"}
	files := test{pkg: "internal/proof", run: "^FuzzOpenFile$"}
	accounts := test{pkg: "internal/check", run: "^TestFileHoldsWhatIsAccountedFor$"}
	free := test{pkg: ".", run: "^TestP13ZeroAllocation$/^plain$"}
	blocks := test{pkg: "internal/dict", run: "^TestStringsStayInTheirBlocks$"}
	return []row{
		{"P6", "the limit on bytes is not asked for", "internal/space/lease.go",
			"if s.Shards[shard].Load(layout.ShByteLease) >= n {", "if true {", budget},
		{"P6", "it is not said that there is no memory", space,
			"s.Region.Allocate(base+from, n); err != nil {",
			"s.Region.Allocate(base+from, n); err != nil && from > 1<<50 {", every},
		{"P6", "elements count as backed before they are", space,
			"dirty := layout.ShDirty + uint64(v.Which)\n",
			"dirty := layout.ShDirty + uint64(v.Which)\n\tsh.Store(layout.ShBacked+uint64(v.Which), to)\n", every},
		{"P12", "a block is given back as one of the class that its lengths ask for", "internal/layout/blob.go",
			"min(ClassOf(n+BlobHead)+int(lens>>60), Classes-1)", "ClassOf(n + BlobHead)", blocks},
		{"P7", "a block is copied before it is known to be one of its class", "internal/alloc/blob.go",
			"h.liveBlock(layout.BlobAddr(w), class) // or", "// or", test{pkg: "internal/dict", run: "^TestForgedClassAtTheEndOfTheFile$"}},
		{"P6", "a batch notes more words than the journal has room for at first", "internal/shard/apply.go",
			" && s.log.Roomy(n/8+fewEntries)", "", test{pkg: "internal/dict", run: "^TestAtomicBatchesOverStrings$"}},
		{"P6", "nothing is evicted for a larger journal", "internal/shard/transact.go",
			" && (need.Which != layout.VecJournal || !s.heap.Uses())", "", test{pkg: "internal/dict", run: "^TestAtomicBatchesOverStrings$"}},
		{"P12", "a string keeps a block of more than twice its size", "internal/layout/blob.go",
			"end > size || 2*end < size", "end > size || 16*end < size", blocks},
		{"P12", "memory is taken before it is marked", space,
			"sh.Store(dirty, max(sh.Load(dirty), to))", "defer sh.Store(dirty, max(sh.Load(dirty), to))", marked},
		{"P12", "a hole gets memory before it is named", "internal/shard/transact.go",
			"s.header.Store(layout.ShPunching, c+1)", "", marked},
		{"P12", "a hole is not named while its memory goes", "internal/alloc/chunks.go",
			"h.log.Set(h.shard, layout.ShPunching, c+1)", "", accounts},
		{"P6", "memory is given back while it counts as backed", space,
			"if keep < backed {\n\t\tsh.Store(layout.ShBacked+w, keep)\n\t}\n\tfor dirty > keep {",
			"for first := true; dirty > keep; first = false {\n\t\tif !first {\n\t\t\tsh.Store(layout.ShBacked+w, min(keep, backed))\n\t\t}", given},
		{"P12", "memory counts as given back before it is", space,
			"low := max(keep, first)\n", "low := max(keep, first)\n\t\tsh.Store(layout.ShDirty+w, low)\n", given},
		{"P6", "memory goes early where a clock is a little behind", "internal/shard/tend.go",
			"case now < began+epochMillis:", "case now-began < epochMillis:", test{pkg: "internal/dict", run: "^TestQuarantineByAClockBehind$"}},
		{"P7", "where the file ends is not asked for", region,
			"if off > v.limit || n > v.limit-off {", "if off > 1<<62 {", files},
		{"P7", "an offset and a length may overflow", region,
			"if off > v.limit || n > v.limit-off {", "if off+n > v.limit {", test{pkg: "internal/region", run: "^TestBounds$"}},
		{"P7", "a length is believed before it was asked for again", "internal/table/table.go",
			"if !ok || !still() {\n\t\treturn dst, false\n\t}\n\treturn b.AppendVal(dst)", "if !ok {\n\t\treturn dst, false\n\t}\n\treturn b.AppendVal(dst)", test{pkg: "internal/dict", run: "^TestLengthsAreBelievedLate$"}},
		{"P7", "a length may be more than the file", "internal/alloc/blob.go",
			"n > layout.MaxString || !b.heap.chunks.Holds(n)", "n > layout.MaxString", test{pkg: "internal/dict", run: "^TestRegressionForgedLength$"}},
		{"P7", "a walk along a chain has no end", "internal/table/find.go",
			"!ok || hops > t.maxChain()", "!ok", test{pkg: "internal/dict", run: "^TestRegressionChainCycle$"}},
		{"P7", "a directory word is not looked at", "internal/vector/vector.go",
			"base%layout.Page != 0 || base >= layout.MaxFile", "false", test{pkg: "internal/vector", run: "^TestForgedDirectory$"}},
		{"P12", "a deleted blob is not freed", "internal/shard/apply.go",
			"if w, ok := s.table.BlobOf(pos.Key, pos.Val); ok {", "if w, ok := s.table.BlobOf(pos.Key, pos.Val); ok && w == 0 {", accounts},
		{"P12", "a replaced blob is not freed", "internal/shard/apply.go",
			"s.drops = append(s.drops, old)", "_ = old", accounts},
		{"P6", "a hole is filled without asking for the limit", "internal/shard/transact.go",
			"if err := s.space().Fit(s.env.Owner, s.index, layout.ChunkSize, s.deadline()); err != nil {", "if err := error(nil); err != nil {", budget},
		{"P12", "chunks of a freed blob are not counted", "internal/alloc/chunks.go",
			"h.add(layout.ShChunkFreeLen, n)", "", accounts},
		{"P12", "a descriptor is kept", "internal/segment/segment.go",
			"sys.Close(r.FD())\n\t}, r)", "}, r)", test{pkg: "internal/dict", run: "^TestP12Handles$"}},
		{"P12", "a mapping is kept", "internal/segment/segment.go",
			"r.Unmap()\n\t\tsys.Close(r.FD())", "sys.Close(r.FD())", test{pkg: "internal/dict", run: "^TestP12Handles$"}},
		{"P13", "a load allocates", "internal/shard/read.go",
			"var pos table.Pos\n\tstill :=", "pos := make([]table.Pos, 1+k.Hash>>63)[0]\n\tstill :=", free},
		{"P13", "an append of a value allocates", "internal/region/bytes_plain_unsafe.go",
			"dst = append(dst, b...)", "dst = append(append(make([]byte, 0, uint64(len(dst))+n), dst...), b...)", free},
	}
}

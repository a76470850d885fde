package main

// ringed are faults in the policy s3: P1 and P11.
func ringed() []row {
	const s3, ghosts = "internal/recency/s3.go", "internal/table/ghosts.go"
	points := test{pkg: "internal/maptest", run: "^TestP01CrashPoints$/^int64->int64_ttl=false,0_policy=s3_cap=12"}
	const cached, replace, blob = "internal/shard/cached.go", "internal/table/replace.go", "internal/alloc/blob.go"
	died := test{pkg: "internal/maptest", run: "^TestP01ShortEvictions$/^int64->int64$"}
	worded := test{pkg: "internal/maptest", run: "^TestP01ShortEvictions$/^string->string$"}
	alike := test{pkg: "internal/maptest", run: "^TestShortEvictionsLikeTheModel$"}
	told := test{pkg: "internal/maptest", run: "^TestGhosts$/^int64->int64"}
	hand := test{pkg: ".", run: "^TestS3"}
	return []row{
		{"P11", "an eviction by the short way is not counted", cached,
			"s.count(layout.ShEvictions)", "", test{pkg: "internal/maptest", run: "^TestEvictionsAreCountedOnce$"}},
		{"P11", "an eviction by the short way in two steps is not counted down", cached,
			"s.tight--\n\t\t\tif !s.insertFar", "if !s.insertFar", test{pkg: "internal/dict", run: "^TestFullShardAsksAgain$"}},
		{"P11", "an entry that the short way spares is spared again", "internal/shard/evict.go",
			"patience - min(s.spared, patience)", "patience - min(s.spared, 0)", test{pkg: "internal/maptest", run: "^TestShortEvictionsLikeTheModel$"}},
		{"P1", "a new entry takes the slot of the one that goes for it", replace,
			" || chain.Off == main.Off", "", died},
		{"P12", "an eviction by the short way leaves an empty overflow bucket", replace, " || left&layout.TagLanes == 0", "", died},
		{"P3", "what is evicted by the short way keeps its version", replace, "t.Log.Touch(chain)\n", "",
			beside("P01ReadsBesideTheDead", "store that evicts the short way")},
		{"P1", "the key of a new string in a full cache is not in the journal", blob,
			"h.log.SetBytes(block, layout.BlobHead, key)", "block.CopyIn(layout.BlobHead, key)", worded},
		{"P1", "the hash of a new string in a full cache is not in the journal", blob,
			"h.log.Set(block, layout.BlobHash, hash)", "block.Store(layout.BlobHash, hash)", worded},
		{"P1", "a string behind a dead writer is looked for as it stands in its block", "internal/table/snap.go",
			"if s.through && k.Blob() {", "if s.through && k.Blob() && k.Hash == 0 {", worded},
		{"P1", "a key is read behind a dead writer as it stands in its block", "internal/table/table.go",
			"b, ok := t.blob(it.Key, it)\n\tif !ok || !still() {", "b, ok := t.Heap.Look(it.Key)\n\tif !ok || !still() {", worded},
		{"P1", "the hash of a key is read behind a dead writer as it stands in its block", "internal/table/table.go",
			"b, ok := t.blob(it.Key, it)\n\tif !ok {", "b, ok := t.Heap.Look(it.Key)\n\tif !ok {", worded},
		{"P12", "a new string in a full cache takes the block of one that has none", replace,
			"if blob != e.Blob() || blob == block.IsNil() {", "if blob && block.IsNil() {", alike},
		{"P12", "a new string in a full cache takes a block that is too small", blob,
			"lens, ok := layout.LensIn(layout.BlockClass(lens), key, val)\n\tif !ok {", "lens, ok := layout.Lens(key, val), true\n\tif !ok {", alike},
		{"P2", "the block that a new string takes is written to before the version is odd", replace,
			"t.Log.Touch(chain)\n\tt.Log.Touch(main)\n\tif !block.IsNil() {\n\t\tt.Heap.Remake(block, lens, e.Hash, e.Str, e.Long)\n\t}\n",
			"if !block.IsNil() {\n\t\tt.Heap.Remake(block, lens, e.Hash, e.Str, e.Long)\n\t}\n\tt.Log.Touch(chain)\n\tt.Log.Touch(main)\n",
			beside("P04Reads", "string that evicts the short way")},
		{"P11", "the short way forgets whom it evicts", replace, "recency.Remember(from.Load(g), h)", "from.Load(g)", told},
		{"P11", "the short way does not ask the ghosts", replace, "; known {", "; known && h == 0 {", told},
		{"P11", "clock: the short way evicts who was visited", "internal/recency/clock.go", " || visited(from, r)", "", alike},
		{"P1", "clock: the short way's neighbour is not in the journal", "internal/recency/clock.go",
			"l.log.Set(last, lastWord, layout.Lo(last.Load(lastWord)))", "last.Store(lastWord, layout.Lo(last.Load(lastWord)))", died},
		{"P11", "an overwrite the short way leaves the order as it is", "internal/shard/apply.go",
			"renews := s.table.Geo.Recency != 0 &&", "renews := s.table.Geo.Recency == 1 &&", alike},
		{"P1", "clock: a neighbour of what is stored over is not in the journal", "internal/recency/clock.go",
			"l.log.Set(before, beforeWord, layout.Pair(uint64(newer), layout.Hi(before.Load(beforeWord))))",
			"before.Store(beforeWord, layout.Pair(uint64(newer), layout.Hi(before.Load(beforeWord))))",
			test{pkg: "internal/maptest", run: "^TestP01CrashPoints$/^int64->int64_ttl=false,0_policy=none_cap=12"}},
		{"P11", "s3: the short way evicts who was visited", s3, " || visited(from, r)", "", alike},
		{"P1", "s3: the short way's neighbour is not in the journal", s3,
			"s.log.Set(before, beforeWord, before.Load(beforeWord)&^layout.RefMask|uint64(by))",
			"before.Store(beforeWord, before.Load(beforeWord)&^layout.RefMask|uint64(by))", died},
		{"P1", "s3: a ghost is not in the journal", ghosts,
			"t.Log.Set(pos.B, t.Geo.Ghosts, recency.Remember(w, t.HashOf(pos.Key)))",
			"pos.B.Store(t.Geo.Ghosts, recency.Remember(w, t.HashOf(pos.Key)))", points},
		{"P1", "s3: a ghost that was asked is not in the journal", ghosts,
			"t.Log.Set(b.Span, t.Geo.Ghosts, rest)", "b.Store(t.Geo.Ghosts, rest)", points},
		{"P1", "s3: a neighbour is not in the journal", s3,
			"s.log.Set(b, word, link&^(layout.RefMask<<32)|uint64(to)<<32)", "b.Store(word, link&^(layout.RefMask<<32)|uint64(to)<<32)", points},
		{"P1", "s3: the hand does not move on", s3,
			"s.log.Plain(s.shard, main, layout.Pair(uint64(newer(link)), s.inMain()))", "", points},
		{"P11", "s3: what is in main is not counted", s3, "n = s.inMain() + delta", "n = s.inMain()", told},
		{"P11", "s3: a renamed entry is still the one at the hand", s3,
			"if ring := home(link); s.first(ring) == from {", "if ring := home(link); s.first(ring) == 0 {", told},
		{"P11", "s3: a visited entry on trial is evicted", s3,
			"if !s.unvisit(r) && !keep {", "if s.unvisit(r); !keep {", hand},
		{"P11", "s3: laps are not counted", s3, "laps = min(laps+1, layout.MaxLaps)", "laps = min(laps, layout.MaxLaps)", hand},
		{"P11", "s3: an eviction passes all", s3, "const passes = 64", "const passes = 1 << 40", hand},
		{"P11", "s3: ghosts of a bucket that is taken again", ghosts, "b.Store(t.Geo.Ghosts, 0)", "_ = b", told},
		{"P11", "s3: a new bucket has the ghosts of another", ghosts, "dst.Store(t.Geo.Ghosts, src.Load(t.Geo.Ghosts))", "_ = src", told},
		{"P11", "s3: a clear leaves ghosts", "internal/table/resize.go", "t.Log.Set(b, t.Geo.Ghosts, 0)", "_ = b", told},
	}
}

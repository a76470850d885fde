package main

// ringed are faults in the policy s3: P1 and P11.
func ringed() []row {
	const s3, ghosts = "internal/recency/s3.go", "internal/table/ghosts.go"
	points := test{pkg: "internal/maptest", run: "^TestP01CrashPoints$/^int64->int64_ttl=false,0_policy=s3_cap=12"}
	told := test{pkg: "internal/maptest", run: "^TestGhosts$/^int64->int64"}
	hand := test{pkg: ".", run: "^TestS3"}
	return []row{
		{"P11", "an eviction that was undone is counted", "internal/shard/cached.go",
			"s.header.Store(layout.ShEvictions, evicted)", "_ = evicted", test{pkg: "internal/maptest", run: "^TestEvictionsAreCountedOnce$"}},
		{"P11", "an entry that the short way spares is spared again", "internal/shard/evict.go",
			"patience - min(s.spared, patience)", "patience - min(s.spared, 0)", test{pkg: "internal/maptest", run: "^TestShortEvictionsLikeTheModel$"}},
		{"P1", "a new entry takes the slot of the one that goes for it", "internal/shard/cached.go",
			"victim.Main.Off == pos.Main.Off || ", "", points},
		{"P1", "a new entry takes the overflow bucket of the one that goes for it", "internal/shard/cached.go",
			" || victim.Over && !s.table.Vacant(pos)", "",
			test{pkg: "internal/maptest", run: "^TestP01CrashPoints$/^int64->int64_ttl=false,0_policy=none_cap=12"}},
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

package main

// waited are faults in who waits for whom: P3, P5.
func waited() []row {
	const lock, liveness, join = "internal/lock/lock.go", "internal/lock/liveness.go", "internal/segment/join.go"
	dead := test{pkg: "internal/maptest", run: "^TestP03DeadHolder$"}
	stopped := test{pkg: "internal/maptest", run: "^TestP03StoppedHolder$"}
	robbery := test{pkg: "internal/lock", run: "."}
	reuse := test{pkg: "internal/proof", run: "^TestP05NumberReuse$"}
	return []row{
		{"P3", "everybody counts as alive", liveness,
			"_, held, err := sys.Locked(k.FD, bytesAt+int64(n), 1)\n\treturn held, err",
			"return true, nil", dead},
		{"P3", "nobody counts as alive", lock,
			"n < 0 || n >= layout.MaxParticipants", "n < 0 || n <= layout.MaxParticipants", stopped},
		{"P3", "a wait has no deadline", lock,
			"if !deadline.IsZero() && !time.Now()", "if false && !time.Now()", stopped},
		{"P3", "a lock is robbed without the dead one's byte", lock,
			"if got, err := o.live.Take(n); !got || err != nil {\n\t\t\treturn false, err\n\t\t}\n\t\tdefer o.live.Drop(n)\n", "", robbery},
		{"P5", "the dead one's byte is kept after the robbery", lock,
			"defer o.live.Drop(n)", "", robbery},
		{"P5", "a number is used before its locks are mended", join,
			"if err := s.Shards[i].Inherit(); err != nil &&", "if err := error(nil); i < 0 && err != nil &&", reuse},
		{"P5", "an incarnation is as the one before", join,
			"p.Load(layout.PartIncarnation)+1)", "p.Load(layout.PartIncarnation))", reuse},
	}
}

package main

// opened are faults in how a map comes into being, and what a copy of one is: P14, P15.
func opened() []row {
	const join, seal = "internal/segment/join.go", "internal/segment/seal.go"
	create := "internal/segment/create.go"
	creators := test{pkg: "internal/maptest", run: "^TestP14OneCreator$"}
	return []row{
		{"P14", "a file gets its name before it is complete", create,
			"if err = format(fd, o); err == nil {\n\t\terr = sys.Link(fd, path)\n\t}",
			"if err = sys.Link(fd, path); err == nil {\n\t\terr = format(fd, o)\n\t}", test{pkg: "internal/proof", run: "^TestP06EveryAllocationOfOpen$"}},
		{"P14", "who comes second does not open the first one's", create,
			"if !errors.Is(err, fs.ErrExist) {", "if err != nil {", creators},
		{"P15", "the seal is not asked for", seal,
			"p.Load(layout.SealMagic) == layout.Magic && p.Load(layout.SealSession) == s.Env.Header.Load(layout.HdrSession)",
			"p.Load(layout.SealMagic) <= layout.Magic", test{pkg: "internal/proof", run: "^TestP15Straddle$"}},
		{"P15", "the seal may be of another session", seal,
			" && p.Load(layout.SealSession) == s.Env.Header.Load(layout.HdrSession)", "", test{pkg: "internal/proof", run: "^TestP15TwoSessions$"}},
		{"P15", "the seal is not broken", join,
			"if err := s.breakSeal(); err != nil {", "if err := error(nil); err != nil {", test{pkg: "internal/proof", run: "^TestP15FirstToClose$"}},
		{"P15", "a file is sealed before it is on the disk", seal,
			"if err := s.Sync(); err != nil {\n\t\treturn err\n\t}\n\th.Store", "h.Store", test{pkg: "internal/segment", run: "^TestSealAndDisk$"}},
		{"P15", "whoever closes first seals the file", join,
			"if s.Participants() == s.self() && s.mend() {", "if s.mend() {", test{pkg: "internal/proof", run: "^TestP15FirstToClose$"}},
		{"P15", "another file is taken for the same", join,
			"sameBoot && h.Load(layout.HdrDev) == st.Dev && h.Load(layout.HdrIno) == st.Ino", "sameBoot", test{pkg: "internal/proof", run: "^TestP15LiveCopies$"}},
		{"P15", "another boot is taken for the same", join,
			"same := sameBoot &&", "same :=", test{pkg: "internal/proof", run: "^TestP15NextBoot$"}},
	}
}

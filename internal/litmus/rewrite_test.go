package litmus_test

import "testing"

// TestPair14: a string that is written over in its block. The entries of its words are ordinary stores, and its bytes a copy; the head
// between them and the version around them are as in any transaction. (For models: the accesses themselves are those of pairs 1 to 5.)
func TestPair14(t *testing.T) {
	plain := func(loc string, v int) thread { return thread{{kind: store, loc: loc, val: v}} }
	noted := do(plain("entry", 1), st("head", 1))
	rewrite := do(st("version", 1), noted, copyIn("bytes", 1), st("head", 2), st("version", 2))
	next := func(between ...thread) thread {
		return do(append(append([]thread{st("head", 1), st("head", 2)}, between...), plain("entry", 1), st("head", 3))...)
	}
	twice := do(ld("head", 1), ld("entry", 1), ld("head", 1))
	for _, c := range []struct {
		name    string
		threads []thread
		arm64   bool // possible there
	}{
		{"an entry that counts is not complete", []thread{do(noted, copyIn("bytes", 1)), do(ld("head", 1), ld("entry", 0))}, false},
		{"bytes are there before the entries count", []thread{do(noted, copyIn("bytes", 1)), do(copyOut("bytes", 1), ld("head", 0))}, false},
		{"so is a word of the block", []thread{do(noted, copyIn("bytes", 1)), do(ld("bytes", 1), ld("head", 0))}, false},
		{"bytes are there before the version is odd", []thread{rewrite, do(ld("version", 0), copyOut("bytes", 1), ld("version", 0))}, false},
		{"bytes come after the version is even", []thread{rewrite, do(ld("version", 2), copyOut("bytes", 0))}, false},
		{"entries of the next transaction under the head of the last", []thread{next(ld("head", 2)), twice}, false},
		{"the same without the load of the head at the beginning", []thread{next(), twice}, true},
		{"bytes without the fence of CopyIn", []thread{do(st("head", 1), plain("bytes", 1)), do(copyOut("bytes", 1), ld("head", 0))}, true},
	} {
		if got := arm64.possible(c.threads...); got != c.arm64 {
			t.Errorf("%s: on arm64 possible %v, want %v", c.name, got, c.arm64)
		}
		if amd64.possible(c.threads...) {
			t.Errorf("%s: possible on amd64", c.name)
		}
	}
}

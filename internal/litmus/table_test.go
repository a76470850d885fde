package litmus_test

import (
	"testing"
)

// Pairs of readers without a lock.

// blocks is a writer that moves a string from one block to another and back: each transaction writes to the block that the
// one before it freed.
func blocks(p side, i uint64, wrong string) string {
	if wrong == "bytes before odd" {
		p.CopyIn(at((i-1)%2), text(i+1)) // the block that this transaction will free
		p.gap(i)
	}
	p.CopyIn(at(i%2), text(i))
	p.Store(version, 2*i-1)
	p.Store(key, i%2)
	p.Store(version, 2*i)
	return ""
}

// copied is a reader who copies the string. The wrong one asks for the version before.
func copied(p side, i uint64, wrong string) string {
	v := p.Load(version)
	k := p.Load(key)
	var b [compared]byte
	same := p.Load(version) == v
	if wrong == "version before bytes" {
		p.gap(i)
	}
	p.CopyOut(b[:], at(k))
	if wrong != "version before bytes" {
		same = p.Load(version) == v
	}
	if v%2 == 0 && same && string(b[:]) != text(v / 2)[:compared] {
		return sprint("version %d, bytes of another one", v)
	}
	return ""
}

// TestPair04 is a block that one transaction frees and the next one writes to, in the same process or in another that got
// the lock from it, and a reader who is still there.
func TestPair04(t *testing.T) {
	free := do(st("version", 1), st("version", 2), st("head", 2))
	reader := do(ld("version", 0), copyOut("bytes", 1), ld("version", 0))
	through := do(ld("head", 0), copyOut("bytes", 1), ld("head", 0))
	unlock, lock := swap("lock", 0, 1), swap("lock", 1, 2)
	bare := thread{{kind: store, loc: "bytes", val: 1}}
	try(t, pair{
		never: [][]thread{
			{do(free, copyIn("bytes", 1)), reader},
			{do(free, copyIn("bytes", 1)), through},
			{do(free, unlock), do(lock, copyIn("bytes", 1)), reader},
			{do(free, unlock), do(lock, copyIn("bytes", 1)), through},
		},
		weakened: [][]thread{{do(free, bare), reader}, {do(free, bare), through}},
		write:    blocks, read: copied,
		wrong: []string{"bytes before odd"},
	})
}

// TestPair05 is the reader's side of it: bytes that were copied or compared, and words, come before the questions.
func TestPair05(t *testing.T) {
	writer := do(st("version", 1), copyIn("bytes", 1), st("word", 1))
	questions := do(ld("level", 0), ld("version", 0))
	bare := thread{{kind: load, loc: "bytes", val: 1}}
	try(t, pair{
		never: [][]thread{
			{writer, do(ld("version", 0), copyOut("bytes", 1), questions)},
			{writer, do(ld("version", 0), ld("word", 1), questions)},
		},
		weakened: [][]thread{{writer, do(ld("version", 0), bare, questions)}},
		write:    blocks,
		read: func(p side, i uint64, wrong string) string {
			if i%2 == 0 || wrong == "version before bytes" {
				return copied(p, i, wrong)
			}
			v := p.Load(version)
			k := p.Load(key)
			same := p.Load(version) == v
			if wrong == "version before comparing" {
				p.gap(i)
			}
			equal := p.Equal(at(k), text(v / 2)[:compared])
			if wrong != "version before comparing" {
				same = p.Load(version) == v
			}
			if v%2 == 0 && same && !equal {
				return sprint("version %d, and the bytes are other ones", v)
			}
			return ""
		},
		wrong: []string{"version before bytes", "version before comparing"},
	})
}

// TestPair06 is a key that a split moves to another bucket and a merge moves back. It is always there. The level word here
// has no epoch, as if it had come round: with one, either order of the questions would do.
func TestPair06(t *testing.T) {
	move := func(from, to string, n, level int) thread { // key locations say 1 mod 2 where the key is not
		return do(st("version"+from, 2*n-1), st("version"+to, 2*n-1), st("key"+to, 2*n), st("key"+from, 2*n-1), st("level", level),
			st("version"+from, 2*n), st("version"+to, 2*n))
	}
	writer := do(move("A", "B", 1, 1), move("B", "A", 2, 2))
	find := do(ld("level", 0), ld("versionA", 2), ld("keyA", 1))
	try(t, pair{
		never: [][]thread{
			{writer, do(find, ld("level", 0), ld("versionA", 2))},
			{writer, do(find, ld("level", 2), ld("versionA", 2))},
		},
		weakened: [][]thread{{writer, do(find, ld("versionA", 2), ld("level", 2))}},
		write: func(p side, i uint64, wrong string) string {
			from, to := uint64(0), uint64(otherVersion-version) // a merge moves the key the other way
			if i%2 == 0 {
				from, to = to, from
			}
			p.Store(version+from, 2*i-1)
			p.Store(version+to, 2*i-1)
			p.Store(key+to, 1)
			p.Store(key+from, 0)
			p.Store(level, i%2)
			p.Store(version+from, 2*i)
			p.Store(version+to, 2*i)
			pause(i)
			return ""
		},
		read: func(p side, i uint64, wrong string) string {
			l := p.Load(level)
			bucket := l * (otherVersion - version)
			if pause(i); wrong != "" {
				p.gap(i) // for a move, and below for another one back
			}
			v := p.Load(version + bucket)
			there := p.Load(key + bucket)
			same := false
			if wrong == "" {
				same = p.Load(level) == l
				same = p.Load(version+bucket) == v && same
			} else {
				same = p.Load(version+bucket) == v
				p.gap(i)
				same = p.Load(level) == l && same
			}
			if v%2 == 0 && v > 0 && same && there == 0 {
				return sprint("bucket %d is without the key under version %d", l, v)
			}
			return ""
		},
		wrong: []string{"level last"},
	})
}

// TestPair10 is a reader that finds its way to a level of a vector: then the directory has it.
func TestPair10(t *testing.T) {
	writer := do(st("directory", 1), st("level", 1))
	try(t, pair{
		never: [][]thread{{writer, do(ld("level", 1), ld("directory", 0))}},
		write: func(p side, i uint64, wrong string) string {
			if wrong == "level before directory" {
				p.Store(level, i)
				p.gap(i)
			}
			p.Store(directory+i%8, i)
			p.Store(level, i)
			return ""
		},
		read: func(p side, _ uint64, _ string) string {
			l := p.Load(level)
			if d := p.Load(directory + l%8); d < l {
				return sprint("level %d, directory %d", l, d)
			}
			return ""
		},
		wrong: []string{"level before directory"},
	})
}

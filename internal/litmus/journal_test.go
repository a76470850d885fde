package litmus_test

import (
	"testing"
)

// Pairs of the journal and of the versions that go with it.

// TestPair01 is a transaction seen through the journal: an entry is complete before the length counts it, and counted
// before its word is stored to.
func TestPair01(t *testing.T) {
	writer := do(st("entry", 1), st("head", 1), st("word", 1))
	try(t, pair{
		never: [][]thread{
			{writer, do(ld("word", 1), ld("head", 0))},
			{writer, do(ld("head", 1), ld("entry", 0))},
		},
		write: func(p side, i uint64, wrong string) string {
			if wrong == "word before length" {
				p.Store(first, i)
				p.gap(i)
			}
			if wrong != "length before entry" {
				p.Store(entry, i)
				p.Store(entry+1, i)
			}
			p.Store(head, i)
			if wrong == "length before entry" {
				p.gap(i)
			}
			p.Store(entry, i)
			p.Store(entry+1, i)
			p.Store(first, i)
			return ""
		},
		read: func(p side, _ uint64, _ string) string {
			word := p.Load(first)
			length := p.Load(head)
			where, old := p.Load(entry), p.Load(entry+1)
			if word > length || length > where || length > old {
				return sprint("word %d, length %d, entry %d %d", word, length, where, old)
			}
			return ""
		},
		wrong: []string{"word before length", "length before entry"},
	})
}

// TestPair02 is a reader that found an even version, read two words and found the version again.
func TestPair02(t *testing.T) {
	writer := do(st("version", 1), st("word", 1), st("version", 2))
	try(t, pair{
		never: [][]thread{{writer, do(ld("version", 0), ld("word", 1), ld("version", 0))}},
		write: func(p side, i uint64, wrong string) string {
			if wrong == "store before odd" {
				p.Store(first, i)
				p.gap(i)
			}
			p.Store(version, 2*i-1)
			p.Store(first, i)
			p.Store(last, i)
			p.Store(version, 2*i)
			return ""
		},
		read: func(p side, _ uint64, _ string) string {
			v := p.Load(version)
			a, b := p.Load(first), p.Load(last)
			if v%2 == 0 && p.Load(version) == v && (a != v/2 || b != v/2) {
				return sprint("version %d, words %d and %d", v, a, b)
			}
			return ""
		},
		wrong: []string{"store before odd"},
	})
}

// TestPair03 is a reader that finds a transaction committed, by the head or by an even version: then all of it is there.
func TestPair03(t *testing.T) {
	writer := do(st("head", 1), copyIn("bytes", 1), st("word", 1), st("head", 2), st("version", 2))
	var reads [][]thread
	for _, seen := range []thread{ld("head", 2), ld("version", 2)} {
		reads = append(reads, []thread{writer, do(seen, ld("word", 0))}, []thread{writer, do(seen, copyOut("bytes", 0))})
	}
	try(t, pair{
		never: append(reads, []thread{writer, do(ld("version", 2), ld("head", 1))}),
		write: func(p side, i uint64, wrong string) string {
			p.Store(version, 2*i-1)
			p.Store(head, 2*i-1)
			p.Store(first, i)
			if wrong == "committed before the last store" {
				p.Store(head, 2*i)
				p.gap(i)
			}
			p.CopyIn(at(i%2), text(i))
			p.Store(last, i)
			if wrong == "even before committed" {
				p.Store(version, 2*i)
				p.gap(i)
			}
			p.Store(head, 2*i)
			p.Store(version, 2*i)
			return ""
		},
		read: func(p side, _ uint64, _ string) string {
			v := p.Load(version)
			h := p.Load(head)
			b, a := p.Load(last), p.Load(first)
			if v%2 == 0 && h < v || h%2 == 0 && (a < h/2 || b < h/2) {
				return sprint("version %d, head %d, words %d and %d", v, h, a, b)
			}
			if v%2 == 0 && !p.Equal(at(v/2%2), text(v / 2)[:compared]) && p.Load(version) < v+3 {
				return sprint("version %d, and the bytes are not there", v)
			}
			return ""
		},
		wrong: []string{"committed before the last store", "even before committed"},
	})
}

// TestPair07 is a reader that finds a transaction undone: then what it stored is undone.
func TestPair07(t *testing.T) {
	writer := do(st("head", 1), st("word", 1), st("word", 2), st("head", 2))
	try(t, pair{
		never: [][]thread{{writer, do(ld("head", 2), ld("word", 1))}},
		write: func(p side, i uint64, wrong string) string {
			p.Store(head, 4*i+1) // active
			p.Store(first, 4*i+1)
			if wrong == "undone before restored" {
				p.Store(head, 4*i+2)
				p.gap(i)
			}
			p.Store(first, 4*i)
			p.Store(head, 4*i+2) // undone
			p.Store(head, 4*i+4) // idle
			return ""
		},
		read: func(p side, _ uint64, _ string) string {
			h := p.Load(head)
			word := p.Load(first)
			if h%4 == 2 && p.Load(head) == h && word%4 != 0 {
				return sprint("head %d, word %d", h, word)
			}
			return ""
		},
		wrong: []string{"undone before restored"},
	})
}

// Package hash turns keys into 64 well-mixed bits. It knows hash functions and nothing else.
//
// The top bits of a hash pick the shard, the low bits the bucket, and a byte in the middle is the tag.
package hash

import (
	"math/bits"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/zeebo/xxh3"
)

// Word hashes a key that is one word, an integer or a short string: two rounds of the multiply-and-fold of wyhash (Wang Yi, github.com/wangyi-fudan/wyhash)
// under a secret seed.
func Word(kind layout.Hash, seed, w uint64) uint64 {
	if kind != layout.HashStrong {
		return weak(kind, w)
	}
	return NewStrong(seed).Word(w)
}

// Strong is Word of one seed where the kind is HashStrong.
type Strong struct{ first, second uint64 } // what of the seed goes into each round

// NewStrong makes the one of a seed.
func NewStrong(seed uint64) Strong {
	return Strong{seed ^ 0xa0761d6478bd642f, seed ^ 0x589965cc75374cc3 | 1}
}

// Word is the hash of a word.
func (s Strong) Word(w uint64) uint64 {
	hi, lo := bits.Mul64(w^s.first, 0xe7037ed1a0b428db)
	hi, lo = bits.Mul64(hi^lo^0x8ebc6af09c88c6e3, s.second)
	return hi ^ lo
}

// String hashes a longer string key: XXH3 (Yann Collet) under a secret seed.
func String(kind layout.Hash, seed uint64, s string) uint64 {
	h := xxh3.HashStringSeed(s, seed)
	if kind != layout.HashStrong {
		return weak(kind, h)
	}
	return h
}

// weak is for tests: few different hashes make long chains.
func weak(kind layout.Hash, w uint64) uint64 {
	if kind == layout.HashConstant {
		return 0x0123456789abcdef
	}
	return (w & 15) * 0x1111111111111111
}

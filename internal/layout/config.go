package layout

import (
	"math/bits"

	"github.com/shmap-go/shmap/internal/fault"
)

// Config is the immutable part of a header.
type Config struct {
	Key, Value  Kind
	Policy      Policy
	Hash        Hash
	LgShards    uint
	RecencySkip uint // percent
	HasTTL      bool
	Seed        uint64
	MaxEntries  uint64
	Capacity    uint64
	MaxBytes    uint64
	TTL         uint64 // milliseconds
}

// Shards is the number of shards.
func (c *Config) Shards() int { return 1 << c.LgShards }

// types packs the small fields into HdrTypes: a byte each from the low end for key, value, policy, hash, lgShards,
// recency skip, TTL.
func (c *Config) types() uint64 {
	w := uint64(c.Key) | uint64(c.Value)<<8 | uint64(c.Policy)<<16 | uint64(c.Hash)<<24
	w |= uint64(c.LgShards)<<32 | uint64(c.RecencySkip)<<40
	if c.HasTTL {
		w |= 1 << 48
	}
	return w
}

// Encode returns the words of a header up to and with HdrSum.
func (c *Config) Encode() [HdrSum + 1]uint64 {
	w := [HdrSum + 1]uint64{Magic, Version, c.types(), c.Seed, c.MaxEntries, c.Capacity, c.MaxBytes, c.TTL}
	w[HdrSum] = sum(w[:HdrSum])
	return w
}

// Decode validates the words of a header and returns what they say.
func Decode(w [HdrSum + 1]uint64) (*Config, error) {
	switch {
	case w[HdrMagic] != Magic:
		return nil, fault.With(fault.ErrNotMap, "magic number %#x, expected %#x", w[HdrMagic], uint64(Magic))
	case w[HdrVersion] != Version:
		return nil, fault.With(fault.ErrVersion, "the file has format %d, this program reads %d", w[HdrVersion], Version)
	case w[HdrSum] != sum(w[:HdrSum]):
		return nil, corrupt("header checksum", HdrSum, w[HdrSum], "the checksum of the words before it")
	}
	t := w[HdrTypes]
	c := &Config{
		Key: Kind(t), Value: Kind(t >> 8), Policy: Policy(t >> 16), Hash: Hash(t >> 24),
		LgShards: uint(t >> 32 & 0xff), RecencySkip: uint(t >> 40 & 0xff), HasTTL: t>>48&0xff == 1,
		Seed: w[HdrSeed], MaxEntries: w[HdrMaxEntries], Capacity: w[HdrCapacity], MaxBytes: w[HdrMaxBytes], TTL: w[HdrTTL],
	}
	if !c.Key.Valid() || !c.Value.Valid() || !c.Policy.Valid() || !c.Hash.Valid() ||
		c.Shards() > MaxShards || c.LgShards > 10 || c.RecencySkip > 99 || t>>49 != 0 || c.TTL > 1<<53 {
		return nil, corrupt("header types", HdrTypes, t, "known kinds, policy, hash and shard count")
	}
	return c, nil
}

// sum mixes words with multiplications; it guards against accidents, not against people.
func sum(ws []uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, w := range ws {
		hi, lo := bits.Mul64(h^w, 0xd6e8feb86659fd93)
		h = bits.RotateLeft64(hi^lo, 23) + 0x9e3779b97f4a7c15
	}
	return h
}

func corrupt(where string, word, got uint64, want string) error {
	return &fault.Corrupt{Where: where, Offset: word * 8, Got: got, Want: want}
}

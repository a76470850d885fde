package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/vector"
)

// header checks the file's header: what was validated at attaching must still stand there.
func (c *checker) header() {
	h := c.seg.Env.Header
	var words [layout.HdrSum + 1]uint64
	for i := range words {
		words[i] = h.Load(uint64(i))
	}
	switch config, err := layout.Decode(words); {
	case err != nil:
		c.add(whole, "header", 0, "%v", err)
	case *config != *c.seg.Env.Config:
		c.add(whole, "header", 0, "says %+v, said %+v when it was attached", *config, *c.seg.Env.Config)
	}
	state := h.Load(layout.HdrState)
	const known = layout.StateFreezing | layout.StateFrozen | layout.StateClean
	switch off := uint64(8 * layout.HdrState); {
	case state&^known != 0:
		c.add(whole, "header state", off, "%#x has unknown bits", state)
	case state&layout.StateFrozen != 0 && state&layout.StateFreezing == 0:
		c.add(whole, "header state", off, "%#x is frozen without freezing", state)
	case state&layout.StateClean != 0 && c.seg.Env.Owner != nil && !c.seg.Env.Closed.Load():
		c.add(whole, "header state", off, "%#x says that nobody is attached, but this handle is (G3)", state)
	}
	if w := h.Load(layout.HdrSpaceLock); !lock.Plausible(w) {
		c.add(whole, "space lock", 8*layout.HdrSpaceLock, "%#x names no participant", w)
	}
}

// lockWord checks the lock word of a shard; a forged one would be robbed, and mended thereby.
func (c *checker) lockWord(i int) {
	if w := c.seg.Shards[i].Stat(layout.ShLock); !lock.Plausible(w) {
		c.add(i, "lock", layout.ShardAt(i)+8*layout.ShLock, "%#x names no participant", w)
	}
}

// level is one level of a vector in the file.
type level struct {
	shard, which, level int
	base, end           uint64
}

func (l level) String() string {
	return fmt.Sprintf("level %d of the %s of shard %d", l.level, vector.Name(l.which), l.shard)
}

// directories checks that no two levels of any vectors overlap (S2). Levels are only ever added, so this needs no lock.
func (c *checker) directories() {
	var levels []level
	vectors := c.seg.Env.Config.Geometry().Vectors()
	for i := range c.seg.Shards {
		for which, shape := range vectors {
			for k := range layout.Levels {
				base := c.seg.Shards[i].Stat(vector.DirWord(which, k))
				if base != 0 && base%layout.Page == 0 && base < layout.MaxFile { // else reported by the walk of the shard
					levels = append(levels, level{i, which, k, base, base + shape.LevelBytes(k)})
				}
			}
		}
	}
	slices.SortFunc(levels, func(a, b level) int { return cmp.Compare(a.base, b.base) })
	for i := 1; i < len(levels); i++ {
		a, b := levels[i-1], levels[i]
		if b.base < a.end {
			c.add(b.shard, "directory", b.base, "%v overlaps %v, which ends at %#x (S2)", b, a, a.end)
		}
		if b.end < a.end { // the longer one may reach over more of them
			levels[i].end = a.end
		}
	}
}

// leases checks that what the shards may hold does not add up to more than the limits (S3).
func (c *checker) leases() {
	space := c.seg.Env.Space
	if limit := space.EntryLimit(); limit != 0 {
		c.leaseSum(layout.ShLease, "entry leases", limit)
	}
	if space.Config.MaxBytes != 0 {
		c.leaseSum(layout.ShByteLease, "byte leases", space.ByteLimit())
	}
}

// leaseSum adds up one word of all shards. Two readings that agree are one state.
func (c *checker) leaseSum(word uint64, name string, limit uint64) {
	read := func() (out []uint64) {
		for i := range c.seg.Shards {
			out = append(out, c.seg.Shards[i].Stat(word))
		}
		return out
	}
	was, now := read(), read()
	for n := 0; !slices.Equal(was, now) && n < maxTries; n++ {
		was, now = now, read()
	}
	left := limit
	for i, lease := range now {
		if lease > left && slices.Equal(was, now) {
			c.add(whole, name, layout.ShardAt(i)+8*word, "they add up to more than %d (S3)", limit)
			return
		}
		left -= min(left, lease)
	}
}

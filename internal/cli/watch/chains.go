package watch

import "github.com/shmap-go/shmap/internal/dict"

// walkChains is how many chains one sample looks at, over all shards.
const walkChains = 1 << 14

// Chains is what is known of the lengths of chains, in buckets.
type Chains struct {
	dict.Survey
	Of   uint64 // chains there are
	Full bool   // all of them were looked at, in one sample or over several
}

// chains is the walk through one shard, a part in every sample.
type chains struct {
	next uint64
	part dict.Survey // of the round under way
	full dict.Survey // of the last whole round
	done bool        // there was one
}

// survey goes on with the walk and fills in what is known so far.
func (w *Map) survey(s *Sample) error {
	limit := max(16, walkChains/len(w.chains))
	s.Chains.Full = true
	for i := range w.chains {
		c := &w.chains[i]
		next, done, err := w.d.Survey(&c.part, i, c.next, limit)
		if err != nil {
			*c = chains{}
			return err
		}
		c.next = next
		if done {
			c.full, c.part, c.done = c.part, dict.Survey{}, true
		}
		one := Chains{Survey: c.part, Of: s.Shards[i].Buckets, Full: c.done}
		if c.done {
			one.Survey = c.full
		}
		s.Shards[i].Chains = one
		s.Chains.add(one)
	}
	return nil
}

func (c *Chains) add(one Chains) {
	for i, n := range one.Chains {
		c.Chains[i] += n
	}
	c.Longest = max(c.Longest, one.Longest)
	c.Missed += one.Missed
	c.Of += one.Of
	c.Full = c.Full && one.Full
}

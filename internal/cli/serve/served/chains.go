package served

import (
	"context"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// surveyStep is how many chains are looked at between two looks at the clock.
const surveyStep = 256

// Stats is how the map is doing, with the longest chain of those that can be looked at in a time, and their number.
func (m *Map) Stats(ctx context.Context, limit time.Duration) (st dict.Stats, chains uint64, err error) {
	if st, err = m.Map.Stats(false); err != nil {
		return st, 0, err
	}
	var s dict.Survey
	until := time.Now().Add(limit)
	for shard := range m.Parts() {
		for from, done := uint64(0), false; !done && (s.Walked() == 0 || time.Now().Before(until)); {
			if err := ctx.Err(); err != nil {
				return st, 0, err
			}
			if from, done, err = m.Survey(&s, shard, from, surveyStep); err != nil {
				return st, 0, err
			}
		}
	}
	st.LongestChain = s.Longest
	return st, s.Walked(), nil
}

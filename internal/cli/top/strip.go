package top

import (
	"math"
	"strings"
)

// maxCell is how wide a shard is shown at most; there is a gap behind wide ones.
const maxCell = 4

// shardsPerCell is how many shards share a cell of a strip that is width cells wide.
func shardsPerCell(shards, width int) int { return (shards + width - 1) / max(1, width) }

// strip draws one value a shard, 0 to 1, as a line of bars. Where there are more shards than cells, a cell shows the highest
// of its shards.
func (t *theme) strip(values []float64, width int) string {
	if len(values) == 0 || width <= 0 {
		return ""
	}
	per := shardsPerCell(len(values), width)
	wide := min(maxCell, max(1, width/len(values)))
	var b strings.Builder
	for i := 0; i < len(values); i += per {
		highest := 0.0
		for _, v := range values[i:min(i+per, len(values))] {
			highest = max(highest, v)
		}
		if wide < 3 {
			b.WriteString(t.bar(highest, wide))
		} else {
			b.WriteString(t.bar(highest, wide-1) + " ")
		}
	}
	return b.String()
}

// bar draws one value, 0 to 1.
func (t *theme) bar(v float64, wide int) string {
	i := t.level(v)
	return t.heat[i].Render(strings.Repeat(t.levels[i], wide))
}

// level is the character for a value, 0 to 1.
func (t *theme) level(v float64) int {
	if v > 0 { // not for what is no number
		return min(len(t.levels)-1, int(v*float64(len(t.levels))))
	}
	return 0
}

// history draws the last values, each against the highest.
func (t *theme) history(values []float64, width int) string {
	values = values[max(0, len(values)-max(0, width)):]
	var b strings.Builder
	for _, v := range relative(values) {
		b.WriteString(t.levels[t.level(v)])
	}
	return t.label.Render(b.String())
}

// relative scales values so that the highest is 1.
func relative(values []float64) []float64 {
	highest := 0.0
	for _, v := range values {
		highest = max(highest, v)
	}
	out := make([]float64, len(values))
	for i, v := range values {
		if highest > 0 && !math.IsInf(highest, 1) {
			out[i] = max(0, v/highest)
		}
	}
	return out
}

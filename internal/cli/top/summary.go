package top

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/shmap-go/shmap/internal/cli/watch"
	"github.com/shmap-go/shmap/internal/layout"
)

// labelWidth is the width of the names in front of lines.
const labelWidth = 10

// line is a name and what is to be said under it.
func (t *theme) line(name string, parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return t.label.Render(fit(name, labelWidth, false, "")) + strings.Join(said, t.label.Render(" "+t.dot+" "))
}

// summary is the state of a map in a few lines. history is what the rate of transactions was.
func (t *theme) summary(s *watch.Sample, history []float64, width int) []string {
	changes := t.line("changes", t.changes(s)...)
	if room := width - ansi.StringWidth(changes) - 2; room >= 4 && len(history) > 1 {
		changes += "  " + t.history(history, min(room, 30))
	}
	return []string{
		t.line("entries", t.entries(s)...),
		t.line("memory", t.memory(s)...),
		t.line("load", t.load(s)...),
		changes,
		t.line("removals", t.per(s, s.Rates.Evictions, "evicted", s.Stats.Evictions),
			t.per(s, s.Rates.Expirations, "expired", s.Stats.Expirations)),
		t.line("locks", t.per(s, s.Rates.Contended, "found held", s.Stats.Contended),
			t.per(s, s.Rates.LockWaits, "slept for", s.Stats.LockWaits), t.recoveries(s)),
		t.line("reads", fmt.Sprintf("of this handle alone: %s retries, %s through the undo log",
			group(s.Stats.ReadRetries), group(s.Stats.JournalReads))),
	}
}

// per is a rate with its sum since the map was made. Without a sample before there is no rate.
func (t *theme) per(s *watch.Sample, v float64, what string, sum uint64) string {
	r := "-"
	if s.Elapsed > 0 {
		r = rate(v)
	}
	return fmt.Sprintf("%s %s (%s)", t.strong.Render(r), what, group(sum))
}

func (t *theme) entries(s *watch.Sample) []string {
	now := t.strong.Render(group(s.Stats.Entries))
	if s.Elapsed > 0 {
		now += " " + signed(s.Rates.Entries)
	}
	parts := []string{now}
	limit := func(name string, n uint64) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s (%s)", name, group(n), percent(float64(s.Stats.Entries), float64(n))))
		}
	}
	limit("capacity", s.Stats.Capacity)
	limit("at most", s.Stats.MaxEntries)
	if s.Options.Policy != layout.PolicyNone {
		parts = append(parts, "policy "+s.Options.Policy.String())
	}
	switch {
	case s.Options.TTL > 0:
		parts = append(parts, "ttl "+span(s.Options.TTL))
	case s.Options.EnableTTL:
		parts = append(parts, "ttl possible")
	}
	return parts
}

func (t *theme) memory(s *watch.Sample) []string {
	file := t.strong.Render(size(s.Stats.FileBytes))
	if s.Stats.MaxBytes > 0 {
		file += fmt.Sprintf(" of %s (%s)", size(s.Stats.MaxBytes), percent(float64(s.Stats.FileBytes), float64(s.Stats.MaxBytes)))
	}
	parts := []string{file, size(s.Stats.BucketBytes) + " buckets", size(s.Stats.BlobBytes) + " strings"}
	if s.Stats.Entries > 0 {
		parts = append(parts, fmt.Sprintf("%.0f B/entry", float64(s.Stats.FileBytes)/float64(s.Stats.Entries)))
	}
	return parts
}

func (t *theme) load(s *watch.Sample) []string {
	parts := []string{t.strong.Render(percent(s.Load(), 1)), group(s.Stats.Buckets) + " buckets"}
	c := &s.Chains
	walked := float64(c.Walked())
	if walked == 0 {
		return parts
	}
	said := "chains"
	if !c.Full {
		said = percent(walked, float64(c.Of)) + " of chains"
	}
	for i, n := range c.Chains {
		if n > 0 {
			said += fmt.Sprintf(" %d:%s", i+1, percent(float64(n), walked))
		}
	}
	return append(parts, said, fmt.Sprintf("longest %d", c.Longest))
}

// changes are what is known of writes; of an integer that was overwritten only its value tells.
func (t *theme) changes(s *watch.Sample) []string {
	parts := []string{t.per(s, s.Rates.Transactions, "transactions", s.Stats.Transactions)}
	if c := &s.Counters; c.Walked > 0 {
		of := "all keys"
		if !c.All {
			of = group(uint64(c.Walked)) + " keys"
		}
		parts = append(parts, "values "+t.strong.Render(signed(c.Sum))+" in "+of)
	}
	return parts
}

func (t *theme) recoveries(s *watch.Sample) string {
	text := group(s.Stats.Recoveries) + " recoveries"
	if s.Rates.Recoveries > 0 {
		return t.bad.Render(text)
	}
	return text
}

// strips are lines with a bar for every shard, most important first.
func (t *theme) strips(s *watch.Sample, width int) []string {
	room := width - labelWidth
	draw := func(name string, value func(*watch.Shard) float64, scale func([]float64) []float64) string {
		values := make([]float64, len(s.Shards))
		for i := range s.Shards {
			values[i] = value(&s.Shards[i])
		}
		return t.label.Render(fit(name, labelWidth, false, "")) + t.strip(scale(values), room)
	}
	as := func(v []float64) []float64 { return v }
	longest := float64(len(s.Chains.Chains))
	return []string{
		draw("shards", func(one *watch.Shard) float64 { return one.Load }, as),
		draw(" chains", func(one *watch.Shard) float64 { return (float64(one.Chains.Longest) - 1) / longest }, as),
		draw(" changes", func(one *watch.Shard) float64 { return one.Rates.Transactions }, relative),
		draw(" held", func(one *watch.Shard) float64 { return one.Rates.Contended }, relative),
	}
}

package top

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/cli/watch"
	"github.com/shmap-go/shmap/internal/cli/word"
)

// panel is one of the tables below the summary.
type panel struct {
	name   string
	filter string // what the filter is about; "" without one
	cols   []column
	sorts  []int // columns that rows can be sorted by; the first is the default
}

// Numbers of the panels.
const (
	participants = iota
	counters
	shards
	entries
	panelCount
)

var panels = [panelCount]panel{
	participants: {"participants", "PID or command has", []column{{"NO", 4, true}, {"PID", 8, true}, {"HERE", 8, true},
		{"STARTED", 10, false}, {"COMMAND", 0, false}}, []int{0, 1, 3, 4}},
	counters: {"counters", "key has", []column{{"CHANGE", 14, true}, {"VALUE", 20, true}, {"KEY", 0, false}}, []int{0, 1, 2}},
	shards: {"shards", "", []column{{"SHARD", 6, true}, {"ENTRIES", 12, true}, {"LOAD", 6, true}, {"LONGEST", 8, true},
		{"CHANGES", 10, true}, {"EVICTED", 9, true}, {"HELD", 8, true}, {"SLEPT", 8, true}, {"", 0, false}}, []int{0, 1, 2, 3, 4, 5, 6, 7}},
	entries: {"entries", "key begins with", []column{{"KEY", 0, false}, {"VALUE", 0, false}, {"TTL", 10, true}}, nil},
}

// rows are the rows of a panel but entries, filtered and sorted.
func rows(which int, s *watch.Sample, filter string, sort int, reverse bool, now time.Time) [][]string {
	switch which {
	case participants:
		return participantRows(s, filter, sort, reverse, now)
	case counters:
		return counterRows(s, filter, sort, reverse)
	case shards:
		return shardRows(s, sort, reverse)
	}
	return nil
}

// order sorts by the comparison of the column, then as they come.
func order[T any](list []T, reverse bool, compare func(a, b *T) int) {
	slices.SortStableFunc(list, func(a, b T) int {
		if reverse {
			return -compare(&a, &b)
		}
		return compare(&a, &b)
	})
}

func participantRows(s *watch.Sample, filter string, sort int, reverse bool, now time.Time) (out [][]string) {
	list := slices.Clone(s.Participants)
	order(list, reverse, func(a, b *watch.Participant) int {
		switch sort {
		case 1:
			return cmp.Compare(a.PID, b.PID)
		case 3:
			return a.Process.Started.Compare(b.Process.Started)
		case 4:
			return cmp.Compare(a.Process.Command, b.Process.Command)
		}
		return cmp.Compare(a.Number, b.Number)
	})
	for _, p := range list {
		pid, here, command := "?", "-", "not to be seen from here"
		if p.PID != 0 {
			pid = strconv.Itoa(p.PID)
		}
		if p.Process.PID != 0 {
			here, command = strconv.Itoa(p.Process.PID), p.Process.Command
		}
		if strings.Contains(pid, filter) || strings.Contains(command, filter) {
			out = append(out, []string{strconv.Itoa(p.Number), pid, here, moment(p.Process.Started, now), command})
		}
	}
	return out
}

func counterRows(s *watch.Sample, filter string, sort int, reverse bool) (out [][]string) {
	o := &s.Options
	list := slices.Clone(s.Counters.Hot)
	order(list, reverse, func(a, b *watch.Counter) int {
		switch sort {
		case 1:
			if o.Value.Less(a.Value.W, b.Value.W) {
				return 1
			}
			if o.Value.Less(b.Value.W, a.Value.W) {
				return -1
			}
			return 0
		case 2:
			return cmp.Compare(word.Text(o.Key, a.Key), word.Text(o.Key, b.Key))
		}
		return cmp.Compare(math.Abs(b.PerSecond), math.Abs(a.PerSecond))
	})
	for _, c := range list {
		key := word.Field(o.Key, c.Key)
		if strings.Contains(key, filter) {
			out = append(out, []string{signed(c.PerSecond), word.Text(o.Value, c.Value), key})
		}
	}
	return out
}

func shardRows(s *watch.Sample, sort int, reverse bool) (out [][]string) {
	index := make([]int, len(s.Shards))
	for i := range index {
		index[i] = i
	}
	value := func(i int) float64 {
		one := &s.Shards[i]
		return [...]float64{float64(-i), float64(one.Entries), one.Load, float64(one.Chains.Longest), one.Rates.Transactions,
			one.Rates.Evictions, one.Rates.Contended, one.Rates.LockWaits}[sort]
	}
	order(index, reverse, func(a, b *int) int { return cmp.Compare(value(*b), value(*a)) })
	per := func(v float64) string {
		if s.Elapsed == 0 {
			return "-"
		}
		return rate(v)
	}
	for _, i := range index {
		one := &s.Shards[i]
		out = append(out, []string{strconv.Itoa(i), group(one.Entries), percent(one.Load, 1), group(one.Chains.Longest),
			per(one.Rates.Transactions), per(one.Rates.Evictions), per(one.Rates.Contended), per(one.Rates.LockWaits), ""})
	}
	return out
}

func entryRows(p *watch.Page) (out [][]string) {
	for _, r := range p.Rows {
		switch {
		case r.Gone:
			out = append(out, []string{r.Key, "gone since it was listed", ""})
		case r.Long > 0:
			out = append(out, []string{r.Key, fmt.Sprintf("%s, too long to show", size(uint64(r.Long))), left(r.TTL)})
		default:
			out = append(out, []string{r.Key, r.Value, left(r.TTL)})
		}
	}
	return out
}

// none is what stands in place of no rows.
func none(which int, s *watch.Sample, filter string) string {
	switch {
	case filter != "":
		return "nothing matches; esc takes the filter away"
	case which == participants:
		return "nobody has this map attached for writing"
	case which == counters && s.Options.Value.Bits() == 0:
		return "values are strings here; counters are of maps with integer values"
	case which == counters && s.Counters.Walked == 0:
		return "values are compared with the next refresh"
	case which == counters:
		return "no value changes"
	}
	return "no entries"
}

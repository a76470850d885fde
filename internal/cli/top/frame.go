package top

import (
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/shmap-go/shmap/internal/cli/watch"
)

// mostCounters is how many counters a frame names.
const mostCounters = 10

// Frame is one sample as plain text in lines of at most width cells. getenv tells the locale.
func Frame(s *watch.Sample, width int, now time.Time, getenv func(string) string) string {
	t := uncoloured(glyphsFor(getenv))
	o := &s.Options
	head := watch.Printable(s.Path) + " " + t.dot + " " + o.Key.String() + t.arrow + o.Value.String() + " " + t.dot + " " +
		t.shards(len(s.Shards), width-labelWidth)
	if s.Stats.Frozen {
		head += " " + t.dot + " frozen"
	}
	lines := append([]string{head}, t.summary(s, nil, width)...)
	lines = append(lines, t.strips(s, width)...)
	for _, err := range s.Trouble {
		lines = append(lines, "! "+watch.Printable(err.Error()))
	}
	add := func(which, most int) {
		list := rows(which, s, "", panels[which].sorts[0], false, now)
		if len(list) == 0 {
			return
		}
		lines = append(lines, "", strings.TrimRight(t.titles(panels[which].cols, width, -1, false), " "))
		for _, r := range list[:min(len(list), most)] {
			lines = append(lines, strings.TrimRight(t.row(panels[which].cols, width, r), " "))
		}
	}
	add(participants, len(s.Participants))
	add(counters, mostCounters)
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, width, t.tail)
	}
	return strings.Join(lines, "\n") + "\n"
}

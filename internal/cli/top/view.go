package top

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/shmap-go/shmap/internal/cli/watch"
)

// The smallest terminal that is of use, and what goes first when lines are short.
const (
	minWidth  = 40
	minHeight = 8
	minTable  = 5 // rows of the table below which the lines above it give way
)

// View implements tea.Model.
func (m *model) View() tea.View {
	lines := m.frame()
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, m.width, m.theme.tail)
	}
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.WindowTitle = "shmap top " + watch.Printable(m.maps[m.at].source.Path())
	if m.typing {
		if c := m.input.Cursor(); c != nil {
			v.Cursor = tea.NewCursor(c.X+ansi.StringWidth(m.prompt()), m.height-1)
		}
	}
	return v
}

func (m *model) frame() []string {
	switch {
	case m.width == 0:
		return nil // before the terminal has said its size
	case m.width < minWidth || m.height < minHeight:
		return []string{fmt.Sprintf("%dx%d is too small", m.width, m.height), fmt.Sprintf("%dx%d will do", minWidth, minHeight)}[:min(2, m.height)]
	case m.help:
		return m.helpPage()
	}
	s := m.maps[m.at]
	lines := m.top()
	if s.sample == nil {
		return m.bottom(append(lines, "", m.theme.faint.Render("nothing has been read yet")))
	}
	lines = append(lines, m.tabs())
	p, v := &panels[m.panel], &m.views[m.panel]
	sorted := -1
	if len(p.sorts) > 0 {
		sorted = p.sorts[v.sort]
	}
	lines = append(lines, m.theme.titles(p.cols, m.width, sorted, v.reverse))
	return m.bottom(append(lines, m.table()...))
}

// top is everything above the table: as much of it as leaves the table its rows.
func (m *model) top() []string {
	s := m.maps[m.at]
	lines := []string{m.header()}
	if s.err != nil {
		lines = append(lines, m.theme.bad.Render(fit("! waiting: "+watch.Printable(s.err.Error()), m.width, false, m.theme.tail)))
	}
	if s.sample == nil {
		return lines
	}
	for _, err := range s.sample.Trouble {
		lines = append(lines, m.theme.bad.Render(fit("! "+watch.Printable(err.Error()), m.width, false, m.theme.tail)))
		break // one is enough to see that something is wrong
	}
	room := m.height - len(lines) - 3 - minTable // tabs, titles, keys
	summary, strips := m.theme.summary(s.sample, s.history, m.width), m.theme.strips(s.sample, m.width)
	short := min(len(summary), max(2, room))
	lines = append(lines, summary[:short]...)
	return append(lines, strips[:max(0, min(len(strips), room-short))]...)
}

// header says what is shown, and how.
func (m *model) header() string {
	t, s := m.theme, m.maps[m.at]
	var facts []string
	if m.paused {
		facts = append(facts, "PAUSED")
	}
	if s.sample != nil {
		o := &s.sample.Options
		if s.sample.Stats.Frozen {
			facts = append(facts, "frozen")
		}
		facts = append(facts, fmt.Sprintf("%v%s%v", o.Key, t.arrow, o.Value), t.shards(len(s.sample.Shards), m.width-labelWidth))
	}
	if len(m.maps) > 1 {
		facts = append(facts, fmt.Sprintf("map %d of %d", m.at+1, len(m.maps)))
	}
	facts = append(facts, "every "+m.interval.String())
	if s.sample != nil && s.sample.Replaced > 0 {
		facts = append(facts, fmt.Sprintf("file %d", s.sample.Replaced+1))
	}
	right := " " + strings.Join(facts, " "+t.dot+" ")
	right = ansi.Truncate(right, m.width*2/3, t.tail)
	room := m.width - ansi.StringWidth(right) - 6
	path := fit(end(watch.Printable(s.source.Path()), room, t.tail), room, false, t.tail)
	return t.title.Render("shmap ") + t.strong.Render(path) + t.label.Render(right)
}

// shards says how many there are, and what a cell of the strips is.
func (t *theme) shards(n, width int) string {
	switch per := shardsPerCell(n, width); {
	case n == 1:
		return "1 shard"
	case per > 1:
		return fmt.Sprintf("%d shards, %d a cell", n, per)
	}
	return fmt.Sprintf("%d shards", n)
}

// tabs is the line with the names of the tables.
func (m *model) tabs() string {
	t, s := m.theme, m.maps[m.at]
	var b strings.Builder
	for i, p := range panels {
		name := fmt.Sprintf(" %d %s ", i+1, p.name)
		if i == participants {
			name = fmt.Sprintf(" %d %s %d ", i+1, p.name, s.sample.Stats.Participants)
		}
		if i == m.panel {
			b.WriteString(t.tabOn.Render(name))
		} else {
			b.WriteString(t.tab.Render(name))
		}
	}
	said := ""
	if v := &m.views[m.panel]; v.filter != "" && !m.typing {
		said = fmt.Sprintf(" /%s ", watch.Printable(v.filter))
	}
	if p := &s.page; m.panel == entries && p.Looked > 0 {
		said += t.found(p)
	}
	room := m.width - ansi.StringWidth(b.String())
	said = ansi.Truncate(said, max(0, room), t.tail)
	return b.String() + t.label.Render(strings.Repeat(t.rule, max(0, room-ansi.StringWidth(said)))+said)
}

// found says how far a listing has got.
func (t *theme) found(p *watch.Page) string {
	n := group(uint64(p.Listed))
	switch {
	case p.Full:
		return " the first " + n
	case !p.Done && p.Prefix == "":
		n += " so far"
	case !p.Done:
		n += "+"
	}
	if p.Prefix != "" {
		n += " of " + group(uint64(p.Looked))
	}
	return " " + n
}

// tableHeight is the number of rows of the table.
func (m *model) tableHeight() int {
	if m.width < minWidth || m.height < minHeight {
		return 0
	}
	return max(0, m.height-len(m.top())-3)
}

// table are the rows that are seen.
func (m *model) table() (lines []string) {
	s, v, p := m.maps[m.at], &m.views[m.panel], &panels[m.panel]
	var list [][]string
	if m.panel == entries {
		list = entryRows(&s.page)
		if s.pageErr != nil {
			return []string{m.theme.bad.Render(fit("! "+watch.Printable(s.pageErr.Error()), m.width, false, m.theme.tail))}
		}
		if len(list) == 0 && !s.page.Done {
			return []string{m.theme.faint.Render("looking ...")}
		}
	} else {
		list = m.rows()
		list = list[min(len(list), v.first):]
	}
	if len(list) == 0 {
		return []string{m.theme.faint.Render(none(m.panel, s.sample, v.filter))}
	}
	for _, r := range list[:min(len(list), m.tableHeight())] {
		lines = append(lines, m.theme.row(p.cols, m.width, r))
	}
	return lines
}

// bottom adds the last line at the end of the terminal.
func (m *model) bottom(lines []string) []string {
	lines = lines[:min(len(lines), m.height-1)]
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	if m.typing {
		return append(lines, m.theme.strong.Render(m.prompt())+m.input.View())
	}
	hint := "q quit  ? help  tab table  space pause"
	p := &panels[m.panel]
	if len(p.sorts) > 0 {
		hint += "  s sort  r reverse"
	}
	if p.filter != "" {
		hint += "  / filter"
	}
	if len(m.maps) > 1 {
		hint += "  n next map"
	}
	return append(lines, m.theme.faint.Render(fit(hint, m.width, false, m.theme.tail)))
}

func (m *model) prompt() string { return panels[m.panel].filter + ": " }

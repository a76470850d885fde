package top

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/shmap-go/shmap/internal/cli/watch"
)

// Source is where samples come from: a *watch.Map.
type Source interface {
	Path() string
	Sample(detail bool) *watch.Sample
	List(l *watch.Listing, first, n int) (watch.Page, error)
}

// Limits of the time between refreshes.
const (
	MinInterval = 100 * time.Millisecond
	MaxInterval = time.Hour
)

const keptHistory = 60 // refreshes

// model is the state of the view.
type model struct {
	maps     []*shown
	at       int // the map that is shown
	interval time.Duration
	round    int  // of the refreshing: ticks of an earlier one do not count
	sampling bool // a command is on its way
	paused   bool
	help     bool
	panel    int
	views    [panelCount]tableView
	typing   bool
	input    textinput.Model
	width    int
	height   int
	theme    *theme
	now      func() time.Time
	after    func(time.Duration, tea.Msg) tea.Cmd // sends a message later
}

// tableView is how a panel is looked at.
type tableView struct {
	sort    int // index in panel.sorts
	reverse bool
	filter  string
	first   int // number of the first row that is seen
}

// shown is one map.
type shown struct {
	source  Source
	sample  *watch.Sample // the last one without an error
	err     error         // of the last one
	history []float64     // transactions a second
	listing *watch.Listing
	page    watch.Page
	pageErr error
	busy    bool // a command has the listing
}

type (
	tickMsg    struct{ round int }
	sampledMsg struct {
		round   int
		samples []*watch.Sample
	}
	listedMsg struct {
		of      *shown
		listing *watch.Listing
		page    watch.Page
		err     error
	}
)

func newModel(sources []Source, interval time.Duration, t *theme, now func() time.Time) *model {
	m := &model{interval: interval, theme: t, now: now, input: textinput.New(), after: later}
	m.input.Prompt = ""
	m.input.SetVirtualCursor(false)
	for _, s := range sources {
		m.maps = append(m.maps, &shown{source: s, listing: &watch.Listing{}})
	}
	return m
}

func later(d time.Duration, msg tea.Msg) tea.Cmd {
	return tea.Tick(d, func(time.Time) tea.Msg { return msg })
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	m.sampling = true
	return m.sample(true)
}

// sample reads all maps; details of the one that is shown, or of all.
func (m *model) sample(all bool) tea.Cmd {
	round, at := m.round, m.at
	return func() tea.Msg {
		samples := make([]*watch.Sample, len(m.maps)) // the slice itself never changes
		for i, s := range m.maps {
			samples[i] = s.source.Sample(all || i == at)
		}
		return sampledMsg{round, samples}
	}
}

func (m *model) tick() tea.Cmd { return m.after(m.interval, tickMsg{m.round}) }

// list reads the page of entries that is seen, if it is.
func (m *model) list() tea.Cmd {
	s, v := m.maps[m.at], &m.views[entries]
	if m.panel != entries || s.busy || m.tableHeight() == 0 {
		return nil
	}
	if s.listing.Prefix != v.filter {
		s.listing = &watch.Listing{Prefix: v.filter}
	}
	s.busy = true
	l, first, n := s.listing, v.first, m.tableHeight()
	return func() tea.Msg {
		page, err := s.source.List(l, first, n)
		return listedMsg{s, l, page, err}
	}
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		return m, m.list()
	case tickMsg:
		if msg.round != m.round || m.paused || m.sampling {
			return m, nil
		}
		m.sampling = true
		return m, tea.Batch(m.sample(false), m.list())
	case sampledMsg:
		return m, m.sampled(msg)
	case listedMsg:
		return m, m.listed(msg)
	case tea.KeyPressMsg:
		return m, m.key(msg)
	case tea.PasteMsg:
		if m.typing {
			return m, m.write(msg)
		}
	}
	return m, nil
}

// sampled takes samples in, and asks for the next.
func (m *model) sampled(msg sampledMsg) tea.Cmd {
	m.sampling = false
	for i, s := range msg.samples {
		one := m.maps[i]
		one.err = s.Err
		if s.Err != nil {
			continue
		}
		if s.Elapsed > 0 {
			one.history = append(one.history, s.Rates.Transactions)
			one.history = one.history[max(0, len(one.history)-keptHistory):]
		} else {
			one.history = nil
		}
		if s.Participants == nil && one.sample != nil { // without detail: what was seen last
			s.Participants, s.Counters, s.Chains, s.Trouble = one.sample.Participants, one.sample.Counters, one.sample.Chains, one.sample.Trouble
			keepChains(s, one.sample)
		}
		one.sample = s
	}
	if m.paused {
		return nil
	}
	return m.tick()
}

// keepChains takes the chains of each shard from the sample before.
func keepChains(s, before *watch.Sample) {
	for i := range min(len(s.Shards), len(before.Shards)) {
		s.Shards[i].Chains = before.Shards[i].Chains
	}
}

// listed takes a page in. If it is not the one that is wanted by now, that is asked for; so is more of a page that is not
// full yet.
func (m *model) listed(msg listedMsg) tea.Cmd {
	s := msg.of
	s.busy = false
	v := &m.views[entries]
	if msg.listing.Prefix != v.filter || s != m.maps[m.at] {
		return m.list()
	}
	want := v.first
	s.page, s.pageErr = msg.page, msg.err
	if msg.err != nil {
		return nil
	}
	if p := &msg.page; p.Done || p.Full || p.Listed >= want+m.tableHeight() {
		v.first = min(v.first, max(0, p.Listed-m.tableHeight()))
		if p.First == v.first {
			return nil
		}
	}
	return m.list()
}

// failure is what is wrong with the maps as they were seen last.
func (m *model) failure() error {
	var all []error
	for _, s := range m.maps {
		all = append(all, s.err)
	}
	return errors.Join(all...)
}

// key does what a key says.
func (m *model) key(msg tea.KeyPressMsg) tea.Cmd {
	if m.typing {
		return m.typed(msg)
	}
	if m.help && !key.Matches(msg, keys.quit, keys.suspend) {
		m.help = false
		return nil
	}
	v, p := &m.views[m.panel], &panels[m.panel]
	switch {
	case key.Matches(msg, keys.quit):
		return tea.Quit
	case key.Matches(msg, keys.suspend):
		return tea.Suspend
	case key.Matches(msg, keys.help):
		m.help = true
	case key.Matches(msg, keys.clear):
		m.refilter("")
	case key.Matches(msg, keys.pause):
		return m.pause()
	case key.Matches(msg, keys.faster):
		return m.pace(m.interval / 2)
	case key.Matches(msg, keys.slower):
		return m.pace(m.interval * 2)
	case key.Matches(msg, keys.nextMap):
		m.turn(1)
	case key.Matches(msg, keys.prevMap):
		m.turn(-1)
	case key.Matches(msg, keys.next):
		m.panel = (m.panel + 1) % panelCount
	case key.Matches(msg, keys.back):
		m.panel = (m.panel + panelCount - 1) % panelCount
	case key.Matches(msg, keys.direct):
		m.panel = int(msg.String()[0] - '1')
	case key.Matches(msg, keys.sort) && len(p.sorts) > 0:
		v.sort = (v.sort + 1) % len(p.sorts)
	case key.Matches(msg, keys.reverse) && len(p.sorts) > 0:
		v.reverse = !v.reverse
	case key.Matches(msg, keys.filter) && p.filter != "":
		m.typing = true
		m.input.SetValue(v.filter)
		m.input.CursorEnd()
		m.input.Focus() // its command is about a cursor of its own, which is not used
	default:
		m.scroll(msg)
	}
	return m.list()
}

// typed is a key while the filter is written. It counts at once.
func (m *model) typed(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "ctrl+c":
		return tea.Quit
	case "enter":
		m.typing = false
		m.input.Blur()
		return nil
	case "esc":
		m.typing = false
		m.input.Blur()
		m.refilter("")
		return m.list()
	}
	return m.write(msg)
}

// write hands a key or what was pasted to the filter. What cannot be printed cannot be asked for.
func (m *model) write(msg tea.Msg) tea.Cmd {
	m.input.SetWidth(max(1, m.width-len(m.prompt())-1))
	m.input, _ = m.input.Update(msg)
	if v := m.input.Value(); watch.Printable(v) != v {
		m.input.SetValue(strings.ReplaceAll(watch.Printable(v), string(unicode.ReplacementChar), ""))
	}
	m.refilter(m.input.Value())
	return m.list()
}

func (m *model) refilter(s string) {
	if v := &m.views[m.panel]; v.filter != s {
		v.filter, v.first = s, 0
	}
}

// turn goes to another map.
func (m *model) turn(by int) {
	m.at = (m.at + by + len(m.maps)) % len(m.maps)
	for i := range m.views {
		m.views[i].first = 0
	}
}

func (m *model) pause() tea.Cmd {
	m.paused = !m.paused
	m.round++
	if m.paused || m.sampling {
		return nil // what is on its way asks for the next
	}
	m.sampling = true
	return tea.Batch(m.sample(false), m.list())
}

// pace changes the time between refreshes, which begins now.
func (m *model) pace(d time.Duration) tea.Cmd {
	m.interval = min(MaxInterval, max(MinInterval, d))
	m.round++
	if m.paused || m.sampling {
		return nil
	}
	return m.tick()
}

// scroll moves the rows. How far down the entries go is found out on the way.
func (m *model) scroll(msg tea.KeyPressMsg) {
	v, page := &m.views[m.panel], max(1, m.tableHeight())
	last := max(0, m.rowCount()-page)
	if p := &m.maps[m.at].page; m.panel == entries && !p.Done && !p.Full {
		last += page
	}
	switch {
	case key.Matches(msg, keys.up):
		v.first--
	case key.Matches(msg, keys.down):
		v.first++
	case key.Matches(msg, keys.pageUp):
		v.first -= page
	case key.Matches(msg, keys.pageDown):
		v.first += page
	case key.Matches(msg, keys.home):
		v.first = 0
	case key.Matches(msg, keys.end):
		v.first = last
	}
	v.first = max(0, min(v.first, last))
}

// rowCount is the number of rows of the panel that is seen.
func (m *model) rowCount() int {
	s := m.maps[m.at]
	if m.panel == entries {
		return s.page.Listed
	}
	return len(m.rows())
}

// rows are the rows of the panel that is seen, but entries.
func (m *model) rows() [][]string {
	s, v, p := m.maps[m.at], &m.views[m.panel], &panels[m.panel]
	if s.sample == nil || m.panel == entries {
		return nil
	}
	return rows(m.panel, s.sample, v.filter, p.sorts[v.sort], v.reverse, m.now())
}

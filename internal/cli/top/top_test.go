package top

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/shmap-go/shmap/internal/cli/watch"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// still is the moment of all frames here.
var still = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// fake is a source of prepared samples.
type fake struct {
	path    string
	samples []*watch.Sample // the last one stays
	taken   int
	page    func(prefix string, first, n int) watch.Page
	pageErr error
}

func (f *fake) Path() string { return f.path }

func (f *fake) Sample(bool) *watch.Sample {
	s := *f.samples[min(f.taken, len(f.samples)-1)]
	f.taken++
	return &s
}

func (f *fake) List(l *watch.Listing, first, n int) (watch.Page, error) {
	if f.page == nil {
		return watch.Page{Done: true, Prefix: l.Prefix}, f.pageErr
	}
	return f.page(l.Prefix, first, n), f.pageErr
}

// busy is a sample of a map at work.
func busy(path string) *watch.Sample {
	s := &watch.Sample{Path: path, At: still, Elapsed: time.Second,
		Options: dict.Options{Key: layout.String, Value: layout.Int64, Capacity: 2_000_000, Policy: layout.PolicyS3, TTL: time.Hour},
		Stats: dict.Stats{Entries: 1_203_331, Capacity: 2_000_000, MaxBytes: 1 << 30, FileBytes: 134_217_728, BucketBytes: 100_663_296,
			BlobBytes: 31_457_280, Buckets: 262_144, Overflows: 20_000, Transactions: 88_123_456, Evictions: 1234, Expirations: 55,
			Recoveries: 3, Contended: 52_123, LockWaits: 2033, ReadRetries: 2, JournalReads: 1, Participants: 4},
		Rates: watch.Rates{Entries: 1204, Transactions: 52_310, Evictions: 12, Expirations: 3.2, Contended: 12, LockWaits: 0.04, Recoveries: 1},
		Counters: watch.Counters{Walked: 9000, Sum: 1_234_567, Hot: []watch.Counter{
			{Key: dict.Datum{S: "/index.html"}, Value: dict.Datum{W: 41_123_456}, PerSecond: 5123.4},
			{Key: dict.Datum{S: "/about us"}, Value: dict.Datum{W: 7}, PerSecond: 2.5},
			{Key: dict.Datum{S: "/stock"}, Value: dict.Datum{W: ^uint64(41)}, PerSecond: -12},
		}},
		Participants: []watch.Participant{
			{Participant: dict.Participant{Number: 0, PID: 4711, Alive: true}, Process: watch.Process{PID: 4711, Command: "web --port 8080", Started: still.Add(-time.Hour)}},
			{Participant: dict.Participant{Number: 1, PID: 1, Alive: true}, Process: watch.Process{PID: 20411, Command: "worker", Started: still.AddDate(0, 0, -3)}},
			{Participant: dict.Participant{Number: 2, PID: 99, Alive: true}},
			{Participant: dict.Participant{Number: 7, Alive: true}},
		}}
	for i := range 32 {
		one := watch.Shard{ShardStats: dict.ShardStats{Entries: uint64(37_000 + 100*i), Buckets: 8192, Overflows: uint64(600 + i)}, Load: 0.4 + float64(i)/100}
		one.Rates = watch.Rates{Transactions: float64(i * i), Evictions: float64(i % 3), Contended: float64(i / 30), LockWaits: 0.04}
		one.Chains = watch.Chains{Survey: dict.Survey{Chains: [8]uint64{90, 8, uint64(i % 2)}, Longest: uint64(2 + i%2)}, Of: 8192, Full: false}
		s.Shards = append(s.Shards, one)
	}
	s.Chains = watch.Chains{Survey: dict.Survey{Chains: [8]uint64{120_000, 9000, 500}, Longest: 3}, Of: 262_144}
	return s
}

// driver runs a model without a terminal: commands are run when the test says so.
type driver struct {
	t *testing.T
	*model
	pending []tea.Cmd
}

func drive(t *testing.T, g glyphs, sources ...Source) *driver {
	t.Helper()
	d := &driver{t: t, model: newModel(sources, time.Second, coloured(g), func() time.Time { return still })}
	d.after = func(time.Duration, tea.Msg) tea.Cmd { return nil } // tick says when it is over
	d.pending = append(d.pending, d.Init())
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.settle()
	return d
}

func (d *driver) send(msg tea.Msg) {
	d.t.Helper()
	next, cmd := d.Update(msg)
	if next != d.model {
		d.t.Fatal("Update returned another model")
	}
	d.pending = append(d.pending, cmd)
}

// settle runs the commands that are due, and what follows from them.
func (d *driver) settle() {
	d.t.Helper()
	for n := 0; len(d.pending) > 0; n++ {
		if n > 1000 {
			d.t.Fatal("commands without an end")
		}
		cmd := d.pending[0]
		d.pending = d.pending[1:]
		if cmd == nil {
			continue
		}
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			d.pending = append(d.pending, batch...)
		} else {
			d.send(msg)
		}
	}
}

// tick lets the time to the next refresh pass.
func (d *driver) tick() {
	d.t.Helper()
	d.send(tickMsg{d.round})
	d.settle()
}

// press presses keys: names, or single characters.
func (d *driver) press(names ...string) {
	d.t.Helper()
	special := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "home": tea.KeyHome, "end": tea.KeyEnd, "space": tea.KeySpace, "backspace": tea.KeyBackspace}
	for _, name := range names {
		if code, ok := special[name]; ok {
			msg := tea.KeyPressMsg{Code: code}
			if code == tea.KeySpace {
				msg.Text = " "
			}
			d.send(msg)
		} else {
			for _, r := range name {
				d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
		}
		d.settle()
	}
}

// text is the frame without styles.
func (d *driver) text() string { return ansi.Strip(d.View().Content) }

// row is the row of the table that has s in it, or "".
func (d *driver) row(s string) string {
	for _, l := range strings.Split(d.text(), "\n") {
		if strings.Contains(l, s) {
			return l
		}
	}
	return ""
}

func (d *driver) has(s string) {
	d.t.Helper()
	if !strings.Contains(d.text(), s) {
		d.t.Errorf("no %q in\n%s", s, d.text())
	}
}

func (d *driver) lacks(s string) {
	d.t.Helper()
	if strings.Contains(d.text(), s) {
		d.t.Errorf("%q in\n%s", s, d.text())
	}
}

// golden compares text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	text = strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs; -update writes it anew. It is\n%s", path, text)
	}
}

// pages is a list of n entries.
func pages(n int) func(prefix string, first, rows int) watch.Page {
	return func(prefix string, first, rows int) watch.Page {
		first = max(0, min(first, n-rows))
		p := watch.Page{Prefix: prefix, First: first, Listed: min(n, first+rows), Looked: 3 * n}
		p.Done = p.Listed == n
		for i := first; i < p.Listed; i++ {
			r := watch.Row{Key: fmt.Sprintf("%skey%d", prefix, i), Value: fmt.Sprint(i), TTL: dict.Permanent}
			switch i {
			case 1:
				r.TTL = 90 * time.Second
			case 2:
				r.Gone = true
			case 3:
				r.Long = 5 << 20
			}
			p.Rows = append(p.Rows, r)
		}
		return p
	}
}

// The frames, at the sizes of terminals.
func TestFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {120, 40}, {40, 12}} {
		for i, p := range panels {
			name := fmt.Sprintf("%s-%dx%d.txt", p.name, size.w, size.h)
			d := drive(t, unicodeGlyphs, &fake{path: "/dev/shm/pages.shmap", samples: []*watch.Sample{busy("")}, page: pages(100)})
			d.send(tea.WindowSizeMsg{Width: size.w, Height: size.h})
			d.tick()
			d.press(fmt.Sprint(i + 1))
			golden(t, name, d.text())
		}
	}
}

func TestHelpFrame(t *testing.T) {
	d := drive(t, unicodeGlyphs, &fake{path: "m", samples: []*watch.Sample{busy("m")}})
	d.press("?")
	golden(t, "help-80x24.txt", d.text())
	d.press("esc")
	d.has("participants 4")
}

// A terminal without UTF-8 gets ASCII.
func TestASCIIFrame(t *testing.T) {
	d := drive(t, asciiGlyphs, &fake{path: "/dev/shm/pages.shmap", samples: []*watch.Sample{busy("")}})
	golden(t, "ascii-80x24.txt", d.text())
	for _, r := range d.text() {
		if r > unicode.MaxASCII {
			t.Fatalf("%q is not ASCII", r)
		}
	}
	for env, want := range map[string]bool{"": false, "C": false, "POSIX": false, "en_US.UTF-8": true, "C.utf8": true} {
		getenv := func(name string) string { return map[string]string{"LANG": env}[name] }
		if got := glyphsFor(getenv).rule == unicodeGlyphs.rule; got != want {
			t.Errorf("LANG=%q: unicode %v", env, got)
		}
	}
	getenv := func(name string) string {
		return map[string]string{"LC_ALL": "C", "LANG": "en_US.UTF-8"}[name]
	}
	if glyphsFor(getenv).rule != asciiGlyphs.rule {
		t.Error("LC_ALL counts more than LANG")
	}
}

// The plain frame.
func TestOnceFrame(t *testing.T) {
	s := busy("/dev/shm/pages.shmap")
	s.Trouble = []error{errors.New("shard 3 changes faster than it can be read")}
	golden(t, "once-80.txt", Frame(s, 80, still, func(string) string { return "C.UTF-8" }))
	s.Elapsed, s.Options.Value = 0, layout.String
	s.Counters, s.Participants = watch.Counters{}, nil
	golden(t, "once-first.txt", Frame(s, 100, still, func(string) string { return "" }))
}

// hostile is a map whose texts are not fit for a terminal.
func hostile() *fake {
	evil := "a\x1b[2J\x07\u202e\u200b界界\t\r\n\x9b31m"
	s := busy(evil)
	s.Participants[0].Process.Command = watch.Printable(strings.Repeat(evil, 20)) // as package watch hands it on
	s.Counters.Hot[0].Key.S = strings.Repeat(evil, 20)
	s.Trouble = []error{errors.New(evil)}
	return &fake{path: strings.Repeat(evil, 9), samples: []*watch.Sample{s}, page: pages(1000)}
}

// No frame is larger than the terminal, whatever its size and whatever stands in the map, and no control character but those
// of styles gets through (T2, T3).
func TestFramesFit(t *testing.T) {
	f := hostile()
	bad := *f.samples[0]
	bad.Err = errors.New("a long error \x1b[31m \x07\u202e " + strings.Repeat("about nothing ", 20))
	f.samples = append(f.samples, f.samples[0], &bad)
	d := drive(t, unicodeGlyphs, f, &fake{path: "b", samples: []*watch.Sample{{Err: errors.New("nothing")}}})
	check := func(w, h int) {
		t.Helper()
		d.send(tea.WindowSizeMsg{Width: w, Height: h})
		d.settle()
		content := d.View().Content
		lines := strings.Split(content, "\n")
		if len(lines) > max(h, 1) {
			t.Fatalf("%d lines in %dx%d:\n%s", len(lines), w, h, d.text())
		}
		for _, l := range lines {
			if n := ansi.StringWidth(l); n > w {
				t.Fatalf("a line of %d cells in %dx%d: %q", n, w, h, l)
			}
		}
		for _, r := range ansi.Strip(strings.Join(lines, "")) {
			if !unicode.IsPrint(r) {
				t.Fatalf("%U in %dx%d:\n%s", r, w, h, d.text())
			}
		}
	}
	states := []func(){func() {}, func() { d.press("2") }, func() { d.press("3") }, func() { d.press("4") }, func() { d.press("?") },
		func() { d.press("?", "2", "/", "x\u202ey") }, func() { d.send(tea.PasteMsg{Content: hostile().path}); d.settle() }, func() { d.press("esc", "1"); d.tick(); d.tick() }, func() { d.press("n") }}
	for _, state := range states {
		state()
		for w := 0; w <= 130; w += 26 {
			for h := 0; h <= 50; h += 5 {
				check(w, h)
			}
		}
		for h := 0; h <= 30; h++ {
			check(80, h)
		}
		d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	}
}

package top

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/shmap-go/shmap/internal/cli/watch"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// counting is a sample that says which one it is.
func counting(n uint64) *watch.Sample {
	s := busy("")
	s.Stats.Entries = n
	return s
}

// Samples come with the ticks; none while it is paused; one at once when it goes on; a tick from before does not count.
func TestPause(t *testing.T) {
	f := &fake{path: "m", samples: []*watch.Sample{counting(111), counting(222), counting(333)}}
	d := drive(t, unicodeGlyphs, f)
	d.has("111 +")
	d.tick()
	d.has("222 +")
	old := d.round
	d.press("space")
	d.has("PAUSED")
	d.tick()
	d.send(tickMsg{old})
	d.settle()
	if d.has("222 +"); f.taken != 2 {
		t.Errorf("%d samples were taken", f.taken)
	}
	d.press("space")
	d.has("333 +")
	d.lacks("PAUSED")
	d.send(tickMsg{old})
	d.settle()
	if f.taken != 3 {
		t.Errorf("%d samples were taken, a tick from before the pause counted", f.taken)
	}
}

func TestPace(t *testing.T) {
	f := &fake{path: "m", samples: []*watch.Sample{counting(1)}}
	d := drive(t, unicodeGlyphs, f)
	d.press("-")
	d.has("every 2s")
	d.press("+", "+")
	d.has("every 500ms")
	for range 10 {
		d.press("+")
	}
	if d.interval != MinInterval {
		t.Errorf("%v", d.interval)
	}
	for range 30 {
		d.press("-")
	}
	if d.interval != MaxInterval {
		t.Errorf("%v", d.interval)
	}
	d.tick()
	if f.taken != 2 {
		t.Errorf("%d samples: refreshing has ended", f.taken)
	}
}

// Sorting goes through the columns, both ways round.
func TestSort(t *testing.T) {
	d := drive(t, unicodeGlyphs, &fake{path: "m", samples: []*watch.Sample{busy("m")}})
	first := func(texts ...string) {
		t.Helper()
		at := 0
		for _, s := range texts {
			i := strings.Index(d.text()[at:], s)
			if i < 0 {
				t.Fatalf("%q is not where it should be in\n%s", s, d.text())
			}
			at += i
		}
	}
	d.press("2")
	first("CHANGE▼", "/index.html", "/stock", "/about us")
	d.press("r")
	first("CHANGE▲", "/about us", "/stock", "/index.html")
	d.press("r", "s")
	first("VALUE▼", "/index.html", "/about us", "/stock") // of a signed type
	d.press("s")
	first("KEY▼", "/about us", "/index.html", "/stock")
	d.press("1", "s")
	first("PID▼", "not to be seen", "worker", "web")
	d.press("3", "s", "r")
	first("ENTRIES▲", "37,000", "37,100")
	d.press("r")
	first("ENTRIES▼", "40,100", "40,000")
	for range 3 {
		d.press("s")
	}
	first("CHANGES▼", "961/s", "900/s")
}

// A filter counts while it is written, stays after enter, goes with escape, and is of one table.
func TestFilter(t *testing.T) {
	d := drive(t, unicodeGlyphs, &fake{path: "m", samples: []*watch.Sample{busy("m")}})
	d.press("/", "wo")
	d.has("PID or command has: wo")
	d.has("worker")
	d.lacks("web --port")
	d.press("q") // is written, not obeyed
	d.has("nothing matches")
	d.press("backspace", "enter")
	d.has("/wo")
	d.has("worker")
	d.press("2")
	d.has("/index.html")
	d.lacks("/wo")
	d.press("1")
	d.lacks("web --port")
	d.press("esc")
	d.has("web --port")
	d.press("/")
	d.send(tea.PasteMsg{Content: "wor\x1bk"})
	d.settle()
	d.has("worker")
	d.lacks("web --port")
	d.press("esc", "3", "/") // shards have none
	if d.typing {
		t.Error("a filter of what has none")
	}
}

// The maps are looked at in turn, each with its own figures and its own error.
func TestSwitchMap(t *testing.T) {
	gone := errors.New("b: the map is not there any more")
	d := drive(t, unicodeGlyphs, &fake{path: "map-a", samples: []*watch.Sample{counting(111)}},
		&fake{path: "map-b", samples: []*watch.Sample{counting(222), {Path: "map-b", Err: gone}}})
	d.has("map-a")
	d.has("map 1 of 2")
	d.press("n")
	d.has("map-b")
	d.has("222 +")
	if d.failure() != nil {
		t.Error(d.failure())
	}
	d.tick()
	d.has("! waiting: b: the map is not there any more")
	d.has("222 +") // as it was seen last
	if !errors.Is(d.failure(), gone) {
		t.Errorf("the error at the end: %v", d.failure())
	}
	d.press("n")
	d.has("111 +")
	d.lacks("waiting")
	d.press("p")
	d.has("map-b")
}

// What one sample leaves out is kept from the one before: the chains of a map that was not looked at.
func TestDetailIsKept(t *testing.T) {
	bare := busy("m")
	bare.Participants, bare.Counters, bare.Chains = nil, watch.Counters{}, watch.Chains{}
	for i := range bare.Shards {
		bare.Shards[i].Chains = watch.Chains{}
	}
	d := drive(t, unicodeGlyphs, &fake{path: "m", samples: []*watch.Sample{busy("m"), bare}})
	before := d.text()
	d.tick()
	d.has("web --port")
	d.has("longest 3")
	if strings.Split(before, "\n")[9] != strings.Split(d.text(), "\n")[9] {
		t.Errorf("the strip of chains has changed:\n%s\n%s", before, d.text())
	}
}

// The entries go on as far as one looks, and come back.
func TestBrowse(t *testing.T) {
	d := drive(t, unicodeGlyphs, &fake{path: "m", samples: []*watch.Sample{busy("m")}, page: pages(100)})
	d.press("4")
	rows := d.tableHeight()
	d.has("key0 ")
	d.has(fmt.Sprintf("%d so far", rows))
	if !strings.HasSuffix(strings.TrimRight(d.row("key1 "), " "), "1m30s") {
		t.Errorf("the time to live: %q", d.row("key1 "))
	}
	if r := d.row("key2 "); !strings.Contains(r, "gone since it was listed") {
		t.Errorf("%q", r)
	}
	if r := d.row("key3 "); !strings.Contains(r, "5 MiB, too long to show") {
		t.Errorf("%q", r)
	}
	d.press("pgdown")
	d.has(fmt.Sprintf("key%d ", rows))
	d.lacks("key0 ")
	for range 20 {
		d.press("pgdown")
	}
	d.has("key99 ")
	d.press("home", "down")
	d.has("key1 ")
	d.lacks("key0 ")
	d.press("up", "up")
	d.has("key0 ")
	d.press("/", "user:")
	d.has("user:key0 ")
	d.press("enter")
	d.has("/user:")
	d.press("esc")
	d.lacks("user:")
}

// A listing that cannot be read says why.
func TestBrowseError(t *testing.T) {
	d := drive(t, unicodeGlyphs, &fake{path: "m", samples: []*watch.Sample{busy("m")}, pageErr: errors.New("m: shard 3 is corrupt")})
	d.press("4")
	d.has("! m: shard 3 is corrupt")
}

// Scrolling stops at both ends.
func TestScroll(t *testing.T) {
	d := drive(t, unicodeGlyphs, &fake{path: "m", samples: []*watch.Sample{busy("m")}})
	d.press("3", "up")
	d.has("37,000")
	d.press("end")
	d.has("40,100")
	if n := strings.Count(d.text(), " 600/s"); d.views[shards].first+d.tableHeight() != 32 {
		t.Errorf("the last row is not the last, %d", n)
	}
	d.press("down", "pgdown")
	d.has("40,100")
	d.press("pgup", "home")
	d.has("37,000")
}

func TestQuit(t *testing.T) {
	for _, key := range []tea.KeyPressMsg{{Code: 'q', Text: "q"}, {Code: 'c', Mod: tea.ModCtrl}} {
		d := drive(t, unicodeGlyphs, &fake{path: "m", samples: []*watch.Sample{busy("m")}})
		_, cmd := d.Update(key)
		if cmd == nil {
			t.Fatalf("%v does nothing", key)
		}
		if _, ok := cmd().(tea.QuitMsg); !ok {
			t.Errorf("%v does not quit", key)
		}
	}
}

// What stands in place of a table without rows says why there are none.
func TestNoRows(t *testing.T) {
	s := busy("m")
	s.Participants, s.Counters = []watch.Participant{}, watch.Counters{}
	d := drive(t, unicodeGlyphs, &fake{path: "m", samples: []*watch.Sample{s}})
	d.has("nobody has this map attached")
	d.press("2")
	d.has("compared with the next refresh")
	s.Counters.Walked = 5
	d.tick()
	d.has("no value changes")
	s.Options.Value = layout.String
	d.tick()
	d.has("values are strings here")
	d.press("4")
	d.has("no entries")
}

// Numbers as they are written.
func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		group(0): "0", group(999): "999", group(1234567): "1,234,567",
		size(0): "0 B", size(1023): "1023 B", size(1024): "1 KiB", size(1000 << 10): "1 MiB", size(123456 << 10): "121 MiB", size(5 << 39): "2.5 TiB",
		rate(0): "0/s", rate(0.04): "<0.1/s", rate(2.34): "2.3/s", rate(-2.34): "-2.3/s", rate(1234.5): "1,235/s", rate(-1e6): "-1,000,000/s",
		span(time.Hour): "1h", span(90 * time.Second): "1m30s", span(time.Minute): "1m", span(10 * time.Minute): "10m", span(90 * time.Minute): "1h30m",
		signed(3): "+3.0/s", percent(0, 0): "-", percent(0.001, 1): "<1%", percent(1, 3): "33%",
		left(dict.Permanent): "-", left(1234567890): "1.23s", left(90 * time.Minute): "1h30m0s", left(1000 * time.Hour): "41d",
		fit("界界界", 5, false, "~"): "界界~", fit("ab", 4, true, ""): "  ab", end("/a/long/path", 6, "~"): "~/path",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A cell of a strip shows the highest of its shards.
func TestStrip(t *testing.T) {
	th := uncoloured(unicodeGlyphs)
	for _, c := range []struct {
		values []float64
		width  int
		want   string
	}{
		{nil, 10, ""},
		{[]float64{0, 0.5, 1}, 0, ""},
		{[]float64{0, 0.5, 1}, 3, "▁▅█"},
		{[]float64{0, 0.5, 1}, 6, "▁▁▅▅██"},
		{[]float64{0, 0.5, 1}, 100, "▁▁▁ ▅▅▅ ███ "},
		{[]float64{0, 0.5, 1, 0.2, 0}, 2, "█▂"},
		{[]float64{-1, 7}, 2, "▁█"},
	} {
		if got := th.strip(c.values, c.width); got != c.want {
			t.Errorf("%v in %d: %q, want %q", c.values, c.width, got, c.want)
		}
	}
}

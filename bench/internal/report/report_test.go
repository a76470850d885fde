package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestCompared(t *testing.T) {
	for _, c := range []struct {
		ours, theirs, target float64
		ratio                float64
		verdict              string
	}{
		{10, 20, 0.5, 0.5, "yes"},
		{10, 20, 0.49, 0.5, "NO"},
		{10, 20, 0, 0.5, "-"},
		{0, 0, 1, 1, "yes"},
	} {
		r := Compared("c", c.ours, "p", c.theirs, c.target)
		if *r.Ratio != c.ratio || r.Verdict() != c.verdict {
			t.Errorf("%v: ratio %v, %s", c, *r.Ratio, r.Verdict())
		}
	}
	if r := Compared("c", 1, "p", 0, 1); r.Ratio != nil || *r.OK {
		t.Errorf("against a cost of 0: %+v", r)
	}
}

func TestMissingIsNeverAWin(t *testing.T) {
	for _, target := range []float64{0, 0.5, 1000} {
		r := Missing("c", "p", target, "not installed")
		if r.OK != nil && *r.OK || r.Verdict() != "missing" {
			t.Errorf("target %v: %+v, %s", target, r, r.Verdict())
		}
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	table, err := NewTable(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Row{Compared("int64/get", 12.34, "map", 100.4, 1), Missing("int64/get", "other", 0, "why")} {
		if err := table.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	var words [][]string
	for line := range strings.Lines(b.String()) {
		words = append(words, strings.Fields(line))
	}
	want := [][]string{
		{"case", "ours_ns", "peer", "peer_ns", "ratio", "target", "ok"},
		{"int64/get", "12.3", "map", "100", "0.123", "1.00", "yes"},
		{"int64/get", "-", "other", "-", "-", "-", "missing", "why"},
	}
	if !slices.EqualFunc(words, want, slices.Equal) {
		t.Errorf("the table is\n%s", b.String())
	}
}

// TestJSON: each line has the seven fields, and a note only if there is something to say.
func TestJSON(t *testing.T) {
	var b bytes.Buffer
	p := NewJSON(&b)
	for _, r := range []Row{Compared("c", 1, "p", 4, 0.5), Compared("c", 1, "p", 4, 0), Missing("c", "p", 0.5, "why")} {
		if err := p.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	var rows []map[string]any
	for line := range strings.Lines(b.String()) {
		row := map[string]any{}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	want := []map[string]any{
		{"case": "c", "ours_ns": 1., "peer": "p", "peer_ns": 4., "ratio": 0.25, "target": 0.5, "ok": true},
		{"case": "c", "ours_ns": 1., "peer": "p", "peer_ns": 4., "ratio": 0.25, "target": nil, "ok": nil},
		{"case": "c", "ours_ns": nil, "peer": "p", "peer_ns": nil, "ratio": nil, "target": 0.5, "ok": false, "note": "why"},
	}
	if !slices.EqualFunc(rows, want, maps.Equal) {
		t.Errorf("rows %v", rows)
	}
}

func TestNumber(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 1234.5: "1234", 99.95: "100.0", 12.34: "12.3", 1.234: "1.23", 0.5: "0.500", 0.0123: "0.0123"} {
		if got := Number(&x); got != want {
			t.Errorf("%v is written %s, want %s", x, got, want)
		}
	}
}

// TestSVG: the picture is well-formed, and has all points inside.
func TestSVG(t *testing.T) {
	for name, c := range map[string]Chart{
		"empty":   {Title: "a < b"},
		"one":     {XLog: true, YLog: true, Series: []Series{{Name: "s", X: []float64{10}, Y: []float64{10}}}},
		"lines":   {Series: []Series{{X: []float64{1, 2, 3}, Y: []float64{0, 50, 100}}, {X: []float64{1}, Y: []float64{7}}}},
		"log log": {XLog: true, YLog: true, Series: []Series{{X: []float64{1e3, 1e8}, Y: []float64{5, 500}}}},
	} {
		points := 0
		decoder := xml.NewDecoder(strings.NewReader(c.SVG()))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
				points++
				for _, a := range e.Attr {
					if a.Name.Local == "cx" && (a.Value < "0" || strings.Contains(a.Value, "N")) {
						t.Errorf("%s: a point at %s", name, a.Value)
					}
				}
			}
		}
		want := 0
		for _, s := range c.Series {
			want += len(s.X)
		}
		if points != want {
			t.Errorf("%s: %d points, want %d", name, points, want)
		}
	}
}

func TestAxis(t *testing.T) {
	a := newAxis([]float64{10, 1000}, true, 100, 300)
	if a.at(10) != 100 || a.at(100) != 200 || a.at(1000) != 300 {
		t.Errorf("10, 100, 1000 are at %v, %v, %v", a.at(10), a.at(100), a.at(1000))
	}
	if got := a.ticks(); !slices.Equal(got, []float64{10, 20, 50, 100, 200, 500, 1000}) {
		t.Errorf("ticks %v", got)
	}
	if got := newAxis([]float64{0, 100}, false, 0, 1).ticks(); !slices.Equal(got, []float64{0, 25, 50, 75, 100}) {
		t.Errorf("ticks %v", got)
	}
}

func TestDocument(t *testing.T) {
	d := Document{
		Machine: []string{"a machine"},
		Rows:    []Row{Compared("good", 1, "p", 2, 1), Compared("bad", 3, "p", 2, 1), Compared("worse", 4, "p", 2, 1), Missing("gone", "p", 1, "why")},
		Targets: []Target{{"all good", 2, 2}, {"some bad", 2, 1}, {"none there", 0, 0}},
		Charts:  []Chart{{File: "f", Title: "a picture"}},
		Plots:   "plots",
		Reason: func(r Row) string {
			if r.Case == "bad" {
				return "Because."
			}
			return ""
		},
	}
	text := d.Markdown()
	for _, want := range []string{
		"- a machine\n", "1 of 3 are met", "| some bad | 2 | 1 | NO |", "| none there | 0 | 0 | NO |",
		"| good | 1.00 | p | 2.00 | 0.500 | 1.00 | yes |", "| gone | - | p | - | - | 1.00 | missing why |",
		"- **bad**, p: ratio 1.50, target 1.00. Because.", "- **worse**, p: ratio 2.00, target 1.00. Nobody has written down why",
		"![a picture](plots/f.svg)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestQuote: a reason has the costs of the run that it asks for, and says so where there are none.
func TestQuote(t *testing.T) {
	d := Document{
		Rows: []Row{
			Compared("a", 12, "peer", 10, 1), Compared("a", 12, "floor", 9.5, 0), Compared("b", 3, "peer", 4, 0), Missing("b", "gone", 0, "why"),
		},
		Reason: func(r Row) string {
			return "of {|} the floor is {|floor}, another is {b|} beside {b|peer}; {b|gone}, {c|}"
		},
	}
	const want = "of 12.0 the floor is 9.50, another is 3.00 beside 4.00; (not measured), (not measured)"
	if text := d.Markdown(); !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
}

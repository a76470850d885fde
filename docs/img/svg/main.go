// Command svg draws a terminal screen, captured with its escape sequences by "tmux capture-pane -e -p", as an SVG picture:
//
//	go run ./docs/img/svg -title "shmap top" < screen > screen.svg
//
// It knows SGR sequences, and no others. Bars are drawn as rectangles, so that they look alike in every font.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Sizes in pixels.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	fontSize   = 14
	margin     = 14.0
	titleBar   = 30.0
)

const (
	ground = "#16191f"
	ink    = "#d6dae0"
)

// style is what SGR sequences have set; an empty colour is the default.
type style struct {
	fore, back    string
	bold, reverse bool
}

func main() {
	title := flag.String("title", "", "text above the screen")
	flag.Parse()
	if err := draw(os.Stdout, os.Stdin, *title); err != nil {
		fmt.Fprintln(os.Stderr, "svg:", err)
		os.Exit(1)
	}
}

func draw(out io.Writer, in io.Reader, title string) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var body strings.Builder
	lines, columns, now := strings.Split(strings.TrimRight(string(text), "\n"), "\n"), 0, style{}
	for row, l := range lines {
		columns = max(columns, line(&body, l, row, &now))
	}
	width, height := 2*margin+float64(columns)*cellWidth, titleBar+2*margin+float64(len(lines))*cellHeight
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">
<rect width="100%%" height="100%%" rx="8" fill="%s"/>
<g fill="#3c424d"><circle cx="20" cy="18" r="6"/><circle cx="40" cy="18" r="6"/><circle cx="60" cy="18" r="6"/></g>
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="%d" fill="%s">
<text x="%.0f" y="23" text-anchor="middle" fill="#8b93a1">%s</text>
`, width, height, width, height, html.EscapeString(title), ground, fontSize, ink, width/2, html.EscapeString(title))
	fmt.Fprint(w, body.String(), "</g>\n</svg>\n")
	return w.Flush()
}

// line draws one line and returns its cells.
func line(b *strings.Builder, l string, row int, now *style) (cells int) {
	run, at := "", 0
	flush := func() {
		if run != "" {
			drawRun(b, run, row, at, *now)
		}
		run, at = "", cells
	}
	for l != "" {
		if params, rest, ok := sgr(l); ok {
			flush()
			now.set(params)
			l = rest
			continue
		}
		r, n := utf8.DecodeRuneInString(l)
		if h := barHeight(r); h > 0 && barHeight(firstOf(run)) != h || h == 0 && barHeight(firstOf(run)) > 0 {
			flush() // a run is of one kind of bar, or of text
		}
		run, l = run+string(r), l[n:]
		cells++
	}
	flush()
	return cells
}

func firstOf(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// barHeight is how much of its cell a block character fills, in eighths; 0 for text.
func barHeight(r rune) int {
	if r >= '▁' && r <= '█' {
		return int(r-'▁') + 1
	}
	return 0
}

// sgr cuts an SGR sequence off the front of l.
func sgr(l string) (params, rest string, ok bool) {
	if !strings.HasPrefix(l, "\x1b[") {
		return "", l, false
	}
	end := strings.IndexByte(l, 'm')
	if end < 0 {
		return "", l, false
	}
	return l[2:end], l[end+1:], true
}

// drawRun draws cells of one style from column at on.
func drawRun(b *strings.Builder, run string, row, at int, s style) {
	x, y := margin+float64(at)*cellWidth, titleBar+margin+float64(row)*cellHeight
	width := float64(utf8.RuneCountInString(run)) * cellWidth
	fore, back := s.fore, s.back
	if s.reverse {
		fore, back = or(back, ground), or(fore, ink)
	}
	if back != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.0f" fill="%s"/>`+"\n", x, y, width, cellHeight, back)
	}
	if h := barHeight(firstOf(run)); h > 0 {
		high := float64(h) / 8 * (cellHeight - 2)
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y+cellHeight-1-high, width-0.6, high, or(fore, ink))
		return
	}
	text := strings.TrimLeft(run, " ")
	skipped := float64(len(run)-len(text)) * cellWidth
	if text = strings.TrimRight(text, " "); text == "" {
		return
	}
	attributes := ""
	if fore != "" {
		attributes = fmt.Sprintf(` fill="%s"`, fore)
	}
	if s.bold {
		attributes += ` font-weight="bold"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" xml:space="preserve"%s>%s</text>`+"\n", x+skipped, y+cellHeight-5,
		float64(utf8.RuneCountInString(text))*cellWidth, attributes, html.EscapeString(text))
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// set obeys the parameters of an SGR sequence.
func (s *style) set(params string) {
	var p []int
	for _, f := range strings.FieldsFunc(params, func(r rune) bool { return r == ';' || r == ':' }) {
		n, err := strconv.Atoi(f)
		if err != nil {
			return
		}
		p = append(p, n)
	}
	if len(p) == 0 {
		p = []int{0}
	}
	for ; len(p) > 0; p = p[1:] {
		switch n := p[0]; {
		case n == 0:
			*s = style{}
		case n == 1:
			s.bold = true
		case n == 22:
			s.bold = false
		case n == 7:
			s.reverse = true
		case n == 27:
			s.reverse = false
		case n == 39:
			s.fore = ""
		case n == 49:
			s.back = ""
		case n >= 30 && n <= 37 || n >= 90 && n <= 97:
			s.fore = palette(n%10 + n/90*8)
		case n >= 40 && n <= 47 || n >= 100 && n <= 107:
			s.back = palette(n%10 + n/100*8)
		case (n == 38 || n == 48) && len(p) >= 3 && p[1] == 5:
			s.colour(n, palette(p[2]))
			p = p[2:]
		case (n == 38 || n == 48) && len(p) >= 5 && p[1] == 2:
			s.colour(n, fmt.Sprintf("#%02x%02x%02x", p[2]&255, p[3]&255, p[4]&255))
			p = p[4:]
		}
	}
}

func (s *style) colour(which int, c string) {
	if which == 38 {
		s.fore = c
	} else {
		s.back = c
	}
}

// palette is a colour of the 256 of xterm.
func palette(n int) string {
	named := []string{"#3c424d", "#e0605a", "#6fbf73", "#d7b45a", "#5a9fe0", "#b48ee0", "#56b6c2", ink,
		"#6b7280", "#f0807a", "#8fd694", "#e6c97a", "#7ab7f0", "#caaaf0", "#7acbd4", "#ffffff"}
	switch {
	case n < 0 || n > 255:
		return ink
	case n < 16:
		return named[n]
	case n < 232:
		level := func(v int) int {
			if v == 0 {
				return 0
			}
			return 55 + 40*v
		}
		n -= 16
		return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6%6), level(n%6))
	}
	grey := 8 + 10*(n-232)
	return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
}

package report

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// Layout of a picture, in pixels.
const (
	width, height           = 640, 400
	left, right, top, below = 70, 150, 40, 50
)

// colours of the lines, in order: of those that are told apart with colour-blind eyes (Okabe and Ito, 2008).
func colours() []string {
	return []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"}
}

// An axis maps values to pixels.
type axis struct {
	low, high float64 // of the values, as logarithms if log
	from, to  float64 // of the pixels
	log       bool
}

func newAxis(values []float64, log bool, from, to float64) axis {
	a := axis{log: log, from: from, to: to, low: math.Inf(1), high: math.Inf(-1)}
	for _, v := range values {
		a.low, a.high = min(a.low, a.scale(v)), max(a.high, a.scale(v))
	}
	if !log {
		a.low = 0
	}
	if len(values) == 0 || a.high <= a.low {
		a.high = a.low + 1
	}
	return a
}

func (a axis) scale(v float64) float64 {
	if a.log {
		return math.Log10(max(v, 1e-9))
	}
	return v
}

func (a axis) at(v float64) float64 { return a.from + (a.scale(v)-a.low)/(a.high-a.low)*(a.to-a.from) }

// ticks are the values to be marked: powers of ten, with 2 and 5 times these on a short axis, or round steps.
func (a axis) ticks() []float64 {
	var out []float64
	if a.log {
		factors := []float64{1}
		if a.high-a.low < 2.5 {
			factors = []float64{1, 2, 5}
		}
		for e := math.Floor(a.low); e <= a.high; e++ {
			for _, f := range factors {
				if v := f * math.Pow(10, e); a.scale(v) >= a.low-1e-9 && a.scale(v) <= a.high+1e-9 {
					out = append(out, v)
				}
			}
		}
		return out
	}
	step := math.Pow(10, math.Floor(math.Log10(a.high-a.low)))
	for (a.high-a.low)/step < 4 {
		step /= 2
	}
	for v := math.Ceil(a.low/step) * step; v <= a.high*(1+1e-9); v += step {
		out = append(out, v)
	}
	return out
}

// label writes a marked value: 1e6 rather than 1000000.
func label(v float64) string {
	if v >= 1e5 {
		return strings.Replace(fmt.Sprintf("%.3g", v), "e+0", "e", 1)
	}
	return fmt.Sprintf("%.4g", v)
}

// SVG is the picture.
func (c Chart) SVG() string {
	var xs, ys []float64
	for _, s := range c.Series {
		xs, ys = append(xs, s.X...), append(ys, s.Y...)
	}
	x := newAxis(xs, c.XLog, left, width-right)
	y := newAxis(ys, c.YLog, height-below, top)

	var b strings.Builder
	text := func(px, py float64, anchor, more, s string) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>`+"\n", px, py, anchor, more, html.EscapeString(s))
	}
	line := func(x1, y1, x2, y2 float64) {
		fmt.Fprintf(&b, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#ddd"/>`+"\n", x1, y1, x2, y2)
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		width, height, width, height)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	text(left, top-16, "start", ` font-size="14"`, c.Title)
	for _, v := range x.ticks() {
		line(x.at(v), top, x.at(v), height-below)
		text(x.at(v), height-below+16, "middle", "", label(v))
	}
	for _, v := range y.ticks() {
		line(left, y.at(v), width-right, y.at(v))
		text(left-6, y.at(v)+4, "end", "", label(v))
	}
	text((left+width-right)/2, height-10, "middle", "", c.XLabel)
	text(16, (top+height-below)/2, "middle", fmt.Sprintf(` transform="rotate(-90 16 %d)"`, (top+height-below)/2), c.YLabel)
	for i, s := range c.Series {
		colour := colours()[i%len(colours())]
		var points []string
		for j := range s.X {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x.at(s.X[j]), y.at(s.Y[j])))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x.at(s.X[j]), y.at(s.Y[j]), colour)
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "), colour)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="10" height="10" fill="%s"/>`+"\n", width-right+12, top+18*i, colour)
		text(width-right+28, float64(top+18*i+9), "start", "", s.Name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

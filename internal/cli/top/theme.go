package top

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// theme is how things look: styles, and the characters that the terminal can show. Colours are of the middle of the scale, to
// be seen on light and dark ground; the renderer takes away what the terminal or NO_COLOR does not allow. What a colour says
// is said by a character as well.
type theme struct {
	title, label, strong, faint, bad lipgloss.Style
	tab, tabOn                       lipgloss.Style
	heat                             []lipgloss.Style
	glyphs
}

// glyphs are the characters beyond letters.
type glyphs struct {
	levels []string // of a bar, from low to high
	rule   string
	dot    string // between the parts of a line
	tail   string // of what was cut off
	arrow  string
	down   string // sorted this way
	up     string
}

var (
	unicodeGlyphs = glyphs{strings.Split("▁▂▃▄▅▆▇█", ""), "─", "·", "…", "→", "▼", "▲"}
	asciiGlyphs   = glyphs{strings.Split("_.:-=+*#", ""), "-", "|", "~", "->", "v", "^"}
)

// glyphsFor picks the characters by the locale, as the environment has it.
func glyphsFor(getenv func(string) string) glyphs {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			if strings.Contains(v, "utf-8") || strings.Contains(v, "utf8") {
				return unicodeGlyphs
			}
			return asciiGlyphs
		}
	}
	return asciiGlyphs
}

// coloured is the theme of the live view.
func coloured(g glyphs) *theme {
	plain := lipgloss.NewStyle()
	t := &theme{
		title:  plain.Bold(true).Foreground(lipgloss.Color("#3f9fd6")),
		label:  plain.Foreground(lipgloss.Color("#7f8fa6")),
		strong: plain.Bold(true),
		faint:  plain.Foreground(lipgloss.Color("#7f8fa6")),
		bad:    plain.Bold(true).Foreground(lipgloss.Color("#e0503c")),
		tab:    plain.Foreground(lipgloss.Color("#7f8fa6")),
		tabOn:  plain.Bold(true).Reverse(true),
		glyphs: g,
	}
	for _, c := range []string{"#4a7fc0", "#3f9c9c", "#4fa96a", "#8fb04a", "#c9ae3c", "#df9234", "#e06c34", "#e0503c"} {
		t.heat = append(t.heat, plain.Foreground(lipgloss.Color(c)))
	}
	return t
}

// uncoloured is the theme of plain text.
func uncoloured(g glyphs) *theme {
	plain := lipgloss.NewStyle()
	t := &theme{title: plain, label: plain, strong: plain, faint: plain, bad: plain, tab: plain, tabOn: plain, glyphs: g}
	for range g.levels {
		t.heat = append(t.heat, plain)
	}
	return t
}

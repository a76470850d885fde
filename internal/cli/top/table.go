package top

import "strings"

// column is one column of a table. The last column takes what width is left; so do others of no width, equally.
type column struct {
	title string
	width int
	right bool
}

// widths are the widths of columns in a line of width cells, a space between two.
func widths(cols []column, width int) []int {
	out := make([]int, len(cols))
	room, flexible := width-(len(cols)-1), 0
	for i, c := range cols {
		out[i] = c.width
		room -= c.width
		if c.width == 0 {
			flexible++
		}
	}
	for i, c := range cols {
		if c.width == 0 {
			out[i] = max(4, room/flexible)
		}
	}
	return out
}

// rule is the line of titles; the column that the rows are sorted by, if any, is marked.
func (t *theme) titles(cols []column, width, sorted int, reverse bool) string {
	cells := make([]string, len(cols))
	ws := widths(cols, width)
	for i, c := range cols {
		name := c.title
		if i == sorted {
			mark := t.down
			if reverse {
				mark = t.up
			}
			name += mark
		}
		cells[i] = fit(name, ws[i], c.right, t.tail)
	}
	return t.label.Render(fit(strings.Join(cells, " "), width, false, t.tail))
}

// row is one line of a table.
func (t *theme) row(cols []column, width int, cells []string) string {
	ws := widths(cols, width)
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = fit(cells[i], ws[i], c.right, t.tail)
	}
	return fit(strings.Join(out, " "), width, false, t.tail)
}

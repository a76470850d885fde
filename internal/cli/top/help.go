package top

import "strings"

// notes say where the figures come from.
var notes = `All but reads is of the map: what all processes did, as its file counts it.
transactions  insertions, deletions, all that changes more than a word
values        the sum of their changes a second; what overwrites a value in
              place leaves no other trace, reads and hits of others leave none
(n)           in brackets: since the map was made
shards        a bar each: load, longest chain, transactions, locks found held
participants  attached for writing and alive, as the kernel's lock on each says;
              a command is shown if its process is seen to hold that lock`

// helpPage lists the keys in two columns, and the notes below as far as they fit.
func (m *model) helpPage() []string {
	all := keys.all()
	half := (len(all) + 1) / 2
	wide := m.width / 2
	if m.width < 76 {
		half, wide = len(all), m.width
	}
	cell := func(i int) string {
		if i >= len(all) {
			return ""
		}
		h := all[i].Help()
		return m.theme.strong.Render(fit(h.Key, 10, false, "")) + fit(" "+h.Desc, wide-11, false, m.theme.tail) + " "
	}
	lines := []string{m.theme.title.Render("shmap top"), ""}
	for i := range half {
		l := cell(i)
		if half < len(all) {
			l += cell(i + half)
		}
		lines = append(lines, l)
	}
	lines = append(lines, "")
	return m.bottom(append(lines, strings.Split(notes, "\n")...))
}

package top

import "charm.land/bubbles/v2/key"

// keyMap is what can be pressed. The help is made of it.
type keyMap struct {
	next, back, direct, up, down, pageUp, pageDown, home, end key.Binding
	pause, sort, reverse, filter, clear, nextMap, prevMap     key.Binding
	faster, slower, suspend, help, quit                       key.Binding
}

func bind(help, what string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, what))
}

var keys = keyMap{
	next:     bind("tab", "next table", "tab", "right", "l"),
	back:     bind("shift+tab", "table before", "shift+tab", "left", "h"),
	direct:   bind("1 2 3 4", "go to a table", "1", "2", "3", "4"),
	up:       bind("up k", "a row up", "up", "k"),
	down:     bind("down j", "a row down", "down", "j"),
	pageUp:   bind("pgup b", "a page up", "pgup", "b", "ctrl+b"),
	pageDown: bind("pgdn f", "a page down", "pgdown", "f", "ctrl+f"),
	home:     bind("home g", "first row", "home", "g"),
	end:      bind("end G", "last row", "end", "G"),
	pause:    bind("space", "pause, and go on", "space"),
	sort:     bind("s", "sort by the next column", "s"),
	reverse:  bind("r", "sort the other way round", "r"),
	filter:   bind("/", "filter rows, find keys", "/"),
	clear:    bind("esc", "no filter, leave this page", "esc"),
	nextMap:  bind("n", "next map", "n"),
	prevMap:  bind("p", "map before", "p"),
	faster:   bind("+", "refresh twice as often", "+", "="),
	slower:   bind("-", "half as often", "-"),
	suspend:  bind("ctrl+z", "suspend", "ctrl+z"),
	help:     bind("?", "this page", "?"),
	quit:     bind("q", "quit", "q", "ctrl+c"),
}

// all are the keys in the order of the help.
func (k *keyMap) all() []key.Binding {
	return []key.Binding{k.quit, k.help, k.pause, k.faster, k.slower, k.nextMap, k.prevMap, k.next, k.back, k.direct, k.up, k.down,
		k.pageUp, k.pageDown, k.home, k.end, k.sort, k.reverse, k.filter, k.clear, k.suspend}
}

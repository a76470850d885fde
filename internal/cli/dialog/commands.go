package dialog

import "github.com/shmap-go/shmap/internal/dict"

// command is one word of the language.
type command struct {
	name     string
	form     string // its arguments, spelled as people read them; see readOne for the names
	run      func(*talk, *args) error
	integers bool // for maps with integer values only
}

// commands is the language. Commands on one key differ by the operation of the map and by what of its result is the
// answer, and by nothing else.
func commands() []command {
	const implied, explicit = dict.TTLDefault, dict.TTLExplicit
	return []command{
		{name: "get", form: "K", run: get},
		{name: "exists", form: "K", run: exists},
		{name: "ttl", form: "K", run: ttl},

		{name: "put", form: "K V", run: mutate(dict.OpStore, implied, sayTrue)},
		{name: "add", form: "K V", run: mutate(dict.OpInsert, implied, sayDone)},
		{name: "update", form: "K V", run: mutate(dict.OpReplace, implied, sayDone)},
		{name: "swap", form: "K V", run: mutate(dict.OpSwap, implied, sayOldIfFound)},
		{name: "get-or-set", form: "K V", run: mutate(dict.OpLoadOrStore, implied, sayActual)},
		{name: "cas", form: "K OLD NEW", run: mutate(dict.OpCompareAndSwap, implied, sayDone)},
		{name: "cas-take", form: "K OLD", run: mutate(dict.OpCompareAndDelete, implied, sayOldIfDone)},
		{name: "take", form: "K", run: mutate(dict.OpLoadAndDelete, implied, sayOldIfFound)},
		{name: "remove", form: "K", run: mutate(dict.OpDelete, implied, sayFound)},

		{name: "incr", form: "K [DELTA]", run: add(+1), integers: true},
		{name: "decr", form: "K [DELTA]", run: add(-1), integers: true},
		{name: "max", form: "K V", run: mutate(dict.OpMax, implied, sayValue), integers: true},
		{name: "min", form: "K V", run: mutate(dict.OpMin, implied, sayValue), integers: true},

		{name: "put-ttl", form: "K V DUR", run: mutate(dict.OpStore, explicit, sayTrue)},
		{name: "add-ttl", form: "K V DUR", run: mutate(dict.OpInsert, explicit, sayDone)},
		{name: "update-ttl", form: "K V DUR", run: mutate(dict.OpReplace, explicit, sayDone)},
		{name: "set-ttl", form: "K DUR", run: mutate(dict.OpExpire, explicit, sayFound)},
		{name: "touch", form: "K", run: mutate(dict.OpTouch, implied, sayFound)},
		{name: "persist", form: "K", run: mutate(dict.OpPersist, implied, sayFound)},
		{name: "flush-expired", form: "[N]", run: flushExpired},

		{name: "set-multi", form: "K V ...", run: setMulti},
		{name: "get-multi", form: "K ...", run: getMulti},
		{name: "remove-multi", form: "K ...", run: removeMulti},

		{name: "pop", run: pop((*dict.Map).PopOldest)},
		{name: "shift", run: pop((*dict.Map).PopNewest)},
		{name: "drain", form: "N", run: drain},
		{name: "items", run: items},
		{name: "cursor-seek", form: "K", run: cursorSeek},
		{name: "cursor-next", run: cursorNext},
		{name: "cursor-reset", run: cursorReset},

		{name: "size", run: size},
		{name: "reserve", form: "N", run: reserve},
		{name: "clear", run: whole((*dict.Map).Clear)},
		{name: "sync", run: whole((*dict.Map).Sync)},
		{name: "freeze", run: whole((*dict.Map).Freeze)},
		{name: "stats", run: stats},
		{name: "check", run: check},
		{name: "sleep", form: "DUR", run: sleep},
	}
}

// Forms lists the language, one command with its arguments a line.
func Forms() []string {
	var forms []string
	for _, c := range commands() {
		form := c.name
		if c.form != "" {
			form += " " + c.form
		}
		forms = append(forms, form)
	}
	return forms
}

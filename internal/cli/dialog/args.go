package dialog

import (
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
)

// args are the arguments of one command; which of them are set depends on its form.
type args struct {
	key, val, old dict.Datum
	keys, vals    []dict.Datum // of a repeated form
	n             int
	ttl           time.Duration
	given         int // number of words
}

// delta is what incr adds: 1 when it is left out.
func (a *args) delta() uint64 {
	if a.given < 2 {
		return 1
	}
	return a.val.W
}

// read fills t.args from words as the form of c says: names of arguments, one in brackets may be left out, and
// "..." repeats all of them.
func (t *talk) read(c command, words []string) error {
	t.args = args{keys: t.args.keys[:0], vals: t.args.vals[:0], given: len(words)}
	names := strings.Fields(c.form)
	if group, rest := strings.CutSuffix(c.form, " ..."); rest {
		names = strings.Fields(group)
		if len(words) == 0 || len(words)%len(names) != 0 {
			return wrongCount(c)
		}
		return t.readGroups(names, words)
	}
	for i, name := range names {
		name, optional := strings.CutPrefix(name, "[")
		if i == len(words) && optional {
			return nil
		}
		if i >= len(words) {
			return wrongCount(c)
		}
		if err := t.readOne(strings.TrimSuffix(name, "]"), words[i]); err != nil {
			return err
		}
	}
	if len(words) > len(names) {
		return wrongCount(c)
	}
	return nil
}

// readGroups reads a repeated form; every argument is read before anything is done with the first.
func (t *talk) readGroups(names, words []string) error {
	for i, w := range words {
		name := names[i%len(names)]
		if err := t.readOne(name, w); err != nil {
			return err
		}
		switch name {
		case "K":
			t.args.keys = append(t.args.keys, t.args.key)
		case "V":
			t.args.vals = append(t.args.vals, t.args.val)
		}
	}
	return nil
}

// readOne reads the argument called name.
func (t *talk) readOne(name, w string) (err error) {
	a := &t.args
	switch name {
	case "K":
		a.key, err = word.Parse(t.key, w)
	case "V", "NEW":
		a.val, err = word.Parse(t.value, w)
	case "OLD":
		a.old, err = word.Parse(t.value, w)
	case "DELTA":
		a.val, err = word.Delta(t.value, w)
	case "N":
		a.n, err = word.Count(w)
	case "DUR":
		a.ttl, err = word.Duration(w)
	}
	return err
}

func wrongCount(c command) error {
	return fault.With(word.ErrSyntax, "wrong number of words; write %s", strings.TrimSpace(c.name+" "+c.form))
}

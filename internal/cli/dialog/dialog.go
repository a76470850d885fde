// Package dialog is the language of "shmap exec": one command a line in, one line of JSON out. It knows commands,
// their arguments and their answers; it must not know where the lines come from or how the map was opened.
//
// A line goes through three tables. The command table (commands.go) says which words a command wants and what it
// does; words are read by the name the table gives them (args.go); errors get the name of the first sentinel they
// wrap (fail.go). A new command is one line of the first table.
package dialog

import (
	"bufio"
	"errors"
	"io"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// keepAnswer is the largest answer buffer that is kept for the next line.
const keepAnswer = 1 << 20

// talk is one conversation: a map, the cursor that all its lines share, and the answer being built.
type talk struct {
	m          *dict.Map
	key, value layout.Kind
	cursor     *dict.Cursor
	commands   map[string]command
	words      []string
	args       args
	out        []byte
}

// Run answers the commands of in until its end. What is wrong with one line is its answer; an error means that in or
// out failed.
func Run(m *dict.Map, in io.Reader, out io.Writer) error {
	t := newTalk(m)
	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(out, 1<<16)
	for {
		line, err := r.ReadString('\n')
		if n := len(line); n > 0 && line[n-1] == '\n' {
			line = line[:n-1]
		}
		if _, werr := w.Write(t.answer(line)); werr != nil {
			return werr
		}
		if werr := w.Flush(); werr != nil {
			return werr
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func newTalk(m *dict.Map) *talk {
	o := m.Options()
	t := &talk{m: m, key: o.Key, value: o.Value, cursor: m.Cursor(), commands: map[string]command{}}
	for _, c := range commands() {
		t.commands[c.name] = c
	}
	return t
}

// answer returns the answer to line with its newline; a line without words has none.
func (t *talk) answer(line string) []byte {
	if cap(t.out) > keepAnswer {
		t.out = nil
	}
	t.out = t.out[:0]
	var err error
	if t.words, err = word.Split(t.words[:0], line); err == nil && len(t.words) > 0 {
		err = t.carryOut(t.words[0], t.words[1:])
	}
	if err != nil {
		t.out = appendError(t.out[:0], err)
	}
	if len(t.out) == 0 {
		return nil
	}
	return append(t.out, '\n')
}

// carryOut reads the arguments of one command and runs it.
func (t *talk) carryOut(name string, words []string) error {
	c, ok := t.commands[name]
	if !ok {
		return fault.With(word.ErrSyntax, "unknown command %.40q; 'shmap exec --help' lists them", name)
	}
	if c.integers && t.value == layout.String {
		return fault.With(word.ErrSyntax, "%s needs integer values, and those of this map are strings", name)
	}
	if err := t.read(c, words); err != nil {
		return err
	}
	return c.run(t, &t.args)
}

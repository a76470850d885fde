package explore

import (
	"errors"
	"fmt"
	"strings"
)

// ErrGaveUp is what a read returns that ended without an answer, as it may.
var ErrGaveUp = errors.New("explore: the reader gave up")

// pruned is the panic that ends an execution where another one has been.
type pruned struct{}

// Walk explores one reader beside a timeline, from one time on.
type Walk struct {
	Count
	line  *Timeline
	start int
	path  path
	now   int
	state uint64 // hash of what the reader has seen, and so of all that it knows
	steps []step
	loads int
	buf   []change

	reached map[uint64]int // states, with the earliest time at which the reader was in them

	// Attempt, if set, numbers the attempts of the reader: one that starts again has forgotten what it saw.
	Attempt func() uint64
	attempt uint64
	kept    uint64 // the state that attempts begin with
}

// step is one load of a word that changes.
type step struct {
	word  uint64
	value uint64
	time  int
}

// NewWalk begins a walk of readers that start at a time.
func NewWalk(line *Timeline, start int) *Walk {
	return &Walk{line: line, start: start, reached: map[uint64]int{}}
}

// Explore runs read along every path. read does all of its loads through Load. The error is the first that it returns,
// ErrGaveUp apart.
func (w *Walk) Explore(read func() error) error {
	for more := true; more; more = w.path.next() {
		w.now, w.state, w.attempt, w.kept, w.loads, w.steps = w.start, 0, 0, 0, 0, w.steps[:0]
		w.Executions++
		switch err := w.run(read); {
		case errors.Is(err, ErrGaveUp):
			w.GaveUp++
		case err != nil:
			return err
		}
		w.Longest = max(w.Longest, w.loads)
	}
	w.States = len(w.reached)
	return nil
}

func (w *Walk) run(read func() error) error {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(pruned); !ok {
				panic(r)
			}
			w.Pruned++
		}
	}()
	return read()
}

// Load answers a load of a word.
func (w *Walk) Load(word uint64) uint64 {
	if w.Attempt != nil {
		if a := w.Attempt(); a != w.attempt {
			w.attempt, w.state = a, Mix(w.kept, a)
		}
	}
	w.loads++
	if !w.line.Changes(word) {
		return w.line.before[word]
	}
	w.buf = w.line.answers(word, w.now, w.buf[:0])
	n := len(w.buf)
	c := w.buf[0]
	if n > 1 {
		c = w.buf[w.path.choose(n)]
	}
	w.now, w.state = c.time, Mix(w.state, c.value)
	w.steps = append(w.steps, step{word, c.value, c.time})
	if n > 1 && w.path.fresh() {
		w.arrive()
	}
	return c.value
}

// arrive ends the execution if a reader that knows the same has been here no later: whatever this one can see from now
// on, that one could.
func (w *Walk) arrive() {
	if t, ok := w.reached[w.state]; ok && t <= w.now {
		panic(pruned{})
	}
	w.reached[w.state] = w.now
}

// Now is the time of the last load, the earliest at which the reader can have got so far.
func (w *Walk) Now() int { return w.now }

// Forget says that all the reader knows from now on is what key stands for.
func (w *Walk) Forget(key uint64) {
	w.kept = Mix(key, 0x666f72676574)
	w.state = w.kept
	if w.Attempt != nil {
		w.attempt = w.Attempt()
	}
}

// Trace tells the loads of the last execution that saw a word which changes, with the stores between them. name says what
// a word is.
func (w *Walk) Trace(name func(word uint64) string) string {
	var b strings.Builder
	t := w.start
	tell := func(to int) {
		for ; t < to; t++ {
			s := w.line.stores[t]
			fmt.Fprintf(&b, "\t%4d      writer: %s = %#x\n", t+1, name(s.Word), s.Value)
		}
	}
	fmt.Fprintf(&b, "\t%4d  the reader starts\n", t)
	for _, s := range w.steps {
		tell(s.time)
		fmt.Fprintf(&b, "\t%4d  reader: %s is %#x\n", s.time, name(s.word), s.value)
	}
	return b.String()
}

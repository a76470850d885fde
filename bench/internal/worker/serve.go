package worker

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// An entry as a store wants it.
type entry struct{ key, value string }

// A store is what a worker of this program works on. Each method is a loop of its own, so that nothing is between the
// loop and the store; pairs[i].value is stored under pairs[i].key.
type store interface {
	read(pairs []entry) error
	write(pairs []entry) error
	half(pairs []entry) error // reads those at even places, writes the others
	hot(n int) error
}

// stores open a store in a directory.
func stores() map[string]func(dir string) (store, error) {
	return map[string]func(string) (store, error){
		"shmap":     openShmap,
		"bbolt":     openBolt,
		"redis":     openRedis,
		"memcached": openMemcached,
	}
}

// group is how many operations are done between two looks at the clock.
const group = 64

// Serve is the whole program of a worker of the given kind.
func Serve(kind string, args []string, in io.Reader, out io.Writer) error {
	open, ok := stores()[kind]
	if !ok || len(args) != 3 {
		return fmt.Errorf("%s=%q with arguments %q is no worker", Env, kind, args)
	}
	dir := args[0]
	number, _ := strconv.Atoi(args[1])
	workers, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	present, rotated, err := readEntries(filepath.Join(dir, Entries))
	if err != nil {
		return err
	}
	s, err := open(dir)
	if err != nil {
		return err
	}
	w := &server{store: s, present: present, rotated: rotated, at: len(present) / workers * number / group * group}
	fmt.Fprintln(out, "ready")
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		answer, err := w.obey(lines.Text())
		if err != nil {
			return err
		}
		fmt.Fprintln(out, answer)
	}
	return lines.Err()
}

// readEntries returns the pairs of the file, and the keys with the value of their neighbour each, for overwriting.
func readEntries(path string) (present, rotated []entry, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		present = append(present, entry{key, value})
	}
	for i, e := range present {
		rotated = append(rotated, entry{e.key, present[(i+1)%len(present)].value})
	}
	return present, rotated, nil
}

// server is a worker between two commands.
type server struct {
	store            store
	present, rotated []entry
	at               int // where it goes on
}

// obey does what a line says, and returns the answer.
func (w *server) obey(line string) (string, error) {
	if line == "load" {
		return "loaded", w.store.write(w.present)
	}
	var op string
	var ms int
	if _, err := fmt.Sscanf(line, "run %s %d", &op, &ms); err != nil {
		return "", fmt.Errorf("what is %q", line)
	}
	start, n := time.Now(), 0
	for time.Since(start) < time.Duration(ms)*time.Millisecond {
		if err := w.step(op); err != nil {
			return "", err
		}
		n += group
	}
	return fmt.Sprint(n, " ", time.Since(start).Nanoseconds()), nil
}

// step does one group of operations.
func (w *server) step(op string) error {
	if w.at+group > len(w.present) {
		w.at = 0
	}
	pairs := w.rotated[w.at : w.at+group]
	w.at += group
	switch op {
	case "read":
		return w.store.read(pairs)
	case "write":
		return w.store.write(pairs)
	case "half":
		return w.store.half(pairs)
	case "hot":
		return w.store.hot(group)
	}
	return fmt.Errorf("no operation %q", op)
}

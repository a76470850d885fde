package proof

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// Deadlines by the real clock. Each call is bracketed by readings of the test's own clock, so that what is demanded holds
// however long the machine lets anybody wait.

var datedOptions = dict.Options{Key: layout.Int64, Value: layout.Int64, EnableTTL: true}

const (
	dated    = 300                         // entries
	fineness = int64(time.Millisecond)     // of deadlines
	skew     = int64(time.Millisecond)     // of two handles
	datedTTL = int64(3 * time.Millisecond) // the shortest
)

// Words about an entry: when the store began, when it had returned, and its time to live.
const (
	dateBegan = iota
	dateDone
	dateTTL
	dateWords
)

// storeDated stores entries and notes the times.
func storeDated(m *dict.Map, notes cells) error {
	for i := range dated {
		ttl := datedTTL * int64(1+i%50)
		op := dict.Op{Key: number(i), Val: number(i), Mode: dict.TTLExplicit, TTL: time.Duration(ttl)}
		began := mono()
		if i%3 == 0 {
			op.Mode, op.At = dict.TTLAt, time.Now().Add(time.Duration(ttl))
		}
		if err := m.Do(&op); err != nil {
			return err
		}
		notes.set(i*dateWords+dateBegan, uint64(began))
		notes.set(i*dateWords+dateDone, uint64(mono()))
		notes.set(i*dateWords+dateTTL, uint64(ttl))
	}
	return nil
}

// datedRole stores entries in the map args[0] and notes the times in args[1].
func datedRole(p *maptest.Parent, args []string) error {
	notes, err := shared(args[1], dated*dateWords)
	if err != nil {
		return err
	}
	m, err := dict.Open(args[0], datedOptions)
	if err != nil {
		return err
	}
	if err := storeDated(m, notes); err != nil {
		return err
	}
	p.Tell("stored")
	p.Wait()
	return m.Close()
}

// watch reads all entries in turn until they are gone: none before its deadline, none there after it.
func watch(t *testing.T, m *dict.Map, notes cells, slack int64) {
	t.Helper()
	gone, reads, left := make([]bool, dated), 0, dated
	for left > 0 {
		for i := range dated {
			began, done, ttl := int64(notes.get(i*dateWords+dateBegan)), int64(notes.get(i*dateWords+dateDone)), int64(notes.get(i*dateWords+dateTTL))
			slack := slack
			if i%3 == 0 {
				slack = skew // of the wall clock, to which such a deadline was related once
			}
			before := mono()
			l, err := m.Load(number(i), nil, dict.ReadTTL)
			after := mono()
			switch {
			case err != nil:
				t.Fatal(err)
			case l.Found && gone[i]:
				t.Fatalf("entry %d came back", i)
			case l.Found && before >= done+ttl+fineness+slack:
				t.Fatalf("entry %d is there %v after its deadline", i, time.Duration(before-done-ttl))
			case l.Found && (int64(l.TTL) > done+ttl+2*fineness+slack-before || int64(l.TTL) <= 0):
				t.Fatalf("entry %d has %v to live, %v were given %v ago", i, l.TTL, time.Duration(ttl), time.Duration(before-done))
			case !l.Found && after < began+ttl-slack:
				t.Fatalf("entry %d is gone %v before its deadline", i, time.Duration(began+ttl-after))
			case !l.Found && !gone[i]:
				gone[i] = true
				left--
			}
			reads++
		}
	}
	record.Count(t, "P8", "deadlines watched", dated)
	record.Count(t, "P8", "reads", reads)
}

// shift makes a closed map believe that it was made when the wall clock showed another time: this is what a step of the
// wall clock leaves behind.
func shift(t *testing.T, path string, millis int64) {
	t.Helper()
	edit(t, path, layout.HdrClock, func(w uint64) uint64 { return w + uint64(millis) })
}

// edit changes a word of a closed map.
func edit(t *testing.T, path string, word int, f func(uint64) uint64) {
	t.Helper()
	image := cells(read(t, path))
	image.set(word, f(image.get(word)))
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(image[word*8:][:8], int64(word)*8); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// makeDated makes an empty map that is closed.
func makeDated(t *testing.T) (path string) {
	t.Helper()
	path = mapPath(t)
	m, err := dict.Open(path, datedOptions)
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestP08RealClock reads entries through the handle that stored them, through another one, through a read-only one, and
// what another process stored; with the wall clock where it was when the map was made, and hours away from it.
func TestP08RealClock(t *testing.T) {
	for _, hours := range []int64{0, 5, -5} {
		t.Run(strconv.Itoa(int(hours)), func(t *testing.T) {
			path := makeDated(t)
			shift(t, path, hours*3_600_000)
			m, err := dict.Open(path, datedOptions)
			m = maptest.Keep(t, m, err)
			notes := make(cells, dated*dateWords*8)
			if err := storeDated(m, notes); err != nil {
				t.Fatal(err)
			}
			watch(t, m, notes, 0)
			ro, err := dict.Open(path, dict.Options{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := storeDated(m, notes); err != nil {
				t.Fatal(err)
			}
			watch(t, ro, notes, skew)
			notes, err = shared(path+".notes", dated*dateWords)
			if err != nil {
				t.Fatal(err)
			}
			c := maptest.Start(t, "dated", path, path+".notes")
			c.Line()
			watch(t, m, notes, skew)
			if err := ro.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

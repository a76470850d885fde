package demo

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// tally is a count of words.
type tally map[string]int64

// plainCount counts the corpus in this process with a Go map, each file as often as it was handed out.
func plainCount(times map[string]int) (tally, time.Duration, error) {
	start := time.Now()
	counts := map[string]*int64{}
	for path, n := range times {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, 0, err
		}
		for w := range words(string(text)) {
			p := counts[w]
			if p == nil {
				p = new(int64)
				counts[strings.Clone(w)] = p
			}
			*p += int64(n)
		}
	}
	took := time.Since(start)
	t := make(tally, len(counts))
	for w, p := range counts {
		t[w] = *p
	}
	return t, took, nil
}

// contents reads the whole map.
func contents(m *dict.Map) (tally, error) {
	t := tally{}
	for c := m.Cursor(); ; {
		e, ok, err := c.Next()
		if err != nil || !ok {
			return t, err
		}
		if _, twice := t[e.Key.S]; twice {
			return nil, fmt.Errorf("the cursor returned %q twice", e.Key.S)
		}
		t[e.Key.S] = int64(e.Val.W)
	}
}

func (t tally) total() (n int64) {
	for _, c := range t {
		n += c
	}
	return n
}

// top returns the n most frequent words.
func (t tally) top(n int) []string {
	all := make([]string, 0, len(t))
	for w := range t {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(t[b], t[a]), cmp.Compare(a, b)) })
	return all[:min(n, len(all))]
}

// settle adds the words in flight that had not happened (D4), to m and to got, and returns how many they were.
func settle(m *dict.Map, want, got tally, inFlight []string) (missing int, err error) {
	for _, w := range inFlight {
		if got[w] >= want[w] {
			continue
		}
		op := dict.Op{Code: dict.OpAdd, Key: dict.Datum{S: w}, Val: dict.Datum{W: 1}}
		if err := m.Do(&op); err != nil {
			return 0, err
		}
		got[w]++
		missing++
		if int64(op.W) != got[w] {
			return 0, fmt.Errorf("%q was %d and is %d after adding 1", w, got[w]-1, int64(op.W))
		}
	}
	return missing, nil
}

// compare returns an error that names some of the words whose counts differ.
func compare(want, got tally) error {
	var all []error
	for w, n := range want {
		if got[w] != n {
			all = append(all, fmt.Errorf("%q is %d and should be %d", w, got[w], n))
		}
	}
	for w, n := range got {
		if _, ok := want[w]; !ok {
			all = append(all, fmt.Errorf("%q is %d and should not be there", w, n))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("%d words differ from the plain count: %w", len(all), errors.Join(all[:min(5, len(all))]...))
}

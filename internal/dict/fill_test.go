package dict

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
)

// A map is filled, read, walked and nearly emptied again; nothing is lost and nothing is left behind.
func TestFillAndEmpty(t *testing.T) {
	const n = 30_000
	for _, k := range []layout.Kind{layout.Int16, layout.Int32, layout.Int64, layout.String} {
		t.Run(k.String(), func(t *testing.T) {
			datum := func(i int, pad string) Datum {
				if k == layout.String {
					return Datum{S: fmt.Sprint(i, strings.Repeat(pad, i%40))}
				}
				return Datum{W: k.Truncate(uint64(i))}
			}
			m, err := Open(filepath.Join(t.TempDir(), "map"), Options{Key: k, Value: k})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = m.Close() })
			for i := range n {
				if err := m.Do(&Op{Key: datum(i, "k"), Val: datum(i*3, "v")}); err != nil {
					t.Fatal(i, err)
				}
			}
			holds(t, m, n)
			for i := range n {
				l, err := m.Load(datum(i, "k"), nil, ReadVisit)
				if want := datum(i*3, "v"); err != nil || !l.Found || l.W != want.W || string(l.B) != want.S {
					t.Fatal(i, l, err)
				}
			}
			for i := range n {
				op := Op{Code: OpDelete, Key: datum(i, "k")}
				if err := m.Do(&op); i%10 != 0 && (err != nil || !op.Found) {
					t.Fatal(i, err)
				} else if i%10 == 0 { // deleted as well, and put back
					if err := m.Do(&Op{Key: op.Key}); err != nil {
						t.Fatal(i, err)
					}
				}
			}
			holds(t, m, n/10)
		})
	}
}

// holds checks the map, and that iteration finds want entries.
func holds(t *testing.T, m *Map, want int) {
	t.Helper()
	seen := 0
	for c := m.Cursor(); ; seen++ {
		if _, ok, err := c.Next(); err != nil {
			t.Fatal(err)
		} else if !ok {
			break
		}
	}
	if seen != want || m.Len() != want {
		t.Fatalf("%d entries in the iteration, %d in all, want %d", seen, m.Len(), want)
	}
	if problems, err := m.Check(); err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
}

package dict

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
)

func TestSmoke(t *testing.T) {
	for _, k := range []layout.Kind{layout.Int64, layout.String, layout.Int32} {
		m, err := Open(filepath.Join(t.TempDir(), "x"), Options{Key: k, Value: k})
		if err != nil {
			t.Fatal(err)
		}
		d := func(i int, pad string) Datum {
			if k == layout.String {
				return Datum{S: fmt.Sprint(i, strings.Repeat(pad, i%40))}
			}
			return Datum{W: uint64(i)}
		}
		const n = 100000
		for i := range n {
			op := Op{Key: d(i, "k"), Val: d(i*3, "v")}
			if err := m.Do(&op); err != nil {
				t.Fatal(i, err)
			}
		}
		for i := range n {
			l, err := m.Load(d(i, "k"), nil, ReadVisit)
			if err != nil || !l.Found || k != layout.String && l.W != uint64(i*3) || k == layout.String && string(l.B) != d(i*3, "v").S {
				t.Fatal(i, l, err)
			}
		}
		seen := 0
		c := m.Cursor()
		for {
			_, ok, err := c.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			seen++
		}
		st, err := m.Stats(true)
		st.Shards = nil
		t.Logf("%v seen %d len %d %+v %v", k, seen, m.Len(), st, err)
		for i := range n {
			if i%10 != 0 {
				op := Op{Code: OpDelete, Key: d(i, "k")}
				if err := m.Do(&op); err != nil || !op.Found {
					t.Fatal(i, err)
				}
			}
		}
		st, err = m.Stats(true)
		st.Shards = nil
		t.Logf("%v len %d %+v %v", k, m.Len(), st, err)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

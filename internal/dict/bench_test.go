package dict

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
)

func benchMap(b *testing.B, o Options, n int) (*Map, []Datum) {
	m, err := Anonymous(o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = m.Close() })
	keys := make([]Datum, n)
	for i := range keys {
		keys[i] = Datum{W: uint64(i * 7919)}
		if o.Key == layout.String {
			keys[i] = Datum{S: fmt.Sprint("key-", i, strings.Repeat("k", 40))}
		}
		val := keys[i]
		if o.Value != o.Key {
			val = Datum{W: 1}
		}
		if err := m.Do(&Op{Key: keys[i], Val: val}); err != nil {
			b.Fatal(err)
		}
	}
	return m, keys
}

func BenchmarkInt64(b *testing.B) {
	m, keys := benchMap(b, Options{Key: layout.Int64, Value: layout.Int64}, 25_000)
	b.Run("op=load", func(b *testing.B) {
		for i := range b.N {
			if _, ok, _ := m.LoadWord(keys[i%len(keys)].W); !ok {
				b.Fatal("lost")
			}
		}
	})
	b.Run("op=store", func(b *testing.B) {
		for i := range b.N {
			op := Op{Key: keys[i%len(keys)], Val: Datum{W: uint64(i)}}
			if m.Do(&op) != nil {
				b.Fatal("refused")
			}
		}
	})
	b.Run("op=add", func(b *testing.B) {
		for i := range b.N {
			op := Op{Code: OpAdd, Key: keys[i%len(keys)], Val: Datum{W: 1}}
			if m.Do(&op) != nil {
				b.Fatal("refused")
			}
		}
	})
	b.Run("op=insert-delete", func(b *testing.B) {
		for i := range b.N {
			op := Op{Key: Datum{W: uint64(i) << 32}, Val: Datum{W: 1}}
			del := Op{Code: OpDelete, Key: op.Key}
			if m.Do(&op) != nil || m.Do(&del) != nil {
				b.Fatal("refused")
			}
		}
	})
}

func BenchmarkString(b *testing.B) {
	m, keys := benchMap(b, Options{Key: layout.String, Value: layout.String}, 25_000)
	var buf []byte
	b.Run("op=load", func(b *testing.B) {
		for i := range b.N {
			l, _ := m.Load(keys[i%len(keys)], buf[:0], ReadVisit)
			if buf = l.B; !l.Found {
				b.Fatal("lost")
			}
		}
	})
	b.Run("op=store", func(b *testing.B) {
		for i := range b.N {
			op := Op{Key: keys[i%len(keys)], Val: keys[i%len(keys)]}
			if m.Do(&op) != nil {
				b.Fatal("refused")
			}
		}
	})
}

func BenchmarkCache(b *testing.B) {
	m, keys := benchMap(b, Options{Key: layout.Int64, Value: layout.Int64, Capacity: 25_000}, 25_000)
	b.Run("op=load", func(b *testing.B) {
		for i := range b.N {
			_, _ = m.Load(keys[i%len(keys)], nil, ReadVisit)
		}
	})
	b.Run("op=store-evict", func(b *testing.B) {
		for i := range b.N {
			op := Op{Key: Datum{W: uint64(i) << 32}, Val: Datum{W: 1}}
			if m.Do(&op) != nil {
				b.Fatal("refused")
			}
		}
	})
}

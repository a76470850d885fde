package shard_test

import (
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/table"
)

// TestBytesAreAskedForLast: a value is overwritten, and its block taken by another one, after a reader has been told that its
// length is true and before it copies the bytes. It must ask once more when it has them.
func TestBytesAreAskedForLast(t *testing.T) {
	for _, size := range []int{100, 200 << 10} {
		m, err := dict.OnHeap(16<<20, dict.Options{Key: layout.Int64, Value: layout.String, Shards: 1})
		if err != nil {
			t.Fatal(err)
		}
		store := func(b string) {
			if err := m.Do(&dict.Op{Code: dict.OpStore, Key: dict.Datum{W: 1}, Val: dict.Datum{S: strings.Repeat(b, size)}}); err != nil {
				t.Fatal(err)
			}
		}
		store("a")
		s := &m.Segment().Shards[0]
		key, pos := shard.ReadyKey(m.Segment().Env.Config, dict.Datum{W: 1}), table.Pos{}
		if s.Table().Find(&key, &pos) != table.Found {
			t.Fatal("the key is not there")
		}
		asked := 0
		still := func() bool {
			if asked++; asked > 1 {
				return s.Table().Valid(&pos)
			}
			for _, b := range []string{"b", "c", "d"} {
				store(b)
			}
			return true // as it was before
		}
		var out shard.Loaded
		if s.Read(table.Item{Key: pos.Key, Val: pos.Val}, 0, &out, still) {
			t.Errorf("%d bytes, from %.4q to %.4q, asked %d times, are taken for the value", size, out.B, out.B[len(out.B)-4:], asked)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

//go:build explore

package explore

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/vector"
)

// Names of words, for the traces of what goes wrong; and the entries that a cursor should find.

var shardWords = map[uint64]string{layout.ShLevel: "level word", layout.ShLock: "lock word", layout.ShJournal: "journal head",
	layout.ShCount: "count", layout.ShOverUsed: "overflow buckets used", layout.ShOverFree: "free overflow buckets"}

// name says what a word of the film's memory is.
func (f *film) name(word uint64) string {
	off := word * 8
	if word == clockWord {
		return "clock"
	}
	for i := range f.scene.spec.Config().Shards() {
		if at := off - layout.ShardAt(i); at < layout.ShardSize {
			if s, ok := shardWords[at/8]; ok {
				return s
			}
			return fmt.Sprintf("shard word %d", at/8)
		}
		header, _ := f.memory.At(layout.ShardAt(i), layout.ShardSize)
		for which, shape := range f.scene.spec.Config().Geometry().Vectors() {
			for level := range layout.Levels {
				base := header.Load(vector.DirWord(which, level))
				if at := off - base; base != 0 && off >= base && at < shape.LevelBytes(level) {
					return fmt.Sprintf("%s %d word %d", vector.Name(which), shape.First(level)+at/shape.Elem, at%shape.Elem/8)
				}
			}
		}
	}
	return fmt.Sprintf("word %#x", off)
}

func millis(ms uint64) time.Duration { return time.Duration(ms) * time.Millisecond }

func show(entries []dict.Entry) (out []string) {
	for _, e := range entries {
		out = append(out, maptest.Show(e.Key)+": "+maptest.Show(e.Val))
	}
	return out
}

func compareKeys(a, b dict.Datum) int { return cmp.Or(cmp.Compare(a.W, b.W), cmp.Compare(a.S, b.S)) }

// between are the live entries of a shard at positions first to last of the iteration.
func (p *player) between(mo moment, index int, first, last uint64) (out []string) {
	c := p.film.scene.spec.Config()
	order := func(k dict.Datum) uint64 {
		key := shard.ReadyKey(c, k)
		return shard.Order(key.Hash)
	}
	var items []maptest.Item
	for _, it := range mo.state[index] {
		if at := order(it.Key); at >= first && at <= last && mo.live(&it) {
			items = append(items, it)
		}
	}
	slices.SortFunc(items, func(a, b maptest.Item) int {
		return cmp.Or(cmp.Compare(order(a.Key), order(b.Key)), compareKeys(a.Key, b.Key))
	})
	for _, it := range items {
		out = append(out, maptest.Show(it.Key)+": "+maptest.Show(it.Val))
	}
	return out
}

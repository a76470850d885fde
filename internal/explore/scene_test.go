//go:build explore

package explore

import (
	"errors"
	"fmt"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
)

// The scenes: every way in which a writer changes what a reader may be looking at.

func num(i int) dict.Datum { return dict.Datum{W: uint64(i)} }

// text is a string of n bytes, different for different numbers.
func text(i, n int) dict.Datum { return dict.Datum{S: maptest.Text(n, byte(i))} }

func store(k, v dict.Datum) maptest.Step {
	return maptest.Step{Op: dict.Op{Code: dict.OpStore, Key: k, Val: v}}
}

func remove(k dict.Datum) maptest.Step {
	return maptest.Step{Op: dict.Op{Code: dict.OpDelete, Key: k}}
}

// op is an operation on a key that takes a value.
func op(code dict.OpCode, k, v dict.Datum) maptest.Step {
	return maptest.Step{Op: dict.Op{Code: code, Key: k, Val: v}}
}

// lasting gives a step a time to live.
func lasting(s maptest.Step, ttl time.Duration) maptest.Step {
	s.Op.Mode, s.Op.TTL = dict.TTLExplicit, ttl
	return s
}

// fill stores keys from..to-1 with values of their own.
func fill(from, to int) (steps []maptest.Step) {
	for i := from; i < to; i++ {
		steps = append(steps, store(num(i), num(1000+i)))
	}
	return steps
}

// many is a many-form of keys from..to-1.
func many(kind maptest.Kind, atomic bool, from, to int) maptest.Step {
	s := maptest.Step{Kind: kind, Atomic: atomic}
	for i := from; i < to; i++ {
		s.Keys, s.Vals = append(s.Keys, num(i)), append(s.Vals, num(2000+i))
	}
	return s
}

// fillText stores keys from..to-1 with strings of n bytes.
func fillText(from, to, n int) (steps []maptest.Step) {
	for i := from; i < to; i++ {
		steps = append(steps, store(num(i), text(i, n)))
	}
	return steps
}

func steps(s ...maptest.Step) []maptest.Step { return s }

var (
	ints     = maptest.Spec{Key: layout.Int64, Value: layout.Int64, Seed: 0x5eed}
	shorts   = maptest.Spec{Key: layout.Int16, Value: layout.Int16, Seed: 0x5eed}
	middles  = maptest.Spec{Key: layout.Uint32, Value: layout.Int32, Seed: 0x5eed}
	timed    = maptest.Spec{Key: layout.Int64, Value: layout.Int64, HasTTL: true, Seed: 0x5eed}
	evicting = maptest.Spec{Key: layout.Int64, Value: layout.Int64, Capacity: 6, Seed: 0x5eed}
	sessions = maptest.Spec{Key: layout.Int64, Value: layout.Int64, Capacity: 6, TTL: 60_000, Seed: 0x5eed}
	ringed   = maptest.Spec{Key: layout.Int64, Value: layout.Int64, Capacity: 6, Policy: layout.PolicyS3, Seed: 0x5eed}
	trying   = maptest.Spec{Key: layout.Int64, Value: layout.Int64, Capacity: 40, Policy: layout.PolicyS3, Seed: 0x5eed} // two on trial
	texts    = maptest.Spec{Key: layout.Int64, Value: layout.String, Seed: 0x5eed}
	caching  = maptest.Spec{Key: layout.String, Value: layout.String, Capacity: 6, Seed: 0x5eed}
	mortal   = maptest.Spec{Key: layout.String, Value: layout.String, TTL: 60_000, Seed: 0x5eed}
	named    = maptest.Spec{Key: layout.String, Value: layout.String, Seed: 0x5eed}
)

// hashed is a map whose keys have few hashes, so that chains are long.
func hashed(s maptest.Spec, h layout.Hash) maptest.Spec {
	s.Hash = h
	return s
}

func scenes() (out []scene) {
	for _, part := range []struct {
		protocol string
		scenes   []scene
	}{
		{"changes of entries", words()},
		{"splits, merges and chains", shapes()},
		{"deadlines and evictions", deadlines()},
		{"strings that move", blobs()},
	} {
		for _, sc := range part.scenes {
			sc.protocol = part.protocol
			out = append(out, sc)
		}
	}
	return out
}

// words are operations on one entry.
func words() []scene {
	return []scene{
		{name: "insert beside a new handle", spec: ints, setup: fill(10, 13), steps: steps(store(num(20), num(1))), cold: true},
		{name: "insert", spec: ints, setup: fill(10, 13), steps: steps(store(num(20), num(1)))},
		{name: "insert of narrow ones", spec: shorts, setup: fill(10, 13), steps: steps(store(num(20), num(1)))},
		{name: "insert of middle ones", spec: middles, setup: fill(10, 13), steps: steps(store(num(20), num(1)))},
		{name: "overwrite with one store", spec: ints, setup: fill(10, 13), steps: steps(store(num(11), num(1)), op(dict.OpAdd, num(11), num(5))), plain: true},
		{name: "insert, overwrite and add the short way", spec: ints, setup: fill(10, 13), plain: true, write: func(m *dict.Map) error {
			_, err := m.AddWord(11, 5)
			return errors.Join(m.StoreWord(20, 1), m.StoreWord(20, 2), err)
		}},
		{name: "overwrite of narrow ones", spec: hashed(shorts, layout.HashConstant), setup: fill(10, 13),
			steps: steps(store(num(11), num(1)), store(num(10), num(2))), plain: true},
		{name: "delete", spec: ints, setup: fill(10, 13), steps: steps(remove(num(11)))},
		{name: "delete and insert into its slot", spec: hashed(ints, layout.HashConstant), setup: fill(10, 13),
			steps: steps(remove(num(11)), store(num(21), num(1)))},
		{name: "overwrite of two with one store each", spec: hashed(ints, layout.HashConstant), setup: fill(10, 13),
			steps: steps(store(num(10), num(1)), store(num(11), num(2)), store(num(10), num(3))), plain: true},
		{name: "delete, insert, delete of one key", spec: ints, setup: fill(10, 13),
			steps: steps(remove(num(11)), store(num(11), num(3)), remove(num(11)))},
		{name: "atomic stores", spec: ints, setup: fill(10, 13), steps: steps(many(maptest.StoreMany, true, 11, 15))},
		{name: "atomic stores into one bucket", spec: hashed(ints, layout.HashConstant), setup: fill(10, 13),
			steps: steps(many(maptest.StoreMany, true, 12, 15))},
		{name: "atomic deletes", spec: hashed(ints, layout.HashFourBit), setup: fill(10, 15), steps: steps(many(maptest.DeleteMany, true, 11, 14))},
	}
}

// shapes are operations that change the shape of the table. With the strong hash keys from 40 on are such that entries of
// the bucket that is split or merged move, and others stay.
func shapes() (out []scene) {
	for h := range layout.HashFourBit + 1 {
		spec, name := hashed(ints, h), fmt.Sprintf("hash %d: ", h)
		out = append(out, scene{name: name + "clear", spec: spec, setup: fill(40, 59), steps: steps(maptest.Step{Kind: maptest.Clear}, store(num(42), num(1)))})
		if h != layout.HashConstant {
			out = append(out,
				scene{name: name + "insert that splits", spec: spec, setup: fill(40, 57), steps: steps(store(num(57), num(1))), commits: 2, moved: 2},
				scene{name: name + "deletes that merge", spec: spec, setup: append(fill(40, 59), many(maptest.DeleteMany, false, 54, 58)),
					steps: steps(remove(num(58)), remove(num(53))), commits: 3, moved: 2},
				scene{name: name + "split and merge", spec: spec, setup: fill(40, 54),
					steps: steps(maptest.Step{Kind: maptest.Reserve, N: 18}, op(dict.OpInsert, num(40), num(1)), remove(num(40))), commits: 3, moved: 2},
			)
		}
		if h == layout.HashStrong {
			continue
		}
		out = append(out,
			scene{name: name + "insert into a full bucket", spec: spec, setup: fill(10, 17), steps: steps(store(num(17), num(1)))},
			scene{name: name + "overflow bucket emptied and used again", spec: spec, setup: fill(10, 18), heavy: h == layout.HashConstant,
				steps: steps(remove(num(17)), store(num(33), num(1)), store(num(49), num(2)))},
			scene{name: name + "delete in the middle of a chain", spec: spec, setup: fill(10, 26), steps: steps(remove(num(18)), remove(num(10)))},
		)
	}
	var chain []maptest.Step
	for i := 40; i < 80; i += 4 {
		chain = append(chain, store(num(i), num(1000+i)))
	}
	return append(out, scene{name: "split of a chain that becomes shorter", spec: hashed(ints, layout.HashFourBit), setup: chain,
		steps: steps(maptest.Step{Kind: maptest.Reserve, N: 23}), commits: 1, moved: 2})
}

// deadlines are maps with deadlines and with a policy.
func deadlines() []scene {
	soon, later := 5*time.Second, time.Hour
	pause := maptest.Step{Kind: maptest.Advance, N: 20}
	gone := steps(lasting(store(num(14), num(5)), time.Millisecond), pause)
	all := fill(40, 59)
	for i := range all {
		all[i] = lasting(all[i], time.Millisecond)
	}
	return []scene{
		{name: "overwrite with a deadline", spec: timed, setup: append(fill(10, 13), lasting(store(num(13), num(4)), soon)),
			steps: steps(lasting(store(num(13), num(9)), later), op(dict.OpPersist, num(13), num(0)))},
		{name: "insert with a deadline", spec: timed, setup: fill(10, 13), steps: steps(lasting(store(num(13), num(9)), soon))},
		{name: "over an expired one", spec: timed, setup: append(gone, fill(10, 13)...), steps: steps(op(dict.OpInsert, num(14), num(9)))},
		{name: "entries are used", spec: sessions, setup: append(fill(10, 13), pause),
			steps: steps(op(dict.OpTouch, num(12), num(0)), op(dict.OpLoadOrStore, num(10), num(9))), commits: 2},
		{name: "expired ones go", spec: timed, setup: append(gone, fill(10, 13)...), steps: steps(maptest.Step{Kind: maptest.FlushExpired})},
		{name: "clear of expired ones", spec: timed, setup: append(all, pause), steps: steps(maptest.Step{Kind: maptest.Clear})},
		{name: "store that evicts", spec: evicting, setup: fill(10, 16), steps: steps(store(num(16), num(1)))},
		{name: "overwrite under a policy", spec: evicting, setup: fill(10, 16), steps: steps(store(num(12), num(1)))},
		{name: "pop", spec: evicting, setup: fill(10, 16), steps: steps(maptest.Step{Kind: maptest.PopOldest}, maptest.Step{Kind: maptest.PopNewest})},
		{name: "store that evicts one on trial", spec: ringed, setup: fill(10, 16), steps: steps(store(num(16), num(1)))},
		{name: "store that evicts the short way", spec: evicting, setup: fill(10, 17), write: func(m *dict.Map) error { return m.StoreWord(20, 1) }, commits: 1},
		{name: "store with a deadline that evicts the short way", spec: sessions, setup: append(fill(10, 17), pause),
			write: func(m *dict.Map) error { return m.StoreWord(20, 1) }, commits: 1},
		{name: "store that evicts one on trial the short way", spec: trying, setup: fill(10, 51),
			write: func(m *dict.Map) error { return m.StoreWord(60, 1) }, commits: 1},
		{name: "store over one on trial", spec: ringed, setup: fill(10, 16), steps: steps(store(num(15), num(1)), store(num(12), num(2)))},
		{name: "store that passes some", spec: ringed, setup: append(fill(10, 16), store(num(15), num(2)), store(num(10), num(3))),
			steps: steps(store(num(16), num(1))), plain: true},
		{name: "insert that splits, with lines of their own", spec: maptest.Spec{Key: layout.Int64, Value: layout.Int64, TTL: 60_000,
			Capacity: 1000, Seed: 0x5eed}, setup: fill(40, 57), steps: steps(store(num(57), num(1))), commits: 2, moved: 2},
	}
}

// blobs are strings that come, go and move.
func blobs() []scene {
	key := func(i int) dict.Datum { return dict.Datum{S: fmt.Sprintf("a key of more than a slot %d", i)} }
	var strings, full, longer []maptest.Step
	for i := range 4 {
		strings = append(strings, store(key(i), text(i, 20+i)))
	}
	name := func(i int) dict.Datum { return dict.Datum{S: fmt.Sprintf("name %03d", i)} } // one word
	for i := range 7 {
		full, longer = append(full, store(name(i), text(i, 6))), append(longer, store(name(i), text(i, 12)))
	}
	sparse := fillText(40, 49, 20000)                 // three to a chunk
	for _, i := range []int{40, 43, 46, 41, 99, 99} { // so that the next delete is one that looks for sparse slabs
		sparse = append(sparse, remove(num(i)))
	}
	return []scene{
		{name: "store of a first string", spec: texts, cold: true, steps: steps(store(num(10), text(1, 60)))},
		{name: "string over string, twice", spec: texts, setup: fillText(10, 13, 30),
			steps: steps(store(num(11), text(5, 31)), store(num(12), text(6, 29)), store(num(11), text(7, 30)))},
		{name: "string over string the short way", spec: named, setup: strings, write: func(m *dict.Map) error {
			return errors.Join(m.StoreDatum(key(1), text(9, 22)), m.StoreDatum(key(2), text(8, 19)), m.StoreDatum(key(1), text(7, 20)))
		}},
		{name: "string over string, and its deadline", spec: mortal, setup: strings, steps: steps(store(key(1), text(9, 22)), lasting(store(key(2), text(8, 19)), time.Hour))},
		{name: "short over long and back", spec: texts, setup: fillText(10, 13, 30), steps: steps(store(num(11), text(5, 4)), store(num(11), text(5, 40)))},
		{name: "short over short", spec: texts, setup: fillText(10, 13, 5), steps: steps(store(num(11), text(5, 4))), plain: true},
		{name: "delete and store into its block", spec: texts, setup: fillText(10, 13, 30), steps: steps(remove(num(11)), store(num(20), text(9, 30)))},
		{name: "long key, other value", spec: named, setup: strings, steps: steps(store(key(1), text(9, 22)))},
		{name: "long key, short value", spec: named, setup: strings, steps: steps(store(key(1), text(9, 3)))},
		{name: "string that evicts the short way", spec: caching, setup: full, write: func(m *dict.Map) error { return m.StoreDatum(name(9), text(9, 6)) }, commits: 1},
		{name: "string with a value that evicts the short way", spec: caching, setup: longer, write: func(m *dict.Map) error { return m.StoreDatum(name(9), text(9, 12)) }, commits: 1},
		{name: "long key goes, another comes", spec: named, setup: strings, steps: steps(remove(key(2)), store(key(7), text(3, 19)))},
		{name: "long keys", heavy: true, spec: named, setup: strings, steps: steps(store(key(1), text(9, 22)), remove(key(2)), store(key(7), text(3, 19)))},
		{name: "long keys and short values", heavy: true, spec: named, setup: strings, steps: steps(store(key(1), text(9, 3)), store(key(2), text(8, 0)))},
		{name: "large value over a large one", heavy: true, spec: texts, setup: fillText(10, 12, 70_000), steps: steps(store(num(11), text(5, 70_001)))},
		{name: "delete that makes blobs move", heavy: true, spec: texts, setup: sparse, steps: steps(remove(num(44))), commits: 2},
	}
}

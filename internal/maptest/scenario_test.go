package maptest

import (
	"fmt"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// The scenarios whose crash points are enumerated.

// variants are the maps that every operation is tried on: with and without deadlines and eviction.
func variants() []Spec {
	var out, rings []Spec
	for i, k := range [][2]layout.Kind{{layout.Int64, layout.Int64}, {layout.String, layout.String}, {layout.String, layout.Int64},
		{layout.Int16, layout.Int16}} {
		plain := Spec{Key: k[0], Value: k[1], Seed: 0x5eed}
		ttl, clock, both := plain, plain, plain
		ttl.TTL = 60_000
		clock.Capacity = 12
		both.TTL, both.Capacity = 60_000, 12
		s3 := both
		if s3.Policy = layout.PolicyS3; i < 2 || long() {
			rings = append(rings, s3)
		}
		out = append(out, plain, both)
		if i == 0 || long() {
			out = append(out, ttl, clock)
			s3.TTL = 0
			rings = append(rings, s3)
		}
	}
	shards := Spec{Key: layout.Uint32, Value: layout.String, TTL: 60_000, LgShards: 1, Seed: 0x5eed}
	bytes := Spec{Key: layout.Int64, Value: layout.String, Policy: layout.PolicyClock, MaxBytes: 1 << 20, Seed: 0x5eed}
	s3bytes := bytes
	s3bytes.Policy = layout.PolicyS3
	return append(append(out, shards, bytes, s3bytes), rings...)
}

// A maker builds the steps of scenarios for one kind of map.
type maker struct {
	spec Spec
	out  []scenario
}

func (k *maker) key(i int) dict.Datum { return KeyOf(k.spec.Key, i) }

// val is a value: of strings, short ones and those of about 100 bytes in turn.
func (k *maker) val(i int) dict.Datum {
	if k.spec.Value == layout.String && i%2 == 0 {
		return dict.Datum{S: Text(3+i%4, byte(i))}
	}
	return ValueOf(k.spec.Value, byte(k.spec.Value.Bits()+150+5), byte(i))
}

func (k *maker) store(i, v int) Step {
	return Step{Op: dict.Op{Code: dict.OpStore, Key: k.key(i), Val: k.val(v)}}
}

func (k *maker) text(i, n int) Step {
	return Step{Op: dict.Op{Code: dict.OpStore, Key: k.key(i), Val: dict.Datum{S: Text(n, byte(i))}}}
}

// fill stores keys from..to-1.
func (k *maker) fill(from, to int) (steps []Step) {
	for i := from; i < to; i++ {
		steps = append(steps, k.store(i, i))
	}
	return steps
}

func (k *maker) delete(i int) Step { return Step{Op: dict.Op{Code: dict.OpDelete, Key: k.key(i)}} }

func (k *maker) many(kind Kind, atomic bool, from, to int) Step {
	s := Step{Kind: kind, Atomic: atomic}
	for i := from; i < to; i++ {
		s.Keys, s.Vals = append(s.Keys, k.key(i)), append(s.Vals, k.val(i+1))
	}
	return s
}

func (k *maker) add(name string, setup []Step, step Step) {
	k.out = append(k.out, scenario{name, k.spec, setup, step})
	if step.Kind == DoOp && HasShortWay(k.spec.Key, k.spec.Value, &step.Op) {
		step.Short = true
		k.out = append(k.out, scenario{name + ", the short way", k.spec, setup, step})
	}
}

// scenarios lists them for one map.
func scenarios(spec Spec) []scenario {
	k := maker{spec: spec}
	if spec.MaxBytes != 0 {
		k.bytes()
		return k.out
	}
	if spec.Key == layout.String {
		k.largeKeys()
	}
	k.operations()
	k.whole()
	k.shapes()
	if spec.Capacity != 0 {
		k.evictions()
	}
	if spec.Policy == layout.PolicyS3 {
		k.rings()
	}
	if spec.Value == layout.String && (spec.Capacity == 0 || long()) {
		k.strings()
	}
	return k.out
}

// expiring is a key that has expired when the step begins, on maps with TTL.
func (k *maker) expiring(i int) []Step {
	s := k.store(i, i)
	s.Op.Mode, s.Op.TTL = dict.TTLExplicit, 10*time.Millisecond
	return []Step{s, {Kind: Advance, N: 20}}
}

// Keys of the scenarios of one operation, and what they are in a map.
const present, absent, expired = 12, 99, 30

var keyStates = map[int]string{present: "present", absent: "absent", expired: "expired"}

// operations are those on one key: absent, present, expired, with and without an explicit deadline.
func (k *maker) operations() {
	modes := []dict.Op{{}}
	if k.spec.TTL != 0 {
		modes = append(modes, dict.Op{Mode: dict.TTLExplicit, TTL: 5 * time.Second}, dict.Op{Mode: dict.TTLExplicit},
			dict.Op{Mode: dict.TTLNew, TTL: 7 * time.Second}, dict.Op{Mode: dict.TTLAt, At: longAgo})
	}
	if k.spec.Key == layout.String && !long() {
		modes = modes[:min(len(modes), 2)] // integers see the others
	}
	for code := dict.OpStore; code <= dict.OpExpire; code++ {
		counter := code >= dict.OpAdd && code <= dict.OpMin
		if counter && k.spec.Value == layout.String || code >= dict.OpTouch && k.spec.TTL == 0 {
			continue
		}
		for n, mode := range modes {
			if n > 0 && (code == dict.OpDelete || code == dict.OpLoadAndDelete || code == dict.OpCompareAndDelete) {
				break
			}
			for _, at := range []int{present, absent, expired} {
				setup := k.fill(10, 15)
				if k.spec.TTL != 0 {
					setup = append(k.expiring(expired), setup...)
				} else if at == expired {
					continue
				}
				step := Step{Op: dict.Op{Code: code, Mode: mode.Mode, TTL: mode.TTL, At: mode.At, Key: k.key(at), Val: k.val(41), Old: k.val(at)}}
				name := fmt.Sprintf("%s of one %s, deadline %d", opNames[code], keyStates[at], n)
				k.add(name, setup, step)
				if code == dict.OpCompareAndSwap || code == dict.OpCompareAndDelete {
					step.Op.Old = k.val(55)
					k.add(name+", another value", setup, step)
				}
			}
		}
	}
}

// whole are the operations on the whole map.
func (k *maker) whole() {
	k.add("store-many", k.fill(10, 13), k.many(StoreMany, false, 12, 15))
	k.add("delete-many", k.fill(10, 15), k.many(DeleteMany, false, 13, 17))
	if k.spec.LgShards == 0 {
		k.add("store-many atomic", k.fill(10, 13), k.many(StoreMany, true, 11, 16))
		k.add("delete-many atomic", k.fill(10, 15), k.many(DeleteMany, true, 11, 17))
	}
	k.add("clear", k.fill(5, 16), Step{Kind: Clear})
	k.add("reserve", k.fill(10, 15), Step{Kind: Reserve, N: 25})
	k.add("pop of the only one", k.fill(10, 11), Step{Kind: PopOldest})
	k.add("pop of none", nil, Step{Kind: PopNewest})
	if k.spec.TTL != 0 {
		setup := append(k.fill(10, 13), append(k.expiring(30), k.expiring(31)...)...)
		setup = append(setup, k.expiring(32)...)
		k.add("flush-expired", setup, Step{Kind: FlushExpired})
		k.add("flush-expired, two", setup, Step{Kind: FlushExpired, N: 2})
	}
}

// thinned is a table about to become smaller.
func (k *maker) thinned() []Step {
	return append(k.fill(10, 46), k.many(DeleteMany, false, 14, 36))
}

// shapes are those where the table changes its shape: overflow buckets come and go, buckets split and merge.
func (k *maker) shapes() {
	was := k.spec
	defer func() { k.spec = was }()
	k.spec.Capacity = min(k.spec.Capacity, 1) * 1000
	for k.spec.Hash = range layout.HashFourBit + 1 {
		h := fmt.Sprintf("hash %d: ", k.spec.Hash)
		k.add(h+"store into a full bucket", k.fill(10, 17), k.store(17, 17))
		k.add(h+"store into a full overflow bucket", k.fill(10, 24), k.store(24, 24))
		k.add(h+"delete of the last one of an overflow bucket", k.fill(10, 18), k.delete(17))
		k.add(h+"delete of one in the middle of a chain", k.fill(10, 26), k.delete(18))
		k.add(h+"stores that split", k.fill(10, 24), k.many(StoreMany, false, 24, 32))
		k.add(h+"deletes that merge", k.thinned(), k.many(DeleteMany, false, 36, 40))
		k.add(h+"clear of many", k.fill(10, 46), Step{Kind: Clear})
		k.add(h+"reserve", k.fill(10, 24), Step{Kind: Reserve, N: 50})
	}
}

// evictions are those of the clock policy, and the pops in its order.
func (k *maker) evictions() {
	visit := func(i int) Step { return Step{Kind: Load, Op: dict.Op{Key: k.key(i)}, Flags: dict.ReadVisit} }
	full := k.fill(10, 22)
	visited := append(k.fill(10, 22), visit(10), visit(11), visit(13))
	k.add("store that evicts", full, k.store(22, 22))
	k.add("store that evicts the third", visited, k.store(22, 22))
	k.add("store that evicts again", k.fill(10, 23), k.store(23, 23)) // the shard knows by now that the limit is all given out
	k.add("store that evicts again, the third", append(k.fill(10, 23), visit(11), visit(12), visit(14)), k.store(23, 23))
	if k.spec.Key == layout.Int64 && k.spec.TTL == 0 && k.spec.Policy != layout.PolicyS3 {
		k.handedOver()
	}
	k.add("store-many atomic that evicts", visited, k.many(StoreMany, true, 21, 25))
	k.add("store-many that evicts", visited, k.many(StoreMany, false, 8, 12))
	k.add("pop-oldest", visited, Step{Kind: PopOldest})
	k.add("pop-newest", visited, Step{Kind: PopNewest})
	k.add("drain", visited, Step{Kind: Drain, N: 4})
	all := append([]Step(nil), full...)
	for i := range 12 {
		all = append(all, visit(10+i))
	}
	k.add("store where all are visited", all, k.store(22, 22))
	if k.spec.TTL != 0 {
		setup := append(k.expiring(30), append(k.expiring(31), k.fill(10, 20)...)...)
		k.add("store that evicts an expired one", setup, k.store(22, 22))
		k.add("pop-oldest behind expired ones", setup, Step{Kind: PopOldest})
		k.add("drain with expired ones", setup, Step{Kind: Drain, N: 2})
	}
}

// handedOver is a store into a full chain, where the entry that goes is alone in an overflow bucket of another chain.
func (k *maker) handedOver() {
	was := k.spec
	defer func() { k.spec = was }()
	k.spec.Hash = layout.HashFourBit
	var setup []Step
	do := func(code dict.OpCode, keys ...uint64) {
		for _, w := range keys {
			setup = append(setup, Step{Op: dict.Op{Code: code, Key: dict.Datum{W: w}, Val: k.val(int(w))}})
		}
	}
	do(dict.OpStore, 1, 0, 4, 8, 12, 16, 20, 24, 28, 2, 6, 10, 14) // the last one evicts 1; 28 is in an overflow bucket
	do(dict.OpDelete, 0, 4, 8, 12, 16, 20, 24)
	do(dict.OpStore, 18, 22, 26, 5, 9, 13, 17)
	k.add("store that could be handed an overflow bucket", setup, Step{Op: dict.Op{Key: dict.Datum{W: 30}, Val: k.val(30)}})
}

// rings are those of the policy s3: entries go from small to main, main's hand passes some, ghosts come and are asked.
func (k *maker) rings() {
	visit := func(i int) Step { return Step{Kind: Load, Op: dict.Op{Key: k.key(i)}, Flags: dict.ReadVisit} }
	full := k.fill(10, 22)                           // 21 is in small, the others are in main
	tried := append(k.fill(10, 22), visit(21))       // and goes on to main at the next eviction, so that small is empty
	ghost := append(k.fill(10, 22), k.store(22, 22)) // 21 is gone, and remembered
	passed := append(tried, visit(10), visit(11), visit(13))
	lapped := append(passed, k.store(22, 22), visit(22), visit(12), k.store(23, 23), visit(23))
	k.add("store that evicts one on trial", full, k.store(22, 22))
	k.add("store that lets one go on to main", tried, k.store(22, 22))
	k.add("store that passes some", passed, k.store(22, 22))
	k.add("store that takes laps", lapped, k.store(24, 24))
	k.add("store that a ghost remembers", ghost, k.store(21, 5))
	k.add("store that a ghost remembers, with room", append(ghost, k.delete(12)), k.store(21, 5))
	k.add("store that evicts again", k.fill(10, 24), k.store(24, 24))
	k.add("store that a ghost remembers again", append(k.fill(10, 24), visit(10)), k.store(22, 22))
	k.add("store over one of main", full, k.store(12, 13))
	k.add("delete of the one at the hand", full, k.delete(10))
	k.add("delete of the one on trial", full, k.delete(21))
	k.add("clear with ghosts", ghost, Step{Kind: Clear})
	k.add("split with ghosts", ghost, Step{Kind: Reserve, N: 60})
	k.add("pops of all", ghost, Step{Kind: Drain, N: 13})
	if k.spec.TTL != 0 {
		over := append(k.expiring(30), append(k.fill(10, 20), visit(10))...)
		k.add("store over an expired one of main", over, k.store(30, 31))
	}
}

// bytes are those at the limit of bytes: memory changes its use, goes, and comes back.
func (k *maker) bytes() {
	var full []Step
	for i := range 14 {
		full = append(full, k.text(40+i, 64<<10))
	}
	k.add("store that evicts for bytes", full, k.text(60, 64<<10))
	k.add("store that evicts several", full, k.text(60, 300<<10))
	k.add("overwrite that evicts", full, k.text(45, 200<<10))
	var small []Step
	for i := range 130 {
		small = append(small, k.text(100+i, 6000))
	}
	k.add("a large one where small ones are", small, k.text(60, 150<<10))
	k.add("a small one where large ones are", full, k.text(60, 100))
}

// largeKeys are those of a key of several chunks.
func (k *maker) largeKeys() {
	k.add("store of a large key", k.fill(10, 13), k.store(largeKey, 40))
	k.add("overwrite of a large key", []Step{k.store(largeKey, 40)}, k.store(largeKey, 41))
	k.add("overwrite of a large key by a blob", []Step{k.store(largeKey, 40), k.store(10, 9)}, k.store(largeKey, 43))
	k.add("delete of a large key", append(k.fill(10, 13), k.store(largeKey, 41)), k.delete(largeKey))
	k.add("pop of a large key", []Step{k.store(largeKey, 40)}, Step{Kind: PopOldest})
}

// strings are those where blobs come, go and move.
func (k *maker) strings() {
	was := k.spec
	defer func() { k.spec = was }()
	k.spec.Capacity = min(k.spec.Capacity, 1) * 1000
	const none, short, middle, large = 0, 7, 100, 200 << 10
	for _, from := range []int{none, short, middle, large} {
		for _, to := range []int{none, short, middle, middle + 1, 3000, large} {
			k.add(fmt.Sprintf("overwrite of %d bytes by %d", from, to), []Step{k.text(1, from), k.text(2, 50)}, k.text(1, to))
		}
		k.add(fmt.Sprintf("delete of %d bytes", from), []Step{k.text(1, from), k.text(2, 50)}, k.delete(1))
	}
	k.add("store of a first blob", nil, k.text(10, 300))
	k.add("store of a large blob", k.fill(10, 13), k.text(30, 150<<10))
	k.add("clear of large blobs", []Step{k.text(10, 100<<10), k.text(11, 20<<10), k.text(12, 50)}, Step{Kind: Clear})
	const third = 20000 // three to a chunk
	var full []Step
	for i := range 9 {
		full = append(full, k.text(40+i, third))
	}
	k.add("store that needs another slab", full, k.text(60, third))
	sparse := append(full, k.delete(40), k.delete(43), k.delete(46), k.delete(41))
	k.add("delete that makes blobs move", sparse, k.delete(44))
	k.add("delete that frees a slab", append(sparse, k.delete(44)), k.delete(47))
}

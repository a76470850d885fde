package maptest

import (
	"slices"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// Load is what a load of key finds; visit says that it counts as an access.
func (m *Model) Load(key dict.Datum, visit bool) (val dict.Datum, ttl time.Duration, ok bool) {
	it := m.live(key)
	if it == nil {
		return val, 0, false
	}
	if visit && m.Config.Policy != layout.PolicyNone {
		it.Visited = true
	}
	ttl = dict.Permanent
	if it.Deadline != 0 {
		ttl = time.Duration(it.Deadline-m.Clock.now) * time.Millisecond
	}
	return it.Val, ttl, true
}

// Pop removes the entry at the head or tail. Without a policy any entry will do: Popped tells the model which one it was.
func (m *Model) Pop(newest bool) (Item, bool) {
	for i := range m.order {
		for len(m.order[i]) > 0 {
			l := m.order[i]
			it := l[len(l)-1]
			if newest {
				it = l[0]
			}
			expired := it.expired(m.Clock.now)
			m.remove(it)
			m.unit()
			if !expired {
				return *it, true
			}
		}
	}
	return Item{}, false
}

// Popped removes the entry that a map without policy has popped; false if there is no such entry.
func (m *Model) Popped(e dict.Entry) bool {
	it := m.live(e.Key)
	if it == nil || it.Val != e.Val {
		return false
	}
	m.remove(it)
	m.unit()
	return true
}

// groups are the indices of keys by shard: many-forms go from shard to shard.
func (m *Model) groups(keys []dict.Datum) [][]int {
	out := make([][]int, m.Config.Shards())
	for i, k := range keys {
		s := shardOf(m.Config, k)
		out[s] = append(out[s], i)
	}
	return out
}

// Many stores or deletes keys; n is what the map returns.
func (m *Model) Many(ops []dict.Op, atomic bool) (n int, err error) {
	keys := make([]dict.Datum, len(ops))
	for i := range ops {
		keys[i] = ops[i].Key
	}
	groups := m.groups(keys)
	if atomic {
		return m.atomic(ops, groups)
	}
	for _, g := range groups {
		for _, i := range g {
			r := m.Do(&ops[i])
			if r.Err != nil {
				return n, r.Err
			}
			if ops[i].Code == dict.OpStore || r.Found {
				n++
			}
		}
	}
	return n, nil
}

// atomic is Many in one unit. The room is made before, in units of its own.
func (m *Model) atomic(ops []dict.Op, groups [][]int) (n int, err error) {
	if len(ops) == 0 {
		return 0, nil
	}
	if len(groups[shardOf(m.Config, ops[0].Key)]) != len(ops) {
		return 0, fault.ErrTooLarge
	}
	stores := ops[0].Code == dict.OpStore
	for i := range ops {
		if err := m.refuses(&ops[i]); err != nil {
			return 0, err
		}
	}
	if limit := m.limit(); stores && limit != 0 && uint64(len(ops)) > limit {
		return 0, fault.ErrTooLarge
	}
	if room := int(m.limit()) - len(m.Live()); stores && m.limit() != 0 && !m.evicts() && m.fresh(ops) > room {
		return 0, fault.ErrFull // though all that is expired may go
	}
	for fresh, was := m.absent(ops), 0; stores && fresh != was; fresh = m.absent(ops) {
		if was = fresh; !m.admit(fresh) {
			return 0, fault.ErrFull
		}
	}
	trace := m.Trace
	m.Trace = nil
	for i := range ops {
		if r := m.Do(&ops[i]); stores || r.Found {
			n++
		}
	}
	m.Trace = trace
	m.unit()
	return n, nil
}

// fresh counts the different keys of ops that are absent or expired.
func (m *Model) fresh(ops []dict.Op) int {
	keys := map[dict.Datum]bool{}
	for i := range ops {
		if m.live(ops[i].Key) == nil {
			keys[ops[i].Key] = true
		}
	}
	return len(keys)
}

// absent counts the different keys of ops that are not there.
func (m *Model) absent(ops []dict.Op) int {
	keys := map[dict.Datum]bool{}
	for i := range ops {
		if m.items[ops[i].Key] == nil {
			keys[ops[i].Key] = true
		}
	}
	return len(keys)
}

// FlushExpired removes every expired entry.
func (m *Model) FlushExpired() int { return m.dropExpired() }

// Clear removes everything, a unit for each shard.
func (m *Model) Clear() {
	for i := range m.order {
		for _, it := range m.order[i] {
			delete(m.items, it.Key)
		}
		m.order[i] = nil
		m.unit()
	}
}

// Learn makes the model forget what the map's state lacks but was free to drop: entries that have expired, and with evict
// others too. It returns the keys that are missing though they should be there.
func (m *Model) Learn(s State, evict bool) (lost []dict.Datum) {
	there := map[dict.Datum]bool{}
	for _, shard := range s {
		for i := range shard {
			there[shard[i].Key] = true
		}
	}
	for key, it := range m.items {
		switch {
		case there[key]:
		case it.expired(m.Clock.now) || evict:
			m.remove(it)
		default:
			lost = append(lost, key)
		}
	}
	if !m.Strict() {
		m.reorder(s)
	}
	return lost
}

// reorder takes over the order of recency and all that the policy remembers of entries.
func (m *Model) reorder(s State) {
	if m.Config.Policy == layout.PolicyNone {
		return
	}
	place := map[dict.Datum]int{}
	for _, shard := range s {
		for i := range shard {
			place[shard[i].Key] = i
			if it := m.items[shard[i].Key]; it != nil {
				it.Visited, it.Main, it.Laps = shard[i].Visited, shard[i].Main, shard[i].Laps
			}
		}
	}
	for i := range m.order {
		slices.SortFunc(m.order[i], func(a, b *Item) int { return place[a.Key] - place[b.Key] })
	}
}

// redate takes over the deadlines of keys.
func (m *Model) redate(s State, keys []dict.Datum) {
	for _, shard := range s {
		for i := range shard {
			if it := m.items[shard[i].Key]; it != nil && slices.Contains(keys, it.Key) {
				it.Deadline = shard[i].Deadline
			}
		}
	}
}

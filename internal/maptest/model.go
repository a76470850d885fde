package maptest

import (
	"slices"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// An Item is one entry of a model or of a State.
type Item struct {
	Key, Val dict.Datum
	Deadline uint64 // map time in milliseconds, 0 for none
	Visited  bool
	Main     bool // policy s3: it is in main, and not in small any more
	Laps     uint8
}

func (it *Item) expired(now uint64) bool { return it.Deadline != 0 && it.Deadline <= now }

// Model is a map in plain Go with all rules of the real one. Expired entries stay until somebody meets them, as in the
// real one: they count against limits. Its methods are not for concurrent use.
type Model struct {
	Config *layout.Config
	Clock  *Clock
	items  map[dict.Datum]*Item
	order  [][]*Item // by shard, newest first; without policy in no order; for s3 see models3.go

	// Trace, if not nil, is called after each unit.
	Trace func()

	// Known, if not nil, says whether a ghost remembers the key of a new entry: that depends on buckets, which the model
	// does not have.
	Known func(key dict.Datum) bool
}

// NewModel makes an empty model of maps of a spec.
func NewModel(s Spec, clock *Clock) *Model {
	c := s.Config()
	return &Model{Config: c, Clock: clock, items: map[dict.Datum]*Item{}, order: make([][]*Item, c.Shards())}
}

// Strict reports whether the model knows every victim: with several shards limits are spread in ways that are not
// promised, and RecencySkip leaves moves out.
func (m *Model) Strict() bool {
	c := m.Config
	return c.Policy != layout.PolicyNone && c.Shards() == 1 && (c.RecencySkip == 0 || c.Policy == layout.PolicyS3)
}

func (m *Model) unit() {
	if m.Trace != nil {
		m.Trace()
	}
}

// limit is the number of entries that the map may hold, 0 for no limit.
func (m *Model) limit() uint64 {
	c := m.Config
	if c.Capacity != 0 && (c.MaxEntries == 0 || c.Capacity < c.MaxEntries) {
		return c.Capacity
	}
	return c.MaxEntries
}

// evicts reports whether a full map evicts: it was told a capacity, and is not told to refuse entries before that.
func (m *Model) evicts() bool { return m.Config.Capacity != 0 && m.limit() == m.Config.Capacity }

// Len is the number of entries, expired ones included.
func (m *Model) Len() int { return len(m.items) }

// live is the entry of a key, nil if it is absent or expired.
func (m *Model) live(key dict.Datum) *Item {
	it := m.items[key]
	if it == nil || it.expired(m.Clock.now) {
		return nil
	}
	return it
}

// Live lists the entries that are not expired.
func (m *Model) Live() []*Item {
	var out []*Item
	for _, it := range m.items {
		if !it.expired(m.Clock.now) {
			out = append(out, it)
		}
	}
	return out
}

// State is a copy of all that the model holds, by shard.
func (m *Model) State() State {
	out := make(State, len(m.order))
	for i, list := range m.order {
		for _, it := range list {
			out[i] = append(out[i], *it)
		}
	}
	return out
}

func (m *Model) list(key dict.Datum) *[]*Item { return &m.order[shardOf(m.Config, key)] }

// remove takes an entry out.
func (m *Model) remove(it *Item) {
	delete(m.items, it.Key)
	l := m.list(it.Key)
	*l = slices.DeleteFunc(*l, func(x *Item) bool { return x == it })
}

// promote moves an entry to the head of its shard's list.
func (m *Model) promote(it *Item) {
	if m.Config.Policy == layout.PolicyNone {
		return
	}
	l := m.list(it.Key)
	i := slices.Index(*l, it)
	copy((*l)[1:i+1], (*l)[:i])
	(*l)[0] = it
}

func (m *Model) insert(key, val dict.Datum, deadline uint64) {
	it := &Item{Key: key, Val: val, Deadline: deadline}
	m.items[key] = it
	l := m.list(key)
	*l = slices.Insert(*l, 0, it)
	if m.Config.Policy == layout.PolicyS3 {
		m.enter(*l)
	}
}

// stored is what storing over an entry does to it besides; fresh says that it had expired.
func (m *Model) stored(it *Item, fresh bool) {
	if it.Visited = it.Visited && !fresh; m.Config.Policy != layout.PolicyS3 {
		m.promote(it)
	} else if it.Visited = !fresh; fresh {
		it.Laps = 0
	}
}

// admit makes room for n more entries; false if the map is full.
func (m *Model) admit(n int) bool {
	limit := int(m.limit())
	if limit == 0 || len(m.items)+n <= limit {
		return true
	}
	if !m.evicts() {
		return len(m.Live())+n <= limit // some expired entries go: which ones is learned afterwards
	}
	if !m.Strict() {
		return true // who goes is learned afterwards
	}
	for len(m.items)+n > limit && len(m.items) > 0 {
		m.evict()
	}
	return len(m.items)+n <= limit
}

// evict makes one entry go: all that the policy s3 does for that, or one unit of the policy clock.
func (m *Model) evict() {
	l := m.order[0]
	if m.Config.Policy == layout.PolicyS3 {
		m.evictS3(l)
		return
	}
	tail := l[len(l)-1]
	if tail.Visited && !tail.expired(m.Clock.now) {
		tail.Visited = false
		m.promote(tail)
	} else {
		m.remove(tail)
	}
	m.unit()
}

// dropExpired removes every expired entry, a unit each, and returns how many there were.
func (m *Model) dropExpired() (n int) {
	for _, it := range m.items {
		if it.expired(m.Clock.now) {
			m.remove(it)
			m.unit()
			n++
		}
	}
	return n
}

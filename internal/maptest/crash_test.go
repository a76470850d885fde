package maptest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
)

// A scenario is a map in some state, and a step that is killed at every store of the journal.
type scenario struct {
	name  string
	spec  Spec
	setup []Step
	step  Step
}

// A moment is a state that the map may be found in after a crash during the step. Ranks rise with time: what has once
// been found with one rank is never found with a lower one later.
type moment struct {
	rank  int
	state State
}

// A crasher enumerates the crash points of one scenario. All of its handles are on images of one map, so that nobody
// disturbs anybody.
type crasher struct {
	sc      *scenario
	clock   *Clock
	moments []moment
	keys    []dict.Datum // all that occur in any moment
	all     bool         // enumerate every crash point of every repair
	fault   bool         // planted: repair does not undo
	whole   []string     // policy s3: states with all ghosts that there are when no transaction is open
	rank    int          // of the moment found last

	points, again int // crash points in the step, and in the repairs that follow
	undone        int // crash points with a transaction open
	mends         int // stores of the repair before
	problem       error
}

// momentsOf computes what may be found: the state before the step, which m is in, after each unit, and so after the step.
func momentsOf(sc *scenario, m *Model) (ms []moment, keys []dict.Datum) {
	note := func(rank int) { ms = append(ms, moment{rank, m.State().sorted(m.Config)}) }
	note(0)
	m.Trace = func() { note(len(ms)) }
	if sc.step.Kind == FlushExpired {
		m.Trace = nil
		ms = subsets(m, cmp.Or(sc.step.N, len(m.items)))
	}
	if sc.spec.MaxBytes != 0 {
		ms = evicting(m, &sc.step)
	} else {
		m.Predict(&sc.step)
	}
	known := map[dict.Datum]bool{}
	for _, mo := range ms {
		for _, shard := range mo.state {
			for i := range shard {
				if k := shard[i].Key; !known[k] {
					known[k] = true
					keys = append(keys, k)
				}
			}
		}
	}
	return ms, keys
}

// subsets are the moments of the removal of up to n expired entries, in whatever order they are met.
func subsets(m *Model, n int) (ms []moment) {
	all := m.State()
	var gone []dict.Datum
	for _, it := range m.items {
		if it.expired(m.Clock.now) {
			gone = append(gone, it.Key)
		}
	}
	for set := range 1 << len(gone) {
		without, rank := map[dict.Datum]bool{}, 0
		for i, k := range gone {
			if set>>i&1 == 1 {
				without[k] = true
				rank++
			}
		}
		s := make(State, len(all))
		for i, shard := range all {
			for _, it := range shard {
				if !without[it.Key] {
					s[i] = append(s[i], it)
				}
			}
		}
		if rank <= n {
			ms = append(ms, moment{rank, s.sorted(m.Config)})
		}
	}
	slices.SortStableFunc(ms, func(a, b moment) int { return a.rank - b.rank })
	return ms
}

// room is that of the maps of scenarios.
const room = 4 << 20

// evicting are the moments of a store at the limit of bytes, in a map where nothing has been visited: as many entries go as
// it takes, then the store happens. One that overwrites may evict what it overwrites.
func evicting(m *Model, s *Step) (ms []moment) {
	for rank := range len(m.order[0]) + 1 {
		after := m.clone()
		for range rank {
			after.evict()
		}
		ms = append(ms, moment{rank, after.State()})
		after.Predict(s)
		ms = append(ms, moment{1000, after.State()})
	}
	slices.SortStableFunc(ms, func(a, b moment) int { return a.rank - b.rank })
	return ms
}

// run enumerates. It returns the first violation.
func (c *crasher) run() error {
	c.clock = NewClock()
	m, err := OnHeap(room, c.sc.spec, c.clock)
	if err != nil {
		return err
	}
	p := NewPair(c.sc.spec, c.clock, m)
	for i := range c.sc.setup {
		if err := p.Run(&c.sc.setup[i]); err != nil {
			return fmt.Errorf("setup, step %d, %v: %w", i, &c.sc.setup[i], err)
		}
	}
	memory := m.Segment().Env.Region
	if err := c.rehearse(memory.Image(), p); err != nil {
		return err
	}
	c.moments, c.keys = momentsOf(c.sc, p.Model)
	setPoint(m, func() {
		if c.problem == nil {
			c.crash(memory.Image(), fmt.Sprintf("crash point %d", c.points))
			c.points++
			if open(m) {
				c.undone++
			}
		}
	})
	err = c.sc.step.Perform(m)
	setPoint(m, nil)
	if c.problem != nil {
		return c.problem
	}
	if err != nil {
		return err
	}
	c.rank = max(c.rank, c.moments[len(c.moments)-1].rank)
	c.crash(memory.Image(), "the end")
	return c.problem
}

// open reports whether a transaction is.
func open(m *dict.Map) bool {
	for i := range m.Segment().Shards {
		if journal.Phase(m.Segment().Shards[i].Stat(layout.ShJournal)) != journal.Idle {
			return true
		}
	}
	return false
}

func setPoint(m *dict.Map, f func()) {
	for i := range m.Segment().Shards {
		m.Segment().Shards[i].SetPoint(f)
	}
}

// crash looks at an image of a map whose writer, participant 0, died at this moment.
func (c *crasher) crash(image []uint64, where string) {
	rank, _, err := c.recover(image, 1, c.rank)
	if err != nil {
		c.problem = fmt.Errorf("%s: %w", where, err)
		return
	}
	c.rank = rank
}

// slack is the room that a copy has for growth: for the levels that have a place already, and one page more.
const slack = 512 << 10

// attach attaches a copy of a map of whom the participants 0 to dead-1 hold what they hold, as participant number dead.
// They count as alive until bury.
func (c *crasher) attach(image []uint64, dead int) (m *dict.Map, bury func(), err error) {
	live := &lock.Local{}
	for n := range dead {
		_, _ = live.Take(n) // nobody else is there
	}
	room := uint64(len(image)) * 8
	if dead == 1 {
		room += slack
	}
	r := region.HeapFrom(image, room)
	seg, err := segment.AttachHeap(r, segment.Options{Live: live, Now: c.clock.Now, LockTimeout: 10 * time.Millisecond})
	if err != nil {
		return nil, nil, err
	}
	return dict.Attach(seg), func() {
		for n := range dead {
			live.Drop(n)
		}
	}, nil
}

// recover reads an image as it is, has it repaired, and says which moment it finds, at least rank. depth is how many
// participants have died in it: of the repair, too, every store is a crash point.
func (c *crasher) recover(image []uint64, depth, rank int) (int, State, error) {
	m, bury, err := c.attach(image, depth)
	if err != nil {
		return 0, nil, err
	}
	if rank, err = c.read(m, rank); err != nil {
		return 0, nil, fmt.Errorf("read before the repair: %w", err)
	}
	var images [][]uint64
	n, pick := 0, c.points%max(c.mends, 1)
	setPoint(m, func() {
		if depth == 1 && (c.all || n == pick) { // in the short form each repair is killed once, each at another store
			images = append(images, m.Segment().Env.Region.Image())
		}
		n++
	})
	bury()
	if err := c.mend(m); err != nil {
		return 0, nil, err
	}
	setPoint(m, nil)
	if err := Checked(m); err != nil {
		return 0, nil, fmt.Errorf("after the repair: %w", err)
	}
	found, err := Look(m)
	if err != nil {
		return 0, nil, err
	}
	if rank, err = c.find(found, rank); err != nil {
		return 0, nil, err
	}
	if err := c.haunted(m, found); err != nil {
		return 0, nil, err
	}
	if depth == 2 {
		return rank, found, nil
	}
	c.mends = n
	for i, image := range images {
		c.again++
		_, other, err := c.recover(image, depth+1, rank)
		if err != nil {
			return 0, nil, fmt.Errorf("crash point %d of the repair: %w", i, err)
		}
		if diff := other.Diff(found); diff != "" {
			return 0, nil, fmt.Errorf("crash point %d of the repair: repaired again it is another state: %s", i, diff)
		}
	}
	return rank, found, c.empty(m)
}

func (c *crasher) mend(m *dict.Map) error {
	for i := range m.Segment().Shards {
		s := &m.Segment().Shards[i]
		s.PlantFault(c.fault)
		if err := s.Mend(time.Now().Add(time.Second)); err != nil {
			return fmt.Errorf("repair: %w", err)
		}
	}
	return nil
}

// find is the first moment from rank on whose state this is.
func (c *crasher) find(s State, rank int) (int, error) {
	return c.first(rank, func(mo State) string { return s.Diff(mo) })
}

// read reads everything through the memory as it is: all of it must be of one moment.
func (c *crasher) read(m *dict.Map, rank int) (int, error) {
	seen := map[dict.Datum]dict.Loaded{}
	for _, k := range c.keys {
		l, err := m.Load(k, nil, dict.ReadTTL)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", Show(k), err)
		}
		if l.Found {
			seen[k] = l
		}
	}
	listed, cur := map[dict.Datum]dict.Datum{}, m.Cursor()
	for {
		e, ok, err := cur.Next()
		if err != nil {
			return 0, fmt.Errorf("iteration: %w", err)
		}
		if !ok {
			break
		}
		listed[e.Key] = e.Val
	}
	return c.first(rank, func(mo State) string { return c.differs(mo, seen, listed) })
}

// first is the first moment from rank on that diff finds nothing to say against.
func (c *crasher) first(rank int, diff func(State) string) (int, error) {
	var against []string
	for _, mo := range c.moments {
		if mo.rank < rank {
			continue
		}
		text := diff(mo.state)
		if text == "" {
			return mo.rank, nil
		}
		against = append(against, fmt.Sprintf("\n\tmoment %d: %s", mo.rank, text))
	}
	return 0, fmt.Errorf("it is no moment from %d on:%s", rank, against)
}

// differs says where what was read differs from a state.
func (c *crasher) differs(s State, seen map[dict.Datum]dict.Loaded, listed map[dict.Datum]dict.Datum) string {
	live := 0
	p := Pair{Model: NewModel(c.sc.spec, c.clock)}
	for _, shard := range s {
		for i := range shard {
			it := &shard[i]
			if it.expired(c.clock.now) {
				continue
			}
			live++
			l, ok := seen[it.Key]
			ttl := dict.Permanent
			if it.Deadline != 0 {
				ttl = time.Duration(it.Deadline-c.clock.now) * time.Millisecond
			}
			if !ok || p.datum(l.W, l.B) != it.Val || !sameTTL(l.TTL, ttl) {
				return fmt.Sprintf("%v, read %v %s TTL %v", it, ok, Show(p.datum(l.W, l.B)), l.TTL)
			}
			if val, ok := listed[it.Key]; !ok || val != it.Val {
				return fmt.Sprintf("%v, iterated %v %s", it, ok, Show(val))
			}
		}
	}
	if live != len(seen) || live != len(listed) {
		return fmt.Sprintf("%d entries, read %d, iterated %d", live, len(seen), len(listed))
	}
	return ""
}

// empty uses the repaired map until nothing is left, and has it checked again: nothing may have been lost to it.
func (c *crasher) empty(m *dict.Map) error {
	op := dict.Op{Key: dict.Datum{W: 7777, S: "new"}, Val: dict.Datum{W: 7, S: "value"}}
	if err := m.Do(&op); err != nil {
		return fmt.Errorf("a store after the repair: %w", err)
	}
	for _, k := range append(c.keys, op.Key) {
		op := dict.Op{Code: dict.OpDelete, Key: k}
		if err := m.Do(&op); err != nil {
			return fmt.Errorf("a delete after the repair: %w", err)
		}
	}
	if m.Len() != 0 {
		return fmt.Errorf("%d entries are left", m.Len())
	}
	if err := Checked(m); err != nil {
		return fmt.Errorf("after everything was deleted: %w", err)
	}
	return nil
}

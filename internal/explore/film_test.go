//go:build explore

package explore

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/journal"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
)

// A scene is a map in some state, and steps of one writer that are filmed.
type scene struct {
	name     string
	protocol string // what is tried here; scenes of one stand together
	spec     maptest.Spec
	setup    []maptest.Step
	steps    []maptest.Step
	write    func(m *dict.Map) error // in place of steps
	commits  int                     // transactions that there must be at least
	moved    int                     // main buckets whose tags must change at least
	plain    bool                    // a step changes the map by a store that is no commit
	cold     bool                    // readers do not know yet where things are
	distinct bool                    // no two attempts of a reader are taken for the same
	heavy    bool                    // of the long form
	ticks    uint64                  // milliseconds that pass at some time
}

// room is what every region of a film can grow to, slack what a copy of one can.
const (
	room  = 4 << 20
	slack = 512 << 10
)

// A film is what the writers of a scene, one after the other, store: each but the last dies at some store of its own, and the
// next one repairs what it left.
type film struct {
	scene   *scene
	start   uint64         // map time at its beginning
	memory  *region.Region // as the last writer leaves it
	before  []uint64
	stores  []Store
	deaths  []int // times at which a writer died
	line    *Timeline
	moments []moment
	fault   func(a *answering) region.Watcher // if not nil, readers are wrong in this way
}

// moment is what a map holds, and what time it is.
type moment struct {
	state maptest.State
	now   uint64
}

// shoot films the steps of a scene. The clock ticks after so many stores.
func (sc *scene) shoot(tickAt int) (*film, error) {
	clock := maptest.NewClock()
	r := &recorder{tickAt: tickAt, ticks: sc.ticks}
	c := sc.spec.Config()
	seg, err := segment.Heap(room, segment.Options{Create: c, Now: func() uint64 { return cmp.Or(r.clock(), clock.Now()) }})
	if err != nil {
		return nil, err
	}
	m := dict.Attach(seg)
	for i := range sc.setup {
		if sc.setup[i].Kind == maptest.Advance {
			clock.Advance(uint64(sc.setup[i].N))
		} else if err := sc.setup[i].Perform(m); err != nil {
			return nil, fmt.Errorf("setup, step %d: %w", i, err)
		}
	}
	f := &film{scene: sc, memory: seg.Env.Region, before: seg.Env.Region.Image(), start: clock.Now()}
	f.before[clockWord], r.now = f.start, f.start
	if err := f.record(r, func() error { return sc.perform(m) }); err != nil {
		return nil, err
	}
	if err := f.shows(); err != nil {
		return nil, err
	}
	return f, f.cut()
}

// shows makes sure that the film is what its scene is there for.
func (f *film) shows() error {
	commits, moved := 0, map[uint64]bool{}
	for _, s := range f.stores {
		if f.commits(s) {
			commits++
		}
		if n := f.name(s.Word); strings.HasPrefix(n, "main buckets") && strings.HasSuffix(n, " word 1") {
			moved[s.Word] = true
		}
	}
	if commits < f.scene.commits || len(moved) < f.scene.moved {
		return fmt.Errorf("%d transactions that change the tags of %d buckets, want %d and %d", commits, len(moved), f.scene.commits, f.scene.moved)
	}
	return nil
}

func (sc *scene) perform(m *dict.Map) error {
	if sc.write != nil {
		return sc.write(m)
	}
	for i := range sc.steps {
		if err := sc.steps[i].Perform(m); err != nil {
			return fmt.Errorf("%v: %w", &sc.steps[i], err)
		}
	}
	return nil
}

// record runs a writer on the film's memory and appends its stores.
func (f *film) record(r *recorder, write func() error) (err error) {
	r.region, r.stores = f.memory, nil
	watched(r, func() { err = write() })
	r.tick()
	f.stores = append(f.stores, r.stores...)
	f.before = append(f.before, make([]uint64, int(f.memory.Size()/8)-len(f.before))...)
	return err
}

// heir attaches the next process to an image of memory whose owners 0 to dead-1 have died.
func (sc *scene) heir(image []uint64, dead int) (*dict.Map, *region.Region, error) {
	live := &lock.Local{}
	for n := range dead {
		_, _ = live.Take(n) // nobody else is there
	}
	now := image[clockWord]
	image[clockWord] = 0
	r := region.HeapFrom(image, uint64(len(image))*8+slack)
	seg, err := segment.AttachHeap(r, segment.Options{Live: live, Now: func() uint64 { return now }})
	if err != nil {
		return nil, nil, err
	}
	for n := range dead {
		live.Drop(n)
	}
	return dict.Attach(seg), r, nil
}

// die is the film in which the last writer dies at a time, and another one repairs what it left; then does something.
func (f *film) die(at int, then func(m *dict.Map) error) (*film, error) {
	g := &film{scene: f.scene, start: f.start, before: slices.Clone(f.before), deaths: append(slices.Clone(f.deaths), at)}
	g.stores = slices.Clone(f.stores[:at])
	m, r, err := f.scene.heir(f.line.Image(at), len(g.deaths))
	if err == nil {
		g.memory = r
		err = g.record(&recorder{tickAt: -1}, func() error { return errors.Join(mend(m), then(m)) })
	}
	if err == nil {
		err = g.cut()
	}
	if err != nil {
		return nil, fmt.Errorf("%s, deaths at %v: %w", f.scene.name, g.deaths, err)
	}
	return g, nil
}

// mend takes every lock from the dead and so repairs what they left.
func mend(m *dict.Map) (err error) {
	for i := range m.Segment().Shards {
		err = errors.Join(err, m.Segment().Shards[i].Mend(time.Time{}))
	}
	return err
}

// cut finds the moments of the film: the times at which another state of the map begins, which is what a repair at that
// time would make of the memory, or another time of its own.
func (f *film) cut() error {
	line := NewTimeline(f.before, f.stores, nil)
	var times []int
	for t := range line.End() + 1 {
		if t > 0 && !f.scene.plain && !f.commits(f.stores[t-1]) && f.stores[t-1].Word != clockWord {
			continue
		}
		mo, err := f.scene.look(line.Image(t), len(f.deaths)+1)
		if err != nil {
			return fmt.Errorf("what a repair at time %d makes of it: %w", t, err)
		}
		if n := len(f.moments); n > 0 && mo.now == f.moments[n-1].now && mo.state.Diff(f.moments[n-1].state) == "" {
			continue
		}
		if t > 0 {
			times = append(times, t)
		}
		f.moments = append(f.moments, mo)
	}
	f.line = NewTimeline(f.before, f.stores, times)
	return nil
}

// look repairs an image and says what it holds.
func (sc *scene) look(image []uint64, dead int) (mo moment, err error) {
	mo.now = image[clockWord]
	m, _, err := sc.heir(image, dead)
	if err == nil {
		err = errors.Join(mend(m), maptest.Checked(m))
	}
	if err == nil {
		mo.state, err = maptest.Look(m)
	}
	return mo, err
}

// commits reports whether a store is the commit point of a transaction.
func (f *film) commits(s Store) bool {
	_, head, _ := wordKind(f.scene.spec, s.Word)
	return head && journal.Phase(s.Value) == journal.Committed
}

// agrees compares the moments of a film without deaths with what the model of maps says about its steps.
func (f *film) agrees() error {
	clock := maptest.NewClock()
	m := maptest.NewModel(f.scene.spec, clock)
	for i := range f.scene.setup {
		m.Prepare(&f.scene.setup[i])
	}
	var want []maptest.State
	note := func() {
		s := m.State()
		if f.scene.spec.Config().Policy == layout.PolicyNone {
			for _, items := range s {
				slices.SortFunc(items, func(a, b maptest.Item) int { return compareKeys(a.Key, b.Key) })
			}
		}
		if n := len(want); n == 0 || s.Diff(want[n-1]) != "" {
			want = append(want, s)
		}
	}
	note()
	m.Trace = note
	for i := range f.scene.steps {
		m.Predict(&f.scene.steps[i])
	}
	if len(want) != len(f.moments) {
		return fmt.Errorf("%d moments, the model has %d", len(f.moments), len(want))
	}
	for i := range want {
		if diff := f.moments[i].state.Diff(want[i]); diff != "" {
			return fmt.Errorf("moment %d: %s", i, diff)
		}
	}
	return nil
}

// levels are the level words at a time.
func (f *film) levels(t int) (out []uint64) {
	for i := range f.scene.spec.Config().Shards() {
		out = append(out, f.line.At(layout.ShardAt(i)/8+layout.ShLevel, t))
	}
	return out
}

// resizes reports whether a table gets or loses a bucket.
func (f *film) resizes() bool {
	return !slices.Equal(f.levels(0), f.levels(f.line.End()))
}

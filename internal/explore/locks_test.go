//go:build explore

package explore

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/hash"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
)

// A drama is what the processes on a stage do: each adds a digit of its own to one counter, so that the sum says who did;
// and in maps of strings, where there is memory to be had under the space lock, each stores one under a key of its own.
type drama struct {
	name     string
	spec     maptest.Spec
	acts     int   // of each process
	numbers  []int // participants; -1 attaches first
	died     int   // if not 0, participant 0 has died at this store of an act of its own
	deaths   int
	switches int // 0: any number
	heavy    bool
	closes   bool // handles are closed at the end
	loose    bool // a fault: see stage
	round    bool // see stage

	*stage
	begun, acked []int           // acts of each process; those of a participant 0 that has died are the last
	ends         map[uint64]bool // that have been looked at
}

// Protocols that dramas are about.
const (
	waiting = "processes that wait for each other"
	dying   = "processes that die, are robbed and repaired"
	robbing = "robbers and one that attaches beside one dead before"
)

func (d *drama) protocol() string {
	switch {
	case d.died > 0:
		return robbing
	case d.deaths > 0:
		return dying
	}
	return waiting
}

const counter = 10

// digit is what process i adds.
func digit(i int) uint64 {
	d := uint64(1)
	for range i {
		d *= 10
	}
	return d
}

func digitOf(sum uint64, i int) int { return int(sum / digit(i) % 10) }

func (d *drama) texts() bool { return d.spec.Value == layout.String }

// key is that of process i. In a map with two shards they are in both of them in turn.
func (d *drama) key(i int) dict.Datum {
	for k := 100 * (i + 1); ; k++ {
		if d.spec.LgShards == 0 || int(hash.Word(d.spec.Hash, d.spec.Seed|1, uint64(k))>>63) == i%2 {
			return num(k)
		}
	}
}

// act is what process i does.
func (d *drama) act(m *dict.Map, i int) (sum uint64, err error) {
	if d.texts() {
		op := dict.Op{Code: dict.OpStore, Key: d.key(i), Val: text(i, 40)}
		return 0, m.Do(&op)
	}
	return m.AddWord(counter, digit(i))
}

// live is the life of process p.
func (d *drama) live(p *Process) {
	var m *dict.Map
	var err error
	if d.actors[p.ID].number < 0 {
		m, err = d.attach(p)
	} else {
		m = d.handle(p)
	}
	d.fail(p, err)
	for range d.acts {
		before := slices.Clone(d.acked)
		d.begun[p.ID]++
		sum, err := d.act(m, p.ID)
		d.fail(p, err)
		d.acked[p.ID]++
		p.Note("acts: %d", sum)
		for i := range before { // what was done before is in it, and nothing that has not begun
			if n := digitOf(sum, i); !d.texts() && (n < before[i] || n > d.begun[i]) {
				d.fail(p, fmt.Errorf("add returned %d; done before: %v, begun: %v", sum, before, d.begun))
			}
		}
		p.Forget(uint64(d.acked[p.ID]))
	}
	if d.closes {
		m.Segment().Env.Owner.Retire()
	}
}

// over is asked when everybody has finished or died: all that was acknowledged is there, once, and the map is whole.
func (d *drama) over() error {
	if key := d.all(); d.ends[key] {
		return nil
	} else {
		d.ends[key] = true
	}
	seg, err := segment.AttachHeap(d.memory, segment.Options{Live: &kernel{d.stage, nil}, Now: d.clock.Now, LockTimeout: time.Second})
	if err != nil {
		return err
	}
	m := dict.Attach(seg)
	if err := mend(m); err != nil {
		return err
	}
	if err := maptest.Checked(m); err != nil {
		return err
	}
	if d.texts() {
		return d.stored(m)
	}
	l, err := m.Load(num(counter), nil, 0)
	for i := range d.acked {
		if n := digitOf(l.W, i); n < d.acked[i] || n > d.begun[i] {
			return fmt.Errorf("the sum is %d; acknowledged: %v, begun: %v", l.W, d.acked, d.begun)
		}
	}
	return err
}

// stored is over for maps of strings.
func (d *drama) stored(m *dict.Map) error {
	for i := range d.acked {
		l, err := m.Load(d.key(i), nil, 0)
		if err != nil || l.Found && string(l.B) != text(i, 40).S || !l.Found && d.acked[i] > 0 || l.Found && d.begun[i] == 0 {
			return fmt.Errorf("process %d: found %v %q (%v); acknowledged %d, begun %d", i, l.Found, l.B, err, d.acked[i], d.begun[i])
		}
	}
	return nil
}

// all is a hash of all that matters.
func (d *drama) all() uint64 {
	h := d.stage.state()
	for i := range d.acked {
		h = Mix(h, uint64(d.begun[i])<<32|uint64(d.acked[i]))
	}
	return h
}

// film is that of participant 0, which acts and then may be dead.
func (d *drama) film() (*film, error) {
	sc := scene{spec: d.spec, write: func(m *dict.Map) error {
		_, err := d.act(m, len(d.numbers))
		return err
	}}
	if !d.texts() {
		sc.setup = steps(store(num(counter), num(0)))
	}
	return sc.shoot(-1)
}

// perform explores the drama.
func (d *drama) perform() error {
	f, err := d.film()
	if err != nil {
		return err
	}
	image := f.line.Image(d.died)
	image[clockWord] = 0
	for _, n := range d.numbers {
		if n > 0 || n == 0 && d.died == 0 {
			image[(layout.ParticipantsAt+n*layout.ParticipantSize)/8+layout.PartIncarnation] = 1
		}
	}
	d.stage, d.ends = newStage(d.spec, maptest.NewClock(), image), map[uint64]bool{}
	d.State, d.Deaths, d.Switches, d.stage.loose = d.all, d.deaths, d.switches, d.loose
	d.stage.round = d.round
	if d.switches == 0 {
		d.Switches = -1
	}
	watched(d.stage, func() { err = d.Explore(d.enter, d.over) })
	return err
}

// enter brings the processes on.
func (d *drama) enter() (bodies []func(*Process)) {
	d.reset(d.numbers)
	d.begun, d.acked = make([]int, len(d.numbers)+1), make([]int, len(d.numbers)+1)
	if d.died > 0 {
		d.begun[len(d.numbers)] = 1
	}
	for range d.numbers {
		bodies = append(bodies, d.live)
	}
	return bodies
}

// dramas are those that are always tried, and the heavy ones of the long form.
func dramas(t *testing.T) []drama {
	two, three := []int{0, 1}, []int{0, 1, 2}
	far := texts
	far.LgShards, far.MaxBytes = 1, 64<<20
	near := texts
	near.MaxBytes = 64 << 20
	out := []drama{
		{name: "two processes", spec: timed, numbers: two, acts: 2},
		{name: "two that may both die", spec: timed, numbers: two, acts: 2, deaths: 2},
		{name: "two with one store each", spec: ints, numbers: two, acts: 2, deaths: 2},
		{name: "two under the space lock", spec: near, numbers: two, acts: 1, deaths: 1},
		{name: "two shards under the space lock", spec: far, numbers: two, acts: 1, deaths: 1, switches: 2},
		{name: "three, one of which may die", spec: timed, numbers: three, acts: 1, deaths: 1, switches: 2},
		{name: "three of which two may die", spec: timed, numbers: three, acts: 1, deaths: 2, switches: 1},
		{name: "three, one of which may die, any switches", spec: timed, numbers: three, acts: 1, deaths: 1, heavy: true},
		{name: "three of which two may die, two switches", spec: timed, numbers: three, acts: 1, deaths: 2, switches: 2, heavy: true},
		{name: "two shards under the space lock, four switches", spec: far, numbers: two, acts: 1, deaths: 1, switches: 4, heavy: true},
		{name: "two shards and three processes under the space lock", spec: far, numbers: three, acts: 1, deaths: 1, switches: 1, heavy: true},
	}
	f, err := (&drama{spec: timed}).film()
	must(t, err)
	for died := 1; died < f.line.End(); died++ {
		heavy := died%4 != 1
		name := fmt.Sprintf(" beside one dead at store %d", died)
		out = append(out,
			drama{name: "a robber and one that attaches" + name, spec: timed, numbers: []int{1, -1}, acts: 1, deaths: 1, died: died, heavy: heavy},
			drama{name: "two robbers and one that attaches" + name, spec: timed, numbers: []int{1, 2, -1}, acts: 1, died: died, switches: 2, heavy: heavy},
			drama{name: "two robbers, any of which may die, and one that attaches" + name, spec: timed, numbers: []int{1, 2, -1}, acts: 1, deaths: 2, died: died, switches: 1, heavy: true},
		)
	}
	return out
}

// TestP03Locks: processes that take locks from each other, wait, die, are robbed and come again under a dead one's number, in
// every order.
func TestP03Locks(t *testing.T) {
	var sum Count
	n, ends, by := 0, 0, map[string]int{}
	for _, d := range dramas(t) {
		if d.heavy && !long() {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			if err := d.perform(); err != nil {
				t.Fatalf("%v\n\t%s", err, strings.Join(d.Trace(), "\n\t"))
			}
			t.Logf("%+v, %d ends", d.Count, len(d.ends))
			sum.Add(d.Count)
			by[d.protocol()] += d.Executions
			n, ends = n+1, ends+len(d.ends)
		})
	}
	for _, protocol := range []string{waiting, dying, robbing} {
		record.Count(t, "P3", "schedules of "+protocol, by[protocol])
	}
	record.Count(t, "P3", "explored: casts of processes", n)
	record.Count(t, "P3", "explored: schedules", sum.Executions)
	record.Count(t, "P3", "explored: states", sum.States)
	record.Count(t, "P3", "explored: different ends", ends)
	record.Count(t, "P3", "explored: steps of the longest schedule", sum.Longest)
}

var _ region.Watcher = (*stage)(nil)

package maptest

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/proof/record"
	"github.com/shmap-go/shmap/internal/segment"
)

var holderSpec = Spec{Key: layout.Int64, Value: layout.String, Capacity: 1000}

// holderRole stops inside a transaction: before store number args[1] of the journal. It goes on when it is told to.
func holderRole(p *Parent, args []string) error {
	m, err := Open(args[0], holderSpec, nil)
	if err != nil {
		return err
	}
	at, _ := strconv.Atoi(args[1])
	n := 0
	setPoint(m, func() {
		if n++; n == at {
			p.Tell("held")
			p.Wait()
		}
	})
	op := dict.Op{Key: dict.Datum{W: 5}, Val: dict.Datum{S: telling(5, 50, uint64(at))}}
	if err := m.Do(&op); err != nil {
		return err
	}
	p.Tell("done")
	return nil
}

// hold starts a process that holds the lock of the map.
func hold(t *testing.T, path string, at int) *Child {
	t.Helper()
	c := Start(t, "holder", path, strconv.Itoa(at))
	if line, _ := c.Line(); line != "held" {
		t.Fatalf("the holder said %q", line)
	}
	return c
}

// patience is how long a wait may take that ought to be over at once.
const patience = 3 * time.Second

// opened opens the map at path; its writers wait for a lock for so long.
func opened(t *testing.T, path string, timeout time.Duration) *dict.Map {
	t.Helper()
	o := holderSpec.options(nil)
	o.LockTimeout = timeout
	m, err := attach(segment.Open(path, o))
	return Keep(t, m, err)
}

// ends fails the test if f does not end.
func ends(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s does not end", what)
	}
}

// storing stores in the background; the channel says when that was done. It returns when the store waits for the lock.
func storing(t *testing.T, m *dict.Map) <-chan time.Time {
	done := make(chan time.Time, 1)
	go func() {
		op := dict.Op{Key: dict.Datum{W: 6}, Val: dict.Datum{S: telling(6, 50, 1)}}
		if err := m.Do(&op); err != nil {
			t.Error(err)
		}
		done <- time.Now()
	}()
	for m.Segment().Shards[0].Stat(layout.ShLock)&(1<<31) == 0 && len(done) == 0 {
		runtime.Gosched()
	}
	return done
}

// TestP03DeadHolder kills processes while they hold the lock that another one waits for, and measures how long that one
// still waits.
func TestP03DeadHolder(t *testing.T) {
	path := places(t)["shm"]
	m := opened(t, path, patience)
	kills := 24
	switch {
	case long():
		kills = 2000
	case testing.Short(): // under an emulator each takes a second
		kills = 4
	}
	control, waits, idle := newControl(t, path), stalls{}, stalls{}
	for i := range kills {
		c := hold(t, path, 1+i%12)
		waits = append(waits, killAt(c, i, storing(t, m)))
		c.Kill()
		if t.Failed() {
			t.Fatalf("kill %d, before store %d", i, 1+i%12)
		}
		idle = append(idle, control.kill(t, i))
	}
	waits.judge(t, idle)
	if st, err := m.Stats(false); st.Recoveries == 0 || err != nil {
		t.Errorf("%d repairs, error %v", st.Recoveries, err)
	}
}

// TestP03StoppedHolder stops a process that holds a lock: it is not robbed, readers go on, and a writer gives up at its
// deadline.
func TestP03StoppedHolder(t *testing.T) {
	path := places(t)["shm"]
	m, hasty := opened(t, path, patience), opened(t, path, 20*time.Millisecond)
	for i := range 40 {
		op := dict.Op{Key: dict.Datum{W: uint64(i)}, Val: dict.Datum{S: telling(i, 40, 9)}}
		if err := m.Do(&op); err != nil {
			t.Fatal(err)
		}
	}
	c := hold(t, path, 8)
	c.Signal(syscall.SIGSTOP)
	ends(t, "a wait with a deadline", func() {
		op := dict.Op{Key: dict.Datum{W: 6}, Val: dict.Datum{S: "x"}}
		if err := hasty.Do(&op); !errors.Is(err, fault.ErrBusy) {
			t.Errorf("a writer got %v, want %v", err, fault.ErrBusy)
		}
	})
	if t.Failed() {
		t.FailNow() // with two writers at once nothing else can be said
	}
	for i := range 40 {
		l, err := m.Load(dict.Datum{W: uint64(i)}, nil, dict.ReadVisit)
		if n, ok := whole(i, l.B); err != nil || !ok || n != 9 {
			t.Errorf("%d: number %d whole %v error %v", i, n, ok, err)
		}
	}
	done := storing(t, m)
	c.Signal(syscall.SIGCONT)
	c.Go()
	if line, _ := c.Line(); line != "done" {
		t.Errorf("the holder said %q: it was robbed", line)
	}
	<-done
	l, err := m.Load(dict.Datum{W: 5}, nil, 0)
	if n, ok := whole(5, l.B); err != nil || !ok || n != 8 {
		t.Errorf("what the stopped one stored: number %d whole %v error %v", n, ok, err)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}

// scenarioNamed is the scenario with a name, of a variant.
func scenarioNamed(variant int, name string) (*scenario, error) {
	specs := variants()
	if variant < 0 {
		variant += len(specs)
	}
	for _, sc := range scenarios(specs[variant]) {
		if sc.name == name {
			return &sc, nil
		}
	}
	return nil, fmt.Errorf("no scenario %q of variant %d", name, variant)
}

// stepperRole carries out a scenario and stops before every store of the journal in its step.
func stepperRole(p *Parent, args []string) error {
	variant, _ := strconv.Atoi(args[1])
	sc, err := scenarioNamed(variant, args[2])
	if err != nil {
		return err
	}
	clock := NewClock()
	m, err := Open(args[0], sc.spec, clock)
	if err != nil {
		return err
	}
	pair := NewPair(sc.spec, clock, m)
	for i := range sc.setup {
		if err := pair.Run(&sc.setup[i]); err != nil {
			return err
		}
	}
	p.Tell("ready")
	p.Wait()
	setPoint(m, func() {
		p.Tell("point")
		p.Wait()
	})
	err = sc.step.Perform(m)
	p.Tell("done")
	return err
}

// stepped are scenarios for read-only readers: variant, from the end if it is negative, and name.
var stepped = []struct {
	variant int
	name    string
}{
	{0, "store of one absent, deadline 0"}, {0, "hash 1: store into a full bucket"}, {0, "hash 0: stores that split"},
	{0, "hash 1: delete of the last one of an overflow bucket"}, {0, "hash 2: deletes that merge"}, {0, "clear"},
	{0, "store-many atomic"}, {1, "store that evicts the third"}, {1, "swap of one present, deadline 1"},
	{1, "expire of one present, deadline 1"},
	{4, "overwrite of 204800 bytes by 100"}, {4, "overwrite of 7 bytes by 204800"}, {4, "delete that makes blobs move"},
	{5, "drain"}, {6, "swap of one present, deadline 0"}, {-1, "store that passes some"}, {-1, "store that evicts one on trial"},
}

// TestP10ReadOnlyLive reads through a read-only handle while the writer stands before each store of its journal, and
// after it has been killed there.
func TestP10ReadOnlyLive(t *testing.T) {
	points, killed := 0, 0
	for i, s := range stepped {
		t.Run(s.name, func(t *testing.T) {
			n := step(t, places(t)["shm"], s.variant, s.name, -1)
			kills := []int{0, n / 3, n / 2, max(0, n-1-i%3)}
			if long() { // at every one, but for some of the long ones
				kills = kills[:0]
				for k := 0; k < n; k += 1 + n/200 {
					kills = append(kills, k)
				}
			}
			for _, kill := range kills {
				step(t, places(t)["shm"], s.variant, s.name, kill)
			}
			points, killed = points+n, killed+len(kills)
		})
	}
	record.Count(t, "P10", "scenarios", len(stepped))
	record.Count(t, "P10", "stores before which the writer stood", points)
	record.Count(t, "P10", "kills before a store", killed)
}

// step carries out a scenario in a child, which it kills at a crash point, and returns how many there were.
func step(t *testing.T, path string, variant int, name string, kill int) (points int) {
	t.Helper()
	sc, err := scenarioNamed(variant, name)
	if err != nil {
		t.Fatal(err)
	}
	c := crasher{sc: sc, clock: NewClock()}
	child := Start(t, "stepper", path, strconv.Itoa(variant), name)
	if line, _ := child.Line(); line != "ready" {
		t.Fatalf("the child said %q", line)
	}
	model := NewModel(sc.spec, c.clock)
	for i := range sc.setup {
		model.Prepare(&sc.setup[i])
	}
	c.moments, c.keys = momentsOf(sc, model)
	o := sc.spec.options(c.clock)
	o.ReadOnly, o.Create = true, nil
	m, err := attach(segment.Open(path, o))
	if err != nil {
		t.Fatal(err)
	}
	child.Go()
	for line, _ := child.Line(); line == "point"; line, _ = child.Line() {
		if points == kill {
			child.Kill()
		}
		if c.rank, err = c.read(m, c.rank); err != nil {
			t.Fatalf("crash point %d, killed at %d: %v", points, kill, err)
		}
		points++
		child.Go()
	}
	if kill < 0 {
		if err := child.Wait(); err != nil {
			t.Error(err)
		}
		c.rank = c.moments[len(c.moments)-1].rank
	}
	if c.rank, err = c.read(m, c.rank); err != nil {
		t.Fatalf("the end, killed at %d: %v", kill, err)
	}
	c.healed(t, path)
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	return points
}

// TestP10ReadOnlyVisits reads through a read-only handle as an access that counts for eviction: nothing is stored.
func TestP10ReadOnlyVisits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	m := opened(t, path, patience)
	for i := range 40 {
		if err := m.Do(&dict.Op{Key: dict.Datum{W: uint64(i)}, Val: dict.Datum{S: "value"}}); err != nil {
			t.Fatal(err)
		}
	}
	before := m.Segment().Env.Region.Image()
	ro, err := dict.Open(path, dict.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if l, err := ro.Load(dict.Datum{W: uint64(i)}, nil, dict.ReadVisit); err != nil || !l.Found {
			t.Errorf("%d: found %v, error %v", i, l.Found, err)
		}
	}
	if !slices.Equal(m.Segment().Env.Region.Image(), before) {
		t.Error("the memory has changed")
	}
	if err := ro.Close(); err != nil {
		t.Error(err)
	}
}

// healed opens the map for writing and looks whether what was read stays.
func (c *crasher) healed(t *testing.T, path string) {
	t.Helper()
	m, err := Open(path, c.sc.spec, c.clock)
	m = Keep(t, m, err)
	if err := c.mend(m); err != nil {
		t.Fatal(err)
	}
	found, err := Look(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.find(found, c.rank); err != nil {
		t.Error(err)
	}
}

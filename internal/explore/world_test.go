package explore

import (
	"fmt"
	"testing"
)

// Locks that outlive their owners, right and wrong, of one word: 0 is free, else the owner's number plus one.

type toy struct {
	World
	lock, inside, sum int
	alive             [3]bool
}

func (t *toy) state() uint64 {
	h := Mix(uint64(t.lock), uint64(t.sum))
	for _, a := range t.alive {
		h = Mix(h, map[bool]uint64{true: 1}[a])
	}
	return Mix(h, uint64(t.inside))
}

// take takes the lock; test says that looking and taking are two steps, rob that a dead owner is robbed.
func (t *toy) take(p *Process, test, rob bool) {
	for {
		p.Point()
		owner := t.lock
		p.Saw(uint64(owner))
		if owner == 0 {
			if test {
				p.Point()
			}
			t.lock = p.ID + 1
			t.Notice()
			return
		}
		p.Point()
		alive := t.alive[owner-1]
		p.Saw(map[bool]uint64{true: 1}[alive])
		if !alive && rob {
			p.Point()
			if t.lock == owner {
				t.lock = p.ID + 1
				t.Notice()
				t.inside = 0 // what the repair makes of it
				return
			}
			continue
		}
		p.Sleep()
	}
}

func (t *toy) add(p *Process, test, rob bool) {
	t.take(p, test, rob)
	if t.inside++; t.inside != 1 {
		t.Fail(fmt.Errorf("process %d is not alone", p.ID))
	}
	p.Point()
	t.sum++
	t.inside--
	p.Point()
	t.lock = 0
	t.Notice()
}

func (t *toy) explore(processes int, test, rob bool) error {
	t.State = t.state
	t.Died = func(p *Process) { t.alive[p.ID] = false }
	return t.Explore(func() (bodies []func(*Process)) {
		t.lock, t.inside, t.sum = 0, 0, 0
		for i := range processes {
			t.alive[i] = true
			bodies = append(bodies, func(p *Process) { t.add(p, test, rob) })
		}
		return bodies
	}, func() error { return nil })
}

func TestToyLock(t *testing.T) {
	for _, c := range []struct {
		name      string
		processes int
		deaths    int
		test, rob bool
		wrong     string
	}{
		{"nobody dies", 3, 0, false, false, ""},
		{"test, then take", 2, 0, true, false, "process 0 is not alone"},
		{"the dead are not robbed", 2, 1, false, false, "nobody can go on"},
		{"the dead are robbed", 3, 2, false, true, ""},
	} {
		for _, switches := range []int{-1, 2, 3} {
			toy := toy{World: World{Deaths: c.deaths, Switches: switches}}
			err := toy.explore(c.processes, c.test, c.rob)
			t.Logf("%s, %d switches: %+v, %v", c.name, switches, toy.Count, err)
			if got := fmt.Sprint(err); c.wrong == "" && err != nil || c.wrong != "" && got != c.wrong {
				t.Errorf("%s: %v, want %q", c.name, err, c.wrong)
			}
		}
	}
}

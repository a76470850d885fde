package cli

import (
	"testing"
	"time"
)

// A desk is a made-up machine on which one piece of work takes 50 µs of its own processor.
type desk struct {
	clock, cpu, idle, longest time.Duration
	spare                     float64 // processors that are idle while the command naps
	blind                     bool
	naps                      int
}

func (d *desk) pace() *pace {
	p := &pace{
		now:  func() time.Time { return time.Unix(0, int64(d.clock)) },
		cpu:  func() time.Duration { return d.cpu },
		idle: func() (time.Duration, bool) { return d.idle.Truncate(10 * time.Millisecond), !d.blind },
		sleep: func(nap time.Duration) {
			if nap <= 0 {
				return
			}
			d.naps++
			d.longest = max(d.longest, nap)
			d.clock += nap
			d.idle += time.Duration(d.spare * float64(nap))
		},
	}
	p.begin(firstStretch)
	return p
}

// work does so many pieces of work, and returns which part of a processor it used.
func (d *desk) work(p *pace, pieces int) float64 {
	clock, cpu := d.clock, d.cpu
	for range pieces {
		d.clock += 50 * time.Microsecond
		d.cpu += 50 * time.Microsecond
		p.step()
	}
	return float64(d.cpu-cpu) / float64(d.clock-clock)
}

func TestPace(t *testing.T) {
	busy := &desk{spare: 0.4}
	p := busy.pace()
	if got := busy.work(p, 199); got != 1 || busy.naps != 0 {
		t.Errorf("a small map: %d naps", busy.naps)
	}
	if got := busy.work(p, 20_000); got > 1.01/share || got < 0.5/share || busy.longest > longestNap {
		t.Errorf("while all processors are busy it uses %.3f of one; the longest nap is %v", got, busy.longest)
	}
	busy.spare = 1 // somebody ended
	busy.work(p, 100)
	if got := busy.work(p, 20_000); got < 0.8 {
		t.Errorf("while a processor is idle it uses %.3f of one", got)
	}
	busy.spare = 0
	busy.work(p, 8000) // 400 ms; then it sees
	if got := busy.work(p, 2000); got > 1.01/share {
		t.Errorf("when all are busy again it uses %.3f of one", got)
	}

	huge := &desk{}
	p = huge.pace()
	huge.cpu += time.Hour // one piece of work may take long
	huge.clock += time.Hour
	if p.step(); huge.longest != longestNap-shortestNap {
		t.Errorf("a nap of %v", huge.longest)
	}

	blind := &desk{blind: true}
	if got := blind.work(blind.pace(), 20_000); got != 1 {
		t.Errorf("it knows of no other, and uses %.3f of a processor", got)
	}
	(*pace)(nil).step() // naps never
}

// The kernel's figures can be read, and grow.
func TestPaceOfThisMachine(t *testing.T) {
	idle, known := idleTime()
	used := processTime()
	if !known || used <= 0 {
		t.Fatalf("idle for %v (%v), used %v", idle, known, used)
	}
	if later, _ := idleTime(); later < idle || processTime() < used {
		t.Errorf("idle for %v, then for %v", idle, later)
	}
}

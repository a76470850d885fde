package check_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/check"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/segment"
)

// At every store of a transaction, a copy of the memory is what another process finds if the writer is stopped there, or
// dies there.
func TestEveryInstantIsClean(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			p := play(t, k.Options, 7)
			p.ops(300, 300, 80)
			p.now += epoch
			stores, every := 0, 1+p.r.IntN(100)
			look := func() {
				if stores++; stores%every != 0 {
					return
				}
				every = 1 + p.r.IntN(400)
				words := p.m.Segment().Env.Region.Image()
				p.lookStopped(words, stores)
				p.lookDead(words, stores)
			}
			for i := range p.m.Segment().Shards {
				p.m.Segment().Shards[i].SetPoint(look)
			}
			p.ops(400, 300, 50)
			p.clear()
			for range 4 { // memory is given back
				p.now += epoch
				p.ops(70, 300, 50)
			}
		})
	}
}

// lookStopped walks without the lock, which a live process holds.
func (p *player) lookStopped(words []uint64, at int) {
	p.t.Helper()
	live := &lock.Local{}
	if ok, err := live.Take(0); !ok || err != nil {
		p.t.Fatal("the number of the stopped process is taken")
	}
	seg, err := attachCopy(words, segment.Options{LockTimeout: time.Nanosecond, Now: func() uint64 { return p.now }, Live: live})
	if err != nil {
		p.t.Fatal(err)
	}
	problems, err := check.Run(seg, nil)
	if err != nil || len(problems) != 0 {
		p.t.Fatalf("store %d, writer stopped: %v %v", at, err, problems)
	}
}

// lookDead walks after a repair.
func (p *player) lookDead(words []uint64, at int) {
	p.t.Helper()
	m := newMemory(p.t, words, func() uint64 { return p.now })
	mustBeClean(p.t, m.dict(), fmt.Sprintf("store %d, writer dead", at))
}

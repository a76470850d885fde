package litmus_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/proof/record"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/sys"
)

// A pair is one ordered pair of docs/CONCURRENCY.md.
type pair struct {
	never    [][]thread // programs with an outcome that no architecture may have
	weakened [][]thread // the same with something missing, which one of them may have; nil: never, without order and fences

	// The two sides go round and round, each on a mapping of its own, and say what they saw that must not be. wrong names
	// the order in which they do it: "" is the right one.
	write, read func(p side, i uint64, wrong string) string
	wrong       []string

	// weak is an order that only a processor can spoil. It may do so or not: arm64 does not if that is the pair of a
	// store-release and a load-acquire behind it, and nobody does who runs the sides by turns.
	weak string

	// meet makes the two sides begin each round together: for what can be seen only when they do it at once.
	meet bool
}

// A side is what one of the two works on.
type side struct {
	region.Ptr
	theirs *atomic.Uint64 // rounds that the other side has finished
	dice   *rand.Rand     // how long its gaps are: a pattern would keep time with that of the other side
	meet   bool           // it does not begin the next one before this side does
}

// gap lies between two steps that have changed places. In some rounds it is short, so that processors have to be quick. In
// the others it lasts until the other side has done a whole round meanwhile, if that is possible: so a wrong order is
// noticed as well where other processes keep the two sides from running at once.
func (s side) gap(i uint64) {
	if s.dice.Uint64()%2 == 0 {
		for n := uint64(1) << s.dice.Uint64N(8); n > 0; n-- {
			nothing()
		}
		return
	}
	until := s.theirs.Load() + 2
	if s.meet {
		until = i
	}
	for n := 0; n < 256 && s.theirs.Load() < until; n++ {
		runtime.Gosched()
	}
}

// budget is how long the right order is tried.
func budget() time.Duration {
	if os.Getenv("SHMAP_LONG") != "" {
		return 10 * time.Second
	}
	return 150 * time.Millisecond
}

// patience is how long a wrong order has to be noticed. It takes milliseconds, if the processors are free, for there are gaps.
const patience = 60 * time.Second

// try asks the models and then the processor.
func try(t *testing.T, p pair) {
	t.Run("model", func(t *testing.T) {
		weakened := p.weakened
		for i, program := range p.never {
			for _, m := range []arch{amd64, arm64} {
				if m.possible(program...) {
					t.Errorf("%s allows outcome %d", m.name, i)
				}
			}
			if p.weakened == nil {
				weak := []thread(nil)
				for _, part := range program {
					weak = append(weak, weakly(part))
				}
				weakened = append(weakened, weak)
			}
		}
		for i, program := range weakened {
			if !amd64.possible(program...) && !arm64.possible(program...) {
				t.Errorf("no architecture allows weakened outcome %d: the model does not see what is missing", i)
			}
		}
	})
	t.Run("kept", func(t *testing.T) {
		seen, rounds := p.run(t, "", budget())
		if seen != "" {
			t.Errorf("after %d rounds: %s", rounds, seen)
		}
		t.Logf("%d rounds", rounds)
		record.Count(t, "P4", "rounds of an ordered pair", int(rounds))
	})
	if p.weak != "" {
		t.Run(p.weak, func(t *testing.T) {
			seen, rounds := p.run(t, p.weak, budget())
			t.Logf("%d rounds: %s", rounds, cmp.Or(seen, "not seen"))
		})
	}
	for _, wrong := range p.wrong {
		t.Run(wrong, func(t *testing.T) {
			seen, rounds := p.run(t, wrong, patience)
			if seen == "" {
				t.Errorf("not noticed in %d rounds", rounds)
			}
			t.Logf("%d rounds: %s", rounds, seen)
		})
	}
}

// run lets the sides go until one has seen something or the time is over.
func (p *pair) run(t *testing.T, wrong string, limit time.Duration) (seen string, rounds uint64) {
	var stop, met atomic.Uint64
	var done [2]atomic.Uint64
	var found atomic.Pointer[string]
	var wg sync.WaitGroup
	end := time.Now().Add(limit)
	runs := func(n int, at region.Ptr, do func(side, uint64, string) string) {
		defer wg.Done()
		me := side{at, &done[1-n], rand.New(rand.NewPCG(uint64(n), 0)), p.meet}
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for i := uint64(1); stop.Load() == 0; i++ {
			if p.meet {
				met.Add(1)
				for n := 0; met.Load() < 2*i && stop.Load() == 0; n++ {
					if n > 1<<16 {
						runtime.Gosched() // the other side has lost its processor
					}
				}
			}
			if s := do(me, i, wrong); s != "" {
				found.CompareAndSwap(nil, &s)
			}
			if i%256 == 0 && time.Now().After(end) || found.Load() != nil {
				stop.Store(1)
			}
			done[n].Store(i)
		}
	}
	a, b := mappings(t)
	wg.Add(2)
	go runs(0, a, p.write)
	go runs(1, b, p.read)
	wg.Wait()
	if s := found.Load(); s != nil {
		seen = *s
	}
	return seen, max(done[0].Load(), done[1].Load())
}

const (
	line  = 16      // words from one location to the next: two cache lines, which processors fetch together
	bulk  = 1 << 16 // offset in bytes of the first block
	block = 1 << 13 // bytes from one block to the next
)

// mappings are two views of one new memory, as two processes have them.
func mappings(t *testing.T) (a, b region.Ptr) {
	t.Helper()
	fd, err := sys.Memfd("shmap-litmus", 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sys.Close(fd) })
	view := func() region.Ptr {
		r, err := region.Mapped(fd, true, 64<<20)
		if err == nil {
			err = r.Allocate(0, 1<<20)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Unmap)
		p, ok := r.At(0, 1<<20)
		if !ok {
			t.Fatal("the memory is not there")
		}
		return p
	}
	return view(), view()
}

// texts are what blocks hold: lengths that are copied in different ways, none at a multiple of a word.
var texts = func() (out [64]string) {
	for i := range out {
		b := make([]byte, 3001-i%7)
		for k := range b {
			b[k] = byte(i)
		}
		out[i] = string(b)
	}
	return out
}()

// text is what a block holds in round i; its first 2,990 bytes are all that is compared.
func text(i uint64) string { return texts[i%64] }

const compared = 2990

// at is the offset of block k, off the words by some bytes.
func at(k uint64) uint64 { return bulk + k*block + 5 }

// Lines are the locations that pairs use.
const (
	version = iota * line
	first
	last
	head
	entry
	level
	key
	otherVersion
	otherKey
	lockWord
	state
	directory
)

func sprint(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// pause lets a few nanoseconds pass, more in some rounds than in others. It is no fence.
func pause(i uint64) {
	for n := i * 0x9e3779b97f4a7c15 >> 58; n > 0; n-- {
		nothing()
	}
}

//go:noinline
func nothing() {}

package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// Tests here once failed: the referee had found something, or reading for it had.

// A reader that finds an entry sets its visited bit without any lock. The bit may come when the bucket is in the free
// list already: then the word is the link to the bucket before it.
func TestLateVisitedBitOnAFreeBucket(t *testing.T) {
	p := play(t, dict.Options{Key: layout.Int64, Value: layout.Int64, Shards: 1, Policy: layout.PolicyClock, Hash: layout.HashConstant}, 1)
	for i := range 200 {
		p.do(dict.Op{Key: dict.Datum{W: uint64(i)}})
	}
	for i := range 150 {
		p.do(dict.Op{Code: dict.OpDelete, Key: dict.Datum{W: uint64(i)}})
	}
	m := p.copy()
	free := m.header(0, layout.ShOverFree)
	second := layout.Hi(m.load(m.elem(0, layout.VecOver, free-1)))
	if second == 0 {
		t.Fatal("one free bucket is not enough")
	}
	for _, b := range []uint64{free, second} {
		m.or(m.elem(0, layout.VecOver, b-1)+8*layout.BkTags, 1<<(layout.VisitedBit+3))
	}
	p.m = m.dict()
	p.clean("late bit")
	for i := range 150 {
		p.do(dict.Op{Key: dict.Datum{W: uint64(i)}})
	}
	p.clean("filled again")
}

// A chunk without memory stays in the list of holes when the watermark goes below it. Then it must not be subtracted
// from what the watermark says the shard holds.
func TestHolesPastTheWatermarkDoNotCount(t *testing.T) {
	p := play(t, dict.Options{Key: layout.String, Value: layout.String, Shards: 1, MaxBytes: 6 << 20}, 1)
	big := strings.Repeat("v", 60_000)
	for i := range 60 {
		p.do(dict.Op{Key: dict.Datum{S: fmt.Sprint(i)}, Val: dict.Datum{S: big}})
	}
	for i := range 60 {
		p.do(dict.Op{Code: dict.OpDelete, Key: dict.Datum{S: fmt.Sprint(i)}})
	}
	idle := func() {
		for i := range 2000 {
			p.now++
			p.do(dict.Op{Key: dict.Datum{S: "x"}, Val: dict.Datum{S: fmt.Sprint(i % 2)}})
		}
	}
	idle()
	if err := p.m.Clear(); err != nil {
		t.Fatal(err)
	}
	idle()
	t.Logf("holes %d, chunks %d", p.m.Segment().Shards[0].Stat(layout.ShChunkHolesLen), p.m.Segment().Shards[0].Stat(layout.ShDirty+layout.VecChunk))
	for i := range 1 << 20 {
		op := dict.Op{Key: dict.Datum{S: fmt.Sprint(i)}, Val: dict.Datum{S: "x"}}
		if p.m.Do(&op) != nil {
			break
		}
	}
	p.clean("full")
}

// A chunk needs its record before it has memory, also when more chunks than asked for get some.
func TestChunksHaveRecords(t *testing.T) {
	p := playIn(t, dict.Options{Key: layout.Int64, Value: layout.String, Shards: 1}, 1, 96<<20)
	store := func(i, chunks int) {
		p.do(dict.Op{Key: dict.Datum{W: uint64(i)}, Val: dict.Datum{S: strings.Repeat("v", chunks*layout.ChunkSize)}})
	}
	store(0, 5) // so that what is asked for next is not a multiple of the step
	i := 1
	for ; p.m.Segment().Shards[0].Stat(layout.ShBacked+layout.VecChunk) < 740; i++ {
		store(i, 1)
	}
	for n := range 40 {
		store(i+n, 1+n%5)
		p.clean(fmt.Sprint(i + n))
	}
}

// What a transaction needs is more than what it still lacked when it noticed: it gives back what it had taken.
func TestLargeValueWithSomeChunksFree(t *testing.T) {
	for free := range uint64(4) {
		p := play(t, dict.Options{Key: layout.Int64, Value: layout.String, Shards: 1}, 1)
		size := func(chunks int) dict.Datum { return dict.Datum{S: strings.Repeat("v", chunks*layout.ChunkSize)} }
		s := &p.m.Segment().Shards[0]
		have := func() uint64 {
			return s.Stat(layout.ShBacked+layout.VecChunk) - s.Stat(layout.ShChunkBump) + s.Stat(layout.ShChunkFreeLen)
		}
		for i := uint64(0); have() != free; i++ {
			switch k := (dict.Datum{W: i}); {
			case i > 100:
				t.Fatalf("%d chunks free, want %d", have(), free)
			case have() < free:
				p.do(dict.Op{Key: k, Val: size(int(free))})
				p.do(dict.Op{Code: dict.OpDelete, Key: k})
			default:
				p.do(dict.Op{Key: k, Val: size(1)})
			}
		}
		p.do(dict.Op{Key: dict.Datum{W: 1 << 20}, Val: size(3)})
	}
}

// What the file holds is what the shards account for: P12, down to the page.
func TestFileHoldsWhatIsAccountedFor(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			p := playOn(t, k.Options, seed(), dict.Anonymous)
			rounds := int(long(12, 400))
			for round := range rounds {
				p.ops(400, 1200, []int{95, 60, 10, 98, 30, 5}[round%6])
				p.now += epoch
				if round%12 == 8 {
					p.clear()
				}
				p.clean(fmt.Sprint("round ", round))
				p.sameBlocks()
			}
			record.Count(t, "P12", "times that the file held what the shards account for", rounds)
		})
	}
}

// sameBlocks compares the memory of the file with what the shards say they hold.
func (p *player) sameBlocks() {
	p.t.Helper()
	seg := p.m.Segment()
	blocks, err := seg.Blocks()
	if err != nil {
		p.t.Fatal(err)
	}
	said := uint64(2 * layout.Page)
	for i := range seg.Shards {
		said += seg.Env.Space.Used(i)
	}
	if blocks != said {
		p.t.Fatalf("the file holds %d bytes, the shards account for %d", blocks, said)
	}
}

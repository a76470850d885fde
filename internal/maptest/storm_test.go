package maptest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// stormSpecs are a map that keeps all, and one in which everybody evicts.
var stormSpecs = []Spec{
	{Key: layout.Int64, Value: layout.String, LgShards: 1},
	{Key: layout.Int64, Value: layout.String, LgShards: 1, Capacity: 150, Policy: layout.PolicyS3},
}

const stormKeys = 60 // of each worker

// stormOp is operation number i of a worker: what it does follows from the number, so that the parent knows.
func stormOp(worker int, i uint64) dict.Op {
	key := worker*1000 + int(i*7%stormKeys)
	op := dict.Op{Code: dict.OpStore, Key: dict.Datum{W: uint64(key)}}
	switch i % 11 {
	case 3:
		op.Code = dict.OpDelete
		return op
	case 5:
		op.Code = dict.OpSwap
	}
	size := 16 + int(i*i%300)
	if i%97 == 0 {
		size = 70_000
	}
	op.Val.S = telling(key, size, i)
	return op
}

// stormRole carries out operations from a number on and tells each one that has been done: over the pipe, or, which is
// so much faster that it is mostly killed inside an operation, in memory that outlives it.
func stormRole(p *Parent, args []string) error {
	variant, _ := strconv.Atoi(args[3])
	m, err := Open(args[0], stormSpecs[variant], nil)
	if err != nil {
		return err
	}
	worker, _ := strconv.Atoi(args[1])
	i, _ := strconv.ParseUint(args[2], 10, 64)
	told, err := tellings(args[0])
	if err != nil {
		return err
	}
	for ; ; i++ {
		op := stormOp(worker, i)
		do := m.Do
		if i%2 == 0 {
			do = func(op *dict.Op) error { return Do(m, op) }
		}
		if err := do(&op); err != nil {
			return err
		}
		if _, err := m.Load(stormOp(worker, i*i).Key, nil, dict.ReadVisit); err != nil {
			return err
		}
		if silent(worker) {
			binary.LittleEndian.PutUint64(told[8*worker:], i)
		} else {
			p.Tell("%d", i)
		}
	}
}

// silent reports whether a worker tells in memory.
func silent(worker int) bool { return worker%2 == 1 }

// tellings is a page beside a map in which workers tell how far they are.
func tellings(path string) ([]byte, error) {
	f, err := os.OpenFile(path+".told", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.Truncate(layout.Page); err != nil {
		return nil, err
	}
	return unix.Mmap(int(f.Fd()), 0, layout.Page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// A hammer is one worker of the storm and what it has told.
type hammer struct {
	child  *Child
	worker int
	spec   int // number of the map's
	acked  uint64
	told   []byte        // memory that they share
	done   chan struct{} // closed when the child has no more to say
	read   atomic.Uint64
}

func (h *hammer) start(t *testing.T, path string) {
	h.child = Start(t, "storm", path, strconv.Itoa(h.worker), strconv.FormatUint(h.acked+1, 10), strconv.Itoa(h.spec))
	h.done = make(chan struct{})
	h.read.Store(h.acked)
	go func() {
		defer close(h.done)
		for {
			line, ok := h.child.Line()
			n, err := strconv.ParseUint(line, 10, 64)
			if !ok || err != nil {
				return
			}
			h.read.Store(n)
		}
	}()
}

// kill kills the worker and takes note of all that it told before.
func (h *hammer) kill() {
	h.child.Signal(9)
	<-h.done
	h.child.Kill()
	if silent(h.worker) {
		h.acked = max(h.acked, binary.LittleEndian.Uint64(h.told[8*h.worker:]))
	} else {
		h.acked = h.read.Load()
	}
}

// verify compares the worker's keys with what it has told: the operation behind the last one told may have happened.
func (h *hammer) verify(m *dict.Map) error {
	last := map[uint64]uint64{}
	for i := h.acked; i > 0 && h.acked-i < stormKeys*2; i-- {
		op := stormOp(h.worker, i)
		if _, ok := last[op.Key.W]; !ok {
			last[op.Key.W] = i
		}
	}
	next := stormOp(h.worker, h.acked+1)
	for key, i := range last {
		l, err := m.Load(dict.Datum{W: key}, nil, 0)
		if err != nil {
			return err
		}
		fits := func(op dict.Op) bool {
			if !l.Found && stormSpecs[h.spec].Capacity != 0 {
				return true // evicted
			}
			return l.Found == (op.Code != dict.OpDelete) && string(l.B) == op.Val.S
		}
		if !fits(stormOp(h.worker, i)) && (next.Key.W != key || !fits(next)) {
			n, ok := whole(int(key), l.B)
			return fmt.Errorf("worker %d key %d: found %v number %d whole %v, told last is %d, of all keys %d",
				h.worker, key, l.Found, n, ok, i, h.acked)
		}
	}
	return nil
}

// TestP01KillStorm has processes hammer one map, kills them at random moments, and verifies after each death that all
// that was told has happened.
func TestP01KillStorm(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 1))
	for name, path := range places(t) {
		for i, spec := range stormSpecs {
			t.Run(name+","+spec.Policy.String(), func(t *testing.T) { storm(t, r, name, path+strconv.Itoa(i), i) })
		}
	}
}

func storm(t *testing.T, r *rand.Rand, name, path string, spec int) {
	m, err := Open(path, stormSpecs[spec], nil)
	m = Keep(t, m, err)
	told, err := tellings(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(told) })
	hammers := make([]*hammer, 4)
	for w := range hammers {
		hammers[w] = &hammer{worker: w, spec: spec, told: told}
		hammers[w].start(t, path)
	}
	span := 2 * time.Second
	if long() {
		span = time.Minute
	}
	end, kills := time.Now().Add(span), 0
	for ; time.Now().Before(end); kills++ {
		<-time.After(time.Duration(r.IntN(30_000)) * time.Microsecond)
		h := hammers[r.IntN(len(hammers))]
		h.kill()
		if err := h.verify(m); err != nil {
			t.Fatal(err)
		}
		h.start(t, path)
	}
	acked := uint64(0)
	for _, h := range hammers {
		h.kill()
		acked += h.acked
		if err := h.verify(m); err != nil {
			t.Error(err)
		}
	}
	st, err := m.Stats(false)
	if acked == 0 || err != nil {
		t.Errorf("%d operations: %v", acked, err)
	}
	if name == "shm" { // a disk has blocks of its own
		accounted(t, m)
	}
	record.Count(t, "P1", "kills", kills+len(hammers))
	record.Count(t, "P1", "acknowledged operations", int(acked))
	record.Count(t, "P1", "repairs", int(st.Recoveries))
}

// accounted compares the memory of a file, when whatever the dead have left is repaired, with what the shards say they hold.
func accounted(t *testing.T, m *dict.Map) {
	t.Helper()
	seg, said := m.Segment(), uint64(2*layout.Page)
	for i := range seg.Shards {
		if err := seg.Shards[i].Mend(time.Now().Add(time.Second)); err != nil {
			t.Error(err)
		}
		said += seg.Env.Space.Used(i)
	}
	if held, err := seg.Blocks(); held != said || err != nil {
		t.Errorf("the file holds %d bytes, the shards account for %d: %v", held, said, err)
	}
	record.Count(t, "P12", "files after a storm that hold what the shards account for", 1)
}

package proof

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// A register is the state of one key.
type register struct {
	found bool
	w     uint64
}

// A call is what was asked for; an answer what came back, and whether anything did.
type (
	call   struct{ code, key, val, old uint64 }
	answer struct {
		known, found bool
		out          uint64
	}
)

// next is what an operation makes of a register, and what it says.
func (c call) next(r register) (register, answer) {
	a := answer{known: true, found: r.found}
	equal := r.found && r.w == c.old
	switch dict.OpCode(c.code) {
	case opLoad, opQuick:
		a.out = r.w
	case opPut:
		r, a.found = register{true, c.val}, false
	case opSum:
		r, a.found = register{true, r.w + c.val}, false
		a.out = r.w
	case dict.OpStore:
		r = register{true, c.val}
	case dict.OpInsert:
		if !r.found {
			r = register{true, c.val}
		}
	case dict.OpSwap:
		a.out = r.w
		r = register{true, c.val}
	case dict.OpLoadOrStore:
		if !r.found {
			r = register{true, c.val}
		}
		a.out = r.w
	case dict.OpAdd:
		r = register{true, r.w + c.val}
		a.out = r.w
	case dict.OpCompareAndSwap:
		if equal {
			r.w, a.out = c.val, 1
		}
	case dict.OpCompareAndDelete:
		if equal {
			r, a.out = register{}, 1
		}
	case dict.OpLoadAndDelete:
		a.out = r.w
		r = register{}
	}
	return r, a
}

// registers is the model: one key at a time.
var registers = porcupine.Model{
	Init: func() any { return register{} },
	Step: func(state, input, output any) (bool, any) {
		r, a := input.(call).next(state.(register))
		told := output.(answer)
		return !told.known || told == a, r
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// A history is what happened to each key.
type history map[uint64][]porcupine.Operation

// read adds the notes of a process that is dead. It returns how many operations were under way when it died.
func (h history) read(notes cells, client int) (pending int) {
	for w := range writers {
		for i := range records {
			n := (w*records + i) * recWords
			op := porcupine.Operation{ClientId: client*writers + w, Call: int64(notes.get(n + recCall)), Return: int64(notes.get(n + recReturn))}
			if op.Call == 0 {
				break
			}
			c := call{notes.get(n + recCode), notes.get(n + recKey), notes.get(n + recVal), notes.get(n + recOld)}
			a := answer{true, notes.get(n+recFound) == 1, notes.get(n + recOut)}
			if op.Return == 0 {
				op.Return, a = math.MaxInt64, answer{}
				pending++
			}
			op.Input, op.Output = c, a
			h[c.key] = append(h[c.key], op)
		}
	}
	return pending
}

// judge looks at every key. overlaps counts operations that began before another one of the key, called earlier, had
// returned.
func (h history) judge() (problem string, overlaps int) {
	for key, ops := range h {
		slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		latest := int64(0)
		for _, op := range ops {
			if op.Call < latest {
				overlaps++
			}
			if op.Return != math.MaxInt64 {
				latest = max(latest, op.Return)
			}
		}
		if res := porcupine.CheckOperationsTimeout(registers, ops, time.Minute); res != porcupine.Ok {
			return fmt.Sprintf("key %d: %d operations: %s", key, len(ops), res), overlaps
		}
	}
	return "", overlaps
}

// count says how many operations there were, and of some kinds those that did something.
func (h history) count() map[string]int {
	n := map[string]int{}
	for _, ops := range h {
		n["operations"] += len(ops)
		for _, op := range ops {
			c, a := op.Input.(call), op.Output.(answer)
			switch {
			case c.code == uint64(dict.OpAdd):
				n["additions"]++
			case c.code == uint64(dict.OpCompareAndSwap) && a.out == 1:
				n["compare-and-swaps that swapped"]++
			case c.code == uint64(dict.OpLoadAndDelete) && a.found:
				n["takes that took"]++
			}
		}
	}
	return n
}

// observe has processes work on one map for a while, of which some are killed and replaced.
func observe(t *testing.T, span time.Duration) history {
	t.Helper()
	const processes = 4
	r, path := random(t), mapPath(t)
	m, err := maptest.Open(path, historySpec, nil)
	m = maptest.Keep(t, m, err)
	start := mono()
	end := start + int64(span)
	var children []*maptest.Child
	var notes []cells
	begin := func() *maptest.Child {
		name := filepath.Join(filepath.Dir(path), strconv.Itoa(len(notes)))
		w, err := shared(name, writers*records*recWords)
		if err != nil {
			t.Fatal(err)
		}
		notes = append(notes, w)
		c := maptest.Start(t, "historian", path, name, strconv.FormatInt(start, 10), strconv.FormatInt(end, 10), strconv.FormatUint(r.Uint64(), 10))
		return c
	}
	for range processes {
		children = append(children, begin())
	}
	for mono() < end {
		<-time.After(5*time.Millisecond + time.Duration(r.IntN(25_000))*time.Microsecond)
		i := r.IntN(processes)
		children[i].Kill()
		children[i] = begin()
	}
	for _, c := range children {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	h, pending, ops := history{}, 0, 0
	for i, w := range notes {
		pending += h.read(w, i)
		if err := unix.Munmap(w); err != nil {
			t.Error(err)
		}
	}
	for _, x := range h {
		ops += len(x)
	}
	st, err := m.Stats(false)
	t.Logf("%d processes, %d operations on %d keys, %d under way at a death, %d repairs, %d entries: %v",
		len(notes), ops, len(h), pending, st.Recoveries, st.Entries, err)
	record.Count(t, "P4", "kills", len(notes)-processes)
	record.Count(t, "P4", "operations under way at a death", pending)
	return h
}

// TestP04Linearizable: what several processes saw, of which some were killed, is what one after the other would have
// seen, in an order in which nothing that had returned comes behind what began later.
func TestP04Linearizable(t *testing.T) {
	for round := range pick(1, 90) {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			h := observe(t, 700*time.Millisecond)
			problem, overlaps := h.judge()
			record.Count(t, "P4", "histories, of one key each", len(h))
			for what, n := range h.count() {
				record.Count(t, "P4", what, n)
			}
			record.Count(t, "P4", "operations that began during another one on their key", overlaps)
			if problem != "" {
				t.Error(problem)
			}
			if overlaps == 0 {
				t.Error("no two operations met")
			}
		})
	}
}

// TestPlantedFaultStaleRead: one load that returns what was there before is noticed.
func TestPlantedFaultStaleRead(t *testing.T) {
	h := observe(t, 100*time.Millisecond)
	for key, ops := range h {
		last := uint64(0)
		for i := range ops {
			c, a := ops[i].Input.(call), ops[i].Output.(answer)
			if c.code == uint64(dict.OpAdd) && a.known && a.found {
				last = a.out
			}
			if c.code != opLoad && c.code != opQuick || !a.found || a.out == last || len(ops) < 40 {
				continue
			}
			a.out += 1 << 20
			ops[i].Output = a
			if porcupine.CheckOperations(registers, ops) {
				t.Errorf("key %d: a load of a value that nobody stored passed", key)
			}
			return
		}
	}
	t.Error("no load to falsify")
}

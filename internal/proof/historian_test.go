package proof

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
)

// A historian carries out operations and notes each in memory that outlives it: what it is about to do, the time, and
// then what came of it, and the time again. A record without the first time has not begun; one without the second may
// have happened or not.

// Words of a record.
const (
	recCode = iota
	recKey
	recVal
	recOld
	recCall
	recFound
	recOut
	recReturn
	recWords
)

const (
	opLoad  = 100     // beside the mutations of package dict
	opQuick = 101     // a load by the short way
	opPut   = 102     // a store by the short way, which does not tell whether there was a value
	opSum   = 103     // an addition, likewise
	epoch   = 1000000 // nanoseconds that each set of hot keys is in use
	hotKeys = 3
	writers = 2 // goroutines of a process
	records = 40000
)

var historySpec = maptest.Spec{Key: layout.Int64, Value: layout.Int64, LgShards: 1}

// historianRole operates on the map args[0] and notes in args[1] from time args[2] to args[3], with seed args[4].
func historianRole(p *maptest.Parent, args []string) error {
	m, err := maptest.Open(args[0], historySpec, nil)
	if err != nil {
		return err
	}
	notes, err := shared(args[1], writers*records*recWords)
	if err != nil {
		return err
	}
	start, _ := strconv.ParseInt(args[2], 10, 64)
	end, _ := strconv.ParseInt(args[3], 10, 64)
	seed, _ := strconv.ParseUint(args[4], 10, 64)
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			h := historian{m: m, notes: notes[w*records*recWords*8:], r: rand.New(rand.NewPCG(seed, uint64(w)))}
			errs[w] = h.work(start, end)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

type historian struct {
	m     *dict.Map
	notes cells
	r     *rand.Rand
}

// hot are the operations on hot keys.
var hot = []dict.OpCode{opLoad, opLoad, opQuick, opQuick, dict.OpStore, opPut, opPut, dict.OpAdd, opSum, opSum, dict.OpCompareAndSwap,
	dict.OpCompareAndSwap, dict.OpLoadAndDelete, dict.OpSwap, dict.OpInsert, dict.OpLoadOrStore, dict.OpCompareAndDelete}

func (h *historian) work(start, end int64) error {
	seen := uint64(0)
	for i := range records {
		n := i * recWords
		t := mono()
		if t > end {
			break
		}
		key := uint64((t-start)/epoch)*hotKeys + h.r.Uint64N(hotKeys)
		op := dict.Op{Code: hot[h.r.IntN(len(hot))], Key: number(int(key)), Val: dict.Datum{W: h.r.Uint64N(8)}, Old: dict.Datum{W: seen}}
		h.notes.set(n+recCode, uint64(op.Code))
		h.notes.set(n+recKey, key)
		h.notes.set(n+recVal, op.Val.W)
		h.notes.set(n+recOld, op.Old.W)
		h.notes.set(n+recCall, uint64(mono()))
		found, out, err := h.do(&op)
		if err != nil {
			return err
		}
		if op.Code == opLoad || op.Code == opQuick {
			seen = out
		}
		if found {
			h.notes.set(n+recFound, 1)
		}
		h.notes.set(n+recOut, out)
		h.notes.set(n+recReturn, uint64(mono()))
		if i%4 == 0 { // the table grows meanwhile, and shrinks now and then
			if err := h.cold(); err != nil {
				return err
			}
		}
	}
	return nil
}

// do carries out an operation: whether the key was present, and the value that came of it. For the comparing
// operations, it is whether they did anything.
func (h *historian) do(op *dict.Op) (found bool, out uint64, err error) {
	switch op.Code {
	case opLoad:
		l, err := h.m.Load(op.Key, nil, 0)
		return l.Found, l.W, err
	case opQuick:
		out, found, err = h.m.LoadWord(op.Key.W)
		return found, out, err
	case opPut:
		return false, 0, h.m.StoreWord(op.Key.W, op.Val.W)
	case opSum:
		out, err = h.m.AddWord(op.Key.W, op.Val.W)
		return false, out, err
	}
	if err := h.m.Do(op); err != nil {
		return false, 0, err
	}
	switch op.Code {
	case dict.OpStore, dict.OpInsert:
		return op.Found, 0, nil
	case dict.OpCompareAndSwap, dict.OpCompareAndDelete:
		if op.Done {
			return op.Found, 1, nil
		}
		return op.Found, 0, nil
	}
	return op.Found, op.W, nil
}

func (h *historian) cold() error {
	op := dict.Op{Key: number(1<<40 + h.r.IntN(60000))}
	if h.r.IntN(3) == 0 {
		op.Code = dict.OpDelete
	}
	return maptest.Do(h.m, &op)
}

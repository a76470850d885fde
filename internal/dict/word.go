package dict

import (
	"errors"
	"runtime"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/shard"
	"github.com/shmap-go/shmap/internal/table"
)

// The shortest way through for common reads and writes.

// LoadDatum reads one key, by the shortest way if it or the value is a string: a string value is appended to dst, an integer
// is w.
func (m *Map) LoadDatum(key Datum, dst []byte) (b []byte, w uint64, ok bool, err error) {
	return m.quick.LoadText(key.W, key.S, dst)
}

// loadText is LoadDatum where the shortest way leads nowhere.
//
//go:noinline
func (m *Map) loadText(word uint64, s string, dst []byte) (b []byte, w uint64, ok bool, err error) {
	l, err := m.Load(Datum{W: word, S: s}, dst, ReadVisit)
	if err != nil || !l.Found {
		return dst, 0, false, err
	}
	return l.B, l.W, true, nil
}

// StoreDatum stores one key, by the shortest way if it or the value is a string.
func (m *Map) StoreDatum(key, val Datum) (err error) {
	if !m.texts || len(key.S) > layout.MaxString {
		return m.Do(&Op{Code: OpStore, Mute: true, Key: key, Val: val})
	}
	if len(val.S) > layout.MaxInline {
		region.PrefetchString(val.S) // it is not needed before the key, the bucket and the block, one after the other, are there
	}
	k := shard.ReadyKey(m.seg.Env.Config, key)
	if s := m.shard(k.Hash); m.quick.Strings() {
		err = s.SetText(k, val.S)
	} else {
		_, err = s.SetCounter(k, 0, val.W)
	}
	if err != nil && errors.Is(err, fault.ErrFull) {
		err = m.Do(&Op{Code: OpStore, Mute: true, Key: key, Val: val})
	}
	runtime.KeepAlive(m.seg)
	return err
}

// AddDatum is AddWord, by the shortest way if the key is a string.
func (m *Map) AddDatum(key Datum, w uint64) (uint64, error) {
	if !m.texts || m.quick.Strings() || len(key.S) > layout.MaxString {
		return m.add(key, w)
	}
	k := shard.ReadyKey(m.seg.Env.Config, key)
	sum, err := m.shard(k.Hash).SetCounter(k, ^uint64(0), w)
	if err != nil && errors.Is(err, fault.ErrFull) {
		sum, err = m.add(key, w)
	}
	runtime.KeepAlive(m.seg)
	return sum, err
}

// add is AddDatum by an Op.
//
//go:noinline
func (m *Map) add(key Datum, w uint64) (uint64, error) {
	op := Op{Code: OpAdd, Key: key, Val: Datum{W: w}}
	if err := m.Do(&op); err != nil {
		return 0, err
	}
	return op.W, nil
}

// Quick is the shortest way to some entries.
type Quick = table.Quick

// Loader is the shortest way to the value of an integer key, and what to give it with the key. It tells no errors: then there is
// no entry.
func (m *Map) Loader() (load func(*Quick, uint64) (uint64, bool), q *Quick) { return m.load, &m.quick }

// LoadWord reads one key.
func (m *Map) LoadWord(key uint64) (w uint64, ok bool, err error) {
	if m.wide { // else there is one way only, and it may count
		if w, ok = m.load(&m.quick, key); ok {
			return w, true, nil
		}
	}
	return m.quick.Load(key)
}

// loadWord is LoadWord where the shortest way leads nowhere.
func (m *Map) loadWord(key uint64, visits bool) (w uint64, ok bool, err error) {
	f := ReadFlag(0)
	if visits {
		f = ReadVisit
	}
	if m.narrow {
		h := m.hash(key)
		w, ok, done := m.shard(h).LoadNarrow(h, key, visits)
		if done && !m.seg.Env.Closed.Load() {
			runtime.KeepAlive(m.seg)
			return w, ok, nil
		}
	}
	l, err := m.Load(Datum{W: key}, nil, f)
	if err != nil || !l.Found {
		return 0, false, err
	}
	return l.W, true, nil
}

// StoreWord stores one key.
func (m *Map) StoreWord(key, w uint64) error {
	if !m.wide {
		return m.storeWord(key, w)
	}
	h := m.strong.Word(key)
	if m.kind != layout.HashStrong {
		h = m.hash(key)
	}
	_, err := m.shard(h).SetWord(h, key, 0, w)
	if err != nil {
		_, err = m.setWordSlow(key, w, OpStore, err)
	}
	runtime.KeepAlive(m.seg)
	return err
}

// storeWord is StoreWord by an Op.
//
//go:noinline
func (m *Map) storeWord(key, w uint64) error {
	return m.Do(&Op{Code: OpStore, Mute: true, Key: Datum{W: key}, Val: Datum{W: w}})
}

// AddWord adds w to the value of one key and returns the sum.
func (m *Map) AddWord(key, w uint64) (uint64, error) {
	if !m.wide {
		return m.add(Datum{W: key}, w)
	}
	h := m.strong.Word(key)
	if m.kind != layout.HashStrong {
		h = m.hash(key)
	}
	sum, err := m.shard(h).SetWord(h, key, ^uint64(0), w)
	if err != nil {
		sum, err = m.setWordSlow(key, w, OpAdd, err)
	}
	runtime.KeepAlive(m.seg)
	return sum, err
}

// setWordSlow goes on after an error: where there was no room, Do makes some.
//
//go:noinline
func (m *Map) setWordSlow(key, w uint64, code OpCode, err error) (uint64, error) {
	if !errors.Is(err, fault.ErrFull) {
		return 0, err
	}
	op := Op{Code: code, Key: Datum{W: key}, Val: Datum{W: w}}
	if err := m.Do(&op); err != nil {
		return 0, err
	}
	return op.W, nil
}

package dict

import (
	"errors"
	"runtime"

	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/hash"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/shard"
)

// The shortest way through for common reads and writes.

// LoadBytes reads one key of a map with string values, whose value it appends to dst.
func (m *Map) LoadBytes(key Datum, dst []byte) (b []byte, ok bool, err error) {
	if m.texts {
		k := shard.ReadyKey(m.seg.Env.Config, key)
		b, ok, done := m.shard(k.Hash).LoadBytes(&k, dst)
		if done && !m.seg.Env.Closed.Load() {
			runtime.KeepAlive(m.seg)
			return b, ok, nil
		}
	}
	return m.loadBytesSlow(key, dst)
}

//go:noinline
func (m *Map) loadBytesSlow(key Datum, dst []byte) (b []byte, ok bool, err error) {
	l, err := m.Load(key, dst, ReadVisit)
	if err != nil || !l.Found {
		return dst, false, err
	}
	return l.B, true, nil
}

// StoreBytes stores one key of a map with string values.
func (m *Map) StoreBytes(key Datum, val string) error {
	if len(key.S) > layout.MaxString {
		return m.Do(&Op{Code: OpStore, Key: key, Val: Datum{S: val}})
	}
	k := shard.ReadyKey(m.seg.Env.Config, key)
	err := m.shard(k.Hash).SetBytes(&k, val)
	if err != nil && errors.Is(err, fault.ErrFull) {
		return m.Do(&Op{Code: OpStore, Key: key, Val: Datum{S: val}})
	}
	runtime.KeepAlive(m.seg)
	return err
}

// LoadWord reads one key.
func (m *Map) LoadWord(key uint64) (w uint64, ok bool, err error) { return m.load(&m.quick, key) }

// loadWord is LoadWord where the shortest way leads nowhere.
func (m *Map) loadWord(key uint64, visits bool) (w uint64, ok bool, err error) {
	f := ReadFlag(0)
	if visits {
		f = ReadVisit
	}
	if m.narrow {
		h := hash.Word(m.kind, m.seed, key)
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
		return m.Do(&Op{Code: OpStore, Key: Datum{W: key}, Val: Datum{W: w}})
	}
	h := hash.Word(m.kind, m.seed, key)
	_, err := m.shard(h).SetWord(h, key, 0, w)
	if err != nil {
		_, err = m.setWordSlow(key, w, OpStore, err)
	}
	runtime.KeepAlive(m.seg)
	return err
}

// AddWord adds w to the value of one key and returns the sum.
func (m *Map) AddWord(key, w uint64) (uint64, error) {
	if !m.wide {
		op := Op{Code: OpAdd, Key: Datum{W: key}, Val: Datum{W: w}}
		err := m.Do(&op)
		return op.W, err
	}
	h := hash.Word(m.kind, m.seed, key)
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
	err = m.Do(&op)
	return op.W, err
}

package shard

import (
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/table"
)

// The shortest way through, on an open handle, for what lies in slots of 16 bytes.

// LoadBytes is Load for string values. done is false if it did not come to a result at once.
func (s *Shard) LoadBytes(k *table.Key, dst []byte) (b []byte, ok, done bool) {
	return s.table.LoadBytes(k, dst)
}

// LoadWord is Load for integers. done is false if it did not come to a result at once.
func (s *Shard) LoadWord(h, key uint64) (w uint64, ok, done bool) { return s.table.LoadWord(h, key) }

// SetWord makes the value of an integer key (value&keep)+w and returns it: with keep 0 it is a Store, with all bits an Add.
func (s *Shard) SetWord(h, key, keep, w uint64) (val uint64, err error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	p, at := s.table.HeldWord(h, key)
	if at == 0 || s.header.Load(layout.ShQuarTime) != 0 { // or there is memory to give back in time
		return s.setWord(h, key, keep, w)
	}
	val = p.Load(at)&keep + w
	p.Store(at, val)
	s.leave()
	return val, nil
}

// setWord is SetWord by an Op, under the lock, which it leaves.
func (s *Shard) setWord(h, key, keep, w uint64) (uint64, error) {
	defer s.leave()
	op := Op{Code: OpStore, Val: Datum{W: w}, key: table.Key{Hash: h, Word: key}}
	if keep != 0 {
		op.Code = OpAdd
	}
	err := s.one(&op)
	return op.W, err
}

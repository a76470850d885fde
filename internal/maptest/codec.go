package maptest

import (
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// The codec: bytes to steps. Random tests feed it random bytes, the fuzz test whatever the fuzzer likes; a failure is
// repeated with the same bytes and the same Spec. Every byte string means something, and a longer one with the same
// beginning means the same steps and then others.

// weights says how often each kind of step comes, in 256ths of what is left to the mutations of one key.
var weights = []struct {
	kind Kind
	n    int
}{
	{Load, 24}, {LoadMany, 6}, {StoreMany, 16}, {DeleteMany, 10}, {PopOldest, 4}, {PopNewest, 3}, {Drain, 2}, {FlushExpired, 4},
	{Clear, 1}, {Reserve, 1}, {Walk, 2}, {CursorNext, 10}, {CursorSeek, 3}, {CursorReset, 1}, {Advance, 12},
}

// Decode turns bytes into steps for maps of a spec.
func Decode(data []byte, s Spec) []Step {
	d := decoder{data: data, spec: s}
	var steps []Step
	for len(d.data) > 0 {
		steps = append(steps, d.step())
	}
	return steps
}

type decoder struct {
	data []byte
	spec Spec
}

// byte is the next byte, 0 behind the end.
func (d *decoder) byte() byte {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) step() Step {
	at := int(d.byte())
	for _, w := range weights {
		if at < w.n {
			return d.other(w.kind)
		}
		at -= w.n
	}
	return d.single(at)
}

// single is a mutation of one key.
func (d *decoder) single(at int) Step {
	codes := int(dict.OpExpire) + 1
	s := Step{Kind: DoOp, Op: dict.Op{Code: dict.OpCode(at % codes), Key: d.key()}}
	if at >= 4*codes {
		s.Op.Code = dict.OpStore
	}
	if counter := s.Op.Code >= dict.OpAdd && s.Op.Code <= dict.OpMin; counter && d.spec.Value == layout.String {
		s.Op.Code -= dict.OpAdd
	}
	s.Op.Val = d.val()
	if s.Op.Code == dict.OpCompareAndSwap || s.Op.Code == dict.OpCompareAndDelete {
		s.Op.Old = d.val()
	}
	d.deadline(&s.Op)
	return s
}

// deadline gives an operation one of the modes; most often the default one.
func (d *decoder) deadline(op *dict.Op) {
	b := d.byte()
	if !d.spec.Config().HasTTL && b != 255 {
		return
	}
	switch ttl := time.Duration(b>>3) * 40 * time.Millisecond; b & 7 {
	case 0, 1:
		op.Mode, op.TTL = dict.TTLExplicit, ttl
	case 2:
		op.Mode, op.TTL = dict.TTLNew, ttl+time.Microsecond
	case 4:
		op.Mode, op.TTL = dict.TTLExplicit, dict.Permanent
		if b > 128 {
			op.TTL = -time.Millisecond // has passed
		}
	case 3:
		op.Mode, op.At = dict.TTLAt, longAgo
		if b > 32 {
			op.At = time.Now().Add(farAhead)
		}
	}
}

func (d *decoder) other(kind Kind) Step {
	s := Step{Kind: kind}
	switch kind {
	case Load:
		s.Op.Key, s.Flags = d.key(), dict.ReadFlag(d.byte()&7)
	case CursorSeek:
		s.Op.Key = d.key()
	case LoadMany, StoreMany, DeleteMany:
		d.batch(&s)
	case Drain:
		s.N = int(d.byte() % 8)
	case FlushExpired:
		s.N = max(int(d.byte()%16)-4, 0)
	case Reserve:
		s.N = int(d.byte())
	case CursorNext:
		s.N = 1 + int(d.byte()%16)
	case Advance:
		s.N = int(d.byte()) * 4
	}
	return s
}

// batch fills the keys of a many-form: neighbours, or any.
func (d *decoder) batch(s *Step) {
	b := d.byte()
	s.Atomic = b&1 == 1 && s.Kind != LoadMany
	first, run := d.index(), b&2 == 2
	for i := range int(b>>2) % 24 {
		n := first + i
		if !run {
			n = d.index()
		}
		s.Keys = append(s.Keys, KeyOf(d.spec.Key, n))
		if s.Kind == StoreMany {
			s.Vals = append(s.Vals, d.val())
		}
	}
	if s.Kind == StoreMany {
		d.deadline(&s.Op)
		if s.Op.Mode == dict.TTLAt || s.Op.Mode == dict.TTLNew { // many-forms take times to live only
			s.Op.Mode = dict.TTLDefault
		}
	}
}

func (d *decoder) key() dict.Datum { return KeyOf(d.spec.Key, d.index()) }

// index is the number of a key: mostly of a small universe, so that keys meet again.
func (d *decoder) index() int {
	switch b := int(d.byte()); {
	case b < 128:
		return b % 16
	case b < 224:
		return b - 112
	default:
		return int(d.byte())<<3 + b&7
	}
}

func (d *decoder) val() dict.Datum {
	sel := d.byte()
	if d.spec.Value == layout.String && sel < 40 {
		return ValueOf(d.spec.Value, sel, sel) // few different ones, so that comparisons succeed
	}
	return ValueOf(d.spec.Value, sel, d.byte())
}

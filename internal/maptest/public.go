package maptest

import (
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// Do carries out an operation as the methods of the typed map do: by the short way, where there is one for operations of its kind.
func Do(m *dict.Map, op *dict.Op) (err error) {
	o := m.Options()
	switch {
	case !HasShortWay(o.Key, o.Value, op):
		return m.Do(op)
	case op.Code == dict.OpAdd:
		if o.Key == layout.String {
			op.W, err = m.AddDatum(op.Key, op.Val.W)
		} else {
			op.W, err = m.AddWord(op.Key.W, op.Val.W)
		}
	case o.Key != layout.String && o.Value != layout.String:
		err = m.StoreWord(op.Key.W, op.Val.W)
	default:
		err = m.StoreDatum(op.Key, op.Val)
	}
	op.Done = err == nil
	return err
}

// HasShortWay reports whether there is one for operations like op in maps of these kinds.
func HasShortWay(key, value layout.Kind, op *dict.Op) bool {
	if op.Mode != dict.TTLDefault {
		return false
	}
	strings := key == layout.String || value == layout.String
	slots16 := strings || max(key.Bits(), value.Bits()) == 64
	return slots16 && (op.Code == dict.OpStore || op.Code == dict.OpAdd && value != layout.String)
}

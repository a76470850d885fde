package proof

import (
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// Scenarios are all operations on all kinds of maps.
func Scenarios() (out []*Scenario) {
	for _, k := range kinds() {
		out = append(out, k.singles()...)
		out = append(out, k.wholes()...)
	}
	return out
}

func do(op dict.Op) func(*mapUnderTest) error {
	return func(m *mapUnderTest) error {
		op := op
		return m.Do(&op)
	}
}

// fill stores entries 1 to n.
func (k *kind) fill(n int) func(*mapUnderTest) error { return k.storeRange(1, n) }

// singles are the operations on one key, in a map of twelve entries.
func (k *kind) singles() (out []*Scenario) {
	add := func(name string, op dict.Op) {
		out = append(out, &Scenario{Name: k.name + "/" + name, Options: k.options, Setup: k.fill(12), Op: do(op)})
	}
	for _, key := range []int{5, 6, 100, 101} { // there with a long and a short key; not there, likewise
		n := map[int]string{5: "present-long", 6: "present-short", 100: "absent-short", 101: "absent-long"}[key]
		d := k.key(key)
		add("store,"+n, dict.Op{Key: d, Val: k.val(key + 2)})
		add("insert,"+n, dict.Op{Code: dict.OpInsert, Key: d, Val: k.val(7)})
		add("replace,"+n, dict.Op{Code: dict.OpReplace, Key: d, Val: k.val(8)})
		add("swap,"+n, dict.Op{Code: dict.OpSwap, Key: d, Val: k.val(9)})
		add("load-or-store,"+n, dict.Op{Code: dict.OpLoadOrStore, Key: d, Val: k.val(10)})
		add("cas,"+n, dict.Op{Code: dict.OpCompareAndSwap, Key: d, Old: k.val(key), Val: k.val(11)})
		add("cas-take,"+n, dict.Op{Code: dict.OpCompareAndDelete, Key: d, Old: k.val(key)})
		add("delete,"+n, dict.Op{Code: dict.OpDelete, Key: d})
		add("take,"+n, dict.Op{Code: dict.OpLoadAndDelete, Key: d})
		if k.options.Value != layout.String {
			add("add,"+n, dict.Op{Code: dict.OpAdd, Key: d, Val: dict.Datum{W: 3}})
			add("max,"+n, dict.Op{Code: dict.OpMax, Key: d, Val: dict.Datum{W: 300}})
		} else {
			add("store-large,"+n, dict.Op{Key: d, Val: dict.Datum{S: strings.Repeat("L", 3000)}})
		}
		if k.options.TTL != 0 || k.options.EnableTTL {
			add("store-ttl,"+n, dict.Op{Key: d, Val: k.val(9), Mode: dict.TTLExplicit, TTL: time.Hour})
			add("expire,"+n, dict.Op{Code: dict.OpExpire, Key: d, Mode: dict.TTLExplicit, TTL: time.Hour})
			add("persist,"+n, dict.Op{Code: dict.OpPersist, Key: d})
			add("touch,"+n, dict.Op{Code: dict.OpTouch, Key: d})
		}
	}
	return out
}

// wholes are the operations that touch more than one key, and those that change the shape of the map.
func (k *kind) wholes() (out []*Scenario) {
	add := func(name string, setup, op func(*mapUnderTest) error, between ...func(*mapUnderTest) error) {
		out = append(out, &Scenario{Name: k.name + "/" + name, Options: k.options, Setup: setup, Op: op, Between: between})
	}
	add("clear", k.fill(30), (*mapUnderTest).Clear)
	add("freeze", k.fill(12), (*mapUnderTest).Freeze)
	keys, vals := []dict.Datum{k.key(3), k.key(200), k.key(4)}, []dict.Datum{k.val(31), k.val(32), k.val(33)}
	add("batch-atomic", k.fill(12), func(m *mapUnderTest) error {
		_, err := m.StoreMany(keys, vals, dict.TTLDefault, 0, true)
		return err
	})
	add("batch-delete-atomic", k.fill(12), func(m *mapUnderTest) error {
		_, err := m.DeleteMany([]dict.Datum{k.key(1), k.key(2), k.key(9)}, true)
		return err
	})
	add("split", k.fill(18), k.storeRange(19, 22), k.storeRange(19, 19), k.storeRange(20, 20), k.storeRange(21, 21))
	add("merge", k.fillAndDelete(38, 16), do(dict.Op{Code: dict.OpDelete, Key: k.key(16)}))
	if k.options.Capacity != 0 {
		add("evict", k.fill(40), do(dict.Op{Key: k.key(41), Val: k.val(41)}), do(dict.Op{Code: dict.OpDelete, Key: k.key(1)}))
		add("pop", k.fill(12), func(m *mapUnderTest) error { _, _, err := m.PopOldest(); return err })
		add("shift", k.fill(12), func(m *mapUnderTest) error { _, _, err := m.PopNewest(); return err })
	}
	if k.options.TTL != 0 {
		expired := func(m *mapUnderTest) error {
			if err := k.fill(12)(m); err != nil {
				return err
			}
			return m.Do(&dict.Op{Code: dict.OpExpire, Key: k.key(5), Mode: dict.TTLAt, At: time.Unix(1, 0)})
		}
		add("store-over-expired", expired, do(dict.Op{Key: k.key(5), Val: k.val(77)}))
		add("flush-expired", expired, func(m *mapUnderTest) error { _, _, err := m.FlushExpired(0); return err })
	}
	if k.options.Value == layout.String {
		large := dict.Datum{S: strings.Repeat("blob", 20_000)}
		add("store-huge", k.fill(6), do(dict.Op{Key: k.key(3), Val: large}))
		add("delete-huge", func(m *mapUnderTest) error { return m.Do(&dict.Op{Key: k.key(3), Val: large}) },
			do(dict.Op{Code: dict.OpDelete, Key: k.key(3)}))
	}
	return out
}

// storeRange stores the entries with these numbers.
func (k *kind) storeRange(first, last int) func(*mapUnderTest) error {
	return func(m *mapUnderTest) error {
		for i := first; i <= last; i++ {
			if err := m.Do(&dict.Op{Key: k.key(i), Val: k.val(i)}); err != nil {
				return err
			}
		}
		return nil
	}
}

// fillAndDelete stores entries 1 to n and deletes all from keep+1 on.
func (k *kind) fillAndDelete(n, keep int) func(*mapUnderTest) error {
	return func(m *mapUnderTest) error {
		if err := k.fill(n)(m); err != nil {
			return err
		}
		for i := keep + 1; i <= n; i++ {
			if err := m.Do(&dict.Op{Code: dict.OpDelete, Key: k.key(i)}); err != nil {
				return err
			}
		}
		return nil
	}
}

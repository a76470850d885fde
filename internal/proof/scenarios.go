package proof

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
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

// doShort is do by the short way.
func doShort(op dict.Op) func(*mapUnderTest) error {
	return func(m *mapUnderTest) error {
		op := op
		return maptest.Do(m, &op)
	}
}

// fill stores entries 1 to n.
func (k *kind) fill(n int) func(*mapUnderTest) error { return k.storeRange(1, n) }

// singles are the operations on one key, in a map of twelve entries.
func (k *kind) singles() (out []*Scenario) {
	add := func(name string, op dict.Op) {
		out = append(out, &Scenario{Name: k.name + "/" + name, Spec: k.spec, Setup: k.fill(12), Op: do(op)})
		if maptest.HasShortWay(k.spec.Key, k.spec.Value, &op) {
			out = append(out, &Scenario{Name: k.name + "/" + name + ",short", Spec: k.spec, Setup: k.fill(12), Op: doShort(op)})
		}
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
		if k.spec.Value != layout.String {
			add("add,"+n, dict.Op{Code: dict.OpAdd, Key: d, Val: dict.Datum{W: 3}})
			add("max,"+n, dict.Op{Code: dict.OpMax, Key: d, Val: dict.Datum{W: 300}})
		} else {
			add("store-large,"+n, dict.Op{Key: d, Val: dict.Datum{S: strings.Repeat("L", 3000)}})
		}
		if k.spec.TTL != 0 || k.spec.HasTTL {
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
		out = append(out, &Scenario{Name: k.name + "/" + name, Spec: k.spec, Setup: setup, Op: op, Between: between})
	}
	add("clear", k.fill(30), (*mapUnderTest).Clear)
	if plain := (maptest.Spec{Key: k.spec.Key, Value: k.spec.Value}); k.spec == plain {
		add("close-open", k.fill(12), func(m *mapUnderTest) error {
			if err := m.Close(); err != nil {
				return err
			}
			_, err := maptest.Open(m.Path(), k.spec, maptest.NewClock())
			return err
		})
	}
	add("reserve", k.fill(12), func(m *mapUnderTest) error { return m.Reserve(60) })
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
	out = append(out, k.reshapes()...)
	if k.spec.Policy == layout.PolicyS3 {
		k.rings(add)
	}
	if k.spec.Capacity != 0 {
		if k.spec.Policy != layout.PolicyS3 {
			add("evict", k.fill(40), do(dict.Op{Key: k.key(41), Val: k.val(41)}), do(dict.Op{Code: dict.OpDelete, Key: k.key(1)}))
			add("evict,short", k.fill(41), doShort(dict.Op{Key: k.key(42), Val: k.val(42)}), do(dict.Op{Code: dict.OpDelete, Key: k.key(2)}))
		}
		add("pop", k.fill(12), func(m *mapUnderTest) error { _, _, err := m.PopOldest(); return err })
		add("shift", k.fill(12), func(m *mapUnderTest) error { _, _, err := m.PopNewest(); return err })
	}
	if k.spec.TTL != 0 {
		expired := func(m *mapUnderTest) error {
			if err := k.fill(12)(m); err != nil {
				return err
			}
			return m.Do(&dict.Op{Code: dict.OpExpire, Key: k.key(5), Mode: dict.TTLAt, At: time.Unix(1, 0)})
		}
		add("store-over-expired", expired, do(dict.Op{Key: k.key(5), Val: k.val(77)}))
		add("flush-expired", expired, func(m *mapUnderTest) error { _, _, err := m.FlushExpired(0); return err })
	}
	if k.spec.Capacity != 0 {
		pop := func(m *mapUnderTest) error { _, _, err := m.PopOldest(); return err }
		add("drain", k.fill(12), func(m *mapUnderTest) error { _, err := m.Drain(3); return err }, pop, pop)
	}
	if k.spec.Value == layout.String {
		large := dict.Datum{S: strings.Repeat("blob", 20_000)}
		add("store-huge", k.fill(6), do(dict.Op{Key: k.key(3), Val: large}))
		add("delete-huge", func(m *mapUnderTest) error { return m.Do(&dict.Op{Key: k.key(3), Val: large}) },
			do(dict.Op{Code: dict.OpDelete, Key: k.key(3)}))
	}
	return out
}

// rings are evictions of the policy s3, from a map of forty entries, of which the last two are in small.
func (k *kind) rings(add func(name string, setup, op func(*mapUnderTest) error, between ...func(*mapUnderTest) error)) {
	after := func(steps ...func(*mapUnderTest) error) func(*mapUnderTest) error {
		return func(m *mapUnderTest) error {
			for _, f := range steps {
				if err := f(m); err != nil {
					return err
				}
			}
			return nil
		}
	}
	visit := func(m *mapUnderTest) error {
		for _, i := range []int{39, 1, 2} {
			if _, err := m.Load(k.key(i), nil, dict.ReadVisit); err != nil {
				return err
			}
		}
		return nil
	}
	store := func(i int) func(*mapUnderTest) error { return do(dict.Op{Key: k.key(i), Val: k.val(i)}) }
	add("evict", k.fill(40), store(41), k.delete(39))
	add("evict,short", k.fill(41), doShort(dict.Op{Key: k.key(42), Val: k.val(42)}), k.delete(40))
	add("evict-remembered", after(k.fill(40), store(41)), store(39), k.delete(40))
	add("evict-passing", after(k.fill(40), visit), store(41), spare, spare, spare, k.delete(3))
}

// spare is one step of an eviction that spares the entry it looks at. Nobody else has the map.
func spare(m *mapUnderTest) error {
	t := m.Segment().Shards[0].Table()
	t.Log.Begin()
	if !t.Recency.Spare(t.Recency.Victim(), false) {
		return errors.New("the victim is not spared")
	}
	t.Log.Commit()
	return nil
}

// reshapes are a store that splits a bucket and a delete that merges two: the first ones of a map of this kind that do.
func (k *kind) reshapes() []*Scenario {
	const top = 36 // entries, before they are deleted
	m, err := maptest.OnHeap(8<<20, k.spec, maptest.NewClock())
	split, merge := 0, 0
	reshapes := func(f func(*mapUnderTest) error) bool {
		was := m.Segment().Shards[0].Buckets()
		err = errors.Join(err, f(m))
		return m.Segment().Shards[0].Buckets() != was
	}
	for i := 1; err == nil && i <= top; i++ {
		if reshapes(k.storeRange(i, i)) && split == 0 {
			split = i
		}
	}
	for i := top; err == nil && merge == 0; i-- {
		if reshapes(k.delete(i)) {
			merge = i
		}
	}
	if err != nil || split == 0 {
		panic(fmt.Sprint("no store splits: ", err)) // an error in this file
	}
	return []*Scenario{
		{Name: k.name + "/split", Spec: k.spec, Setup: k.fill(split - 1), Op: k.storeRange(split, split), Buckets: 1},
		{Name: k.name + "/split,short", Spec: k.spec, Setup: k.fill(split - 1), Op: doShort(dict.Op{Key: k.key(split), Val: k.val(split)}), Buckets: 1},
		{Name: k.name + "/merge", Spec: k.spec, Setup: k.fillAndDelete(top, merge), Op: k.delete(merge), Buckets: -1},
	}
}

func (k *kind) delete(i int) func(*mapUnderTest) error {
	return do(dict.Op{Code: dict.OpDelete, Key: k.key(i)})
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
		for i := n; i > keep; i-- {
			if err := k.delete(i)(m); err != nil {
				return err
			}
		}
		return nil
	}
}

package shmap_test

import (
	"testing"

	"github.com/shmap-go/shmap"
)

// What an operation does to the recency of the entry it meets.
type effect string

const (
	moves  effect = "moves the entry to the head"
	visits effect = "sets the visited bit"
	none   effect = "leaves the entry where it is"
)

var recencyRules = []struct {
	name string
	op   func(*shmap.Map[string, int64]) error
	is   effect
}{
	{"Store", plainWrites["Store"], moves},
	{"Swap", plainWrites["Swap"], moves},
	{"LoadOrStore", plainWrites["LoadOrStore"], moves},
	{"Add", plainWrites["Add"], moves},
	{"AddChecked", plainWrites["AddChecked"], moves},
	{"Max", plainWrites["Max"], moves},
	{"Min", plainWrites["Min"], moves},
	{"StoreMany", plainWrites["StoreMany"], moves},
	{"Replace", presentWrites["Replace"], moves},
	{"CompareAndSwap", presentWrites["CompareAndSwap"], moves},
	{"Touch", presentWrites["Touch"], moves},
	{"StoreTTL", ttlWrites["StoreTTL"], moves},

	{"Load", deadlineNeutral["Load"], visits},
	{"LoadTTL", deadlineNeutral["LoadTTL"], visits},
	{"AppendLoad", func(m *shmap.Map[string, int64]) error { m.AppendLoad(nil, "k"); return nil }, visits},

	{"Has", func(m *shmap.Map[string, int64]) error { m.Has("k"); return nil }, none},
	{"TTL", func(m *shmap.Map[string, int64]) error { m.TTL("k"); return nil }, none},
	{"LoadMany", func(m *shmap.Map[string, int64]) error {
		_, err := m.LoadMany([]string{"k"}, make([]int64, 1), make([]bool, 1))
		return err
	}, none},
	{"All", func(m *shmap.Map[string, int64]) error { _, err := m.ToMap(); return err }, none},
	{"Insert of a present key", deadlineNeutral["Insert"], none},
	{"failed CompareAndSwap", deadlineNeutral["failed CompareAndSwap"], none},
	{"failed CompareAndDelete", func(m *shmap.Map[string, int64]) error { _, err := m.CompareAndDelete("k", 2); return err }, none},
	{"Expire", ttlWrites["Expire"], none},
	{"Persist", func(m *shmap.Map[string, int64]) error { _, err := m.Persist("k"); return err }, none},
}

// full is a map for three entries, k being the oldest of them.
func full(t *testing.T) *shmap.Map[string, int64] {
	t.Helper()
	m := create[string, int64](t, shmap.Options{Capacity: 3, Shards: 1, TTL: byDefault})
	for _, k := range []string{"k", "second", "third"} {
		must(t, m.Store(k, 1))
	}
	return m
}

func TestRecencyOfAnExistingEntry(t *testing.T) {
	for _, r := range recencyRules {
		t.Run(r.name, func(t *testing.T) {
			// PopOldest takes the tail, visited or not.
			m := full(t)
			must(t, r.op(m))
			k, _, _, err := m.PopOldest()
			must(t, err)
			want(t, "it "+string(r.is)+": PopOldest", k, map[effect]string{moves: "second", visits: "k", none: "k"}[r.is])

			// An eviction spares a visited tail, and moves it to the head.
			m = full(t)
			must(t, r.op(m))
			must(t, m.Store("new", 1))
			for _, k := range []string{"k", "second"} {
				want(t, "it "+string(r.is)+": after an eviction Has("+k+")", m.Has(k), (k == "k") == (r.is != none))
			}
			want(t, "Len", m.Len(), 3)
			want(t, "Stats().Evictions", m.Stats().Evictions, uint64(1))
		})
	}
}

// A visited victim loses its bit and moves to the head: the next walk does not spare it again.
func TestSecondChanceIsGivenOnce(t *testing.T) {
	m := full(t) // k, second, third
	m.Load("k")
	m.Load("third")
	must(t, m.Store("4", 1)) // k is spared, second goes: third, k, 4
	must(t, m.Store("5", 1)) // third is spared, k goes: 4, third, 5
	es, err := m.Drain(10)
	must(t, err)
	var order []string
	for _, e := range es {
		order = append(order, e.Key)
	}
	want(t, "Drain", order, []string{"4", "third", "5"})
}

func TestPopAndDrainOrder(t *testing.T) {
	m := create[int16, string](t, shmap.Options{Capacity: 1000, Shards: 1})
	for i := range int16(100) {
		must(t, m.Store(i, "v"))
	}
	must(t, m.Store(3, "newest"))
	k, v, ok, err := m.PopNewest()
	must(t, err)
	want(t, "PopNewest", []any{k, v, ok}, []any{int16(3), "newest", true})
	k, _, _, err = m.PopOldest()
	must(t, err)
	want(t, "PopOldest", k, int16(0))
	es, err := m.Drain(3)
	must(t, err)
	want(t, "Drain", es, []shmap.Entry[int16, string]{{Key: 1, Value: "v"}, {Key: 2, Value: "v"}, {Key: 4, Value: "v"}})
	es, err = m.Drain(0)
	must(t, err)
	want(t, "Drain(0)", len(es), 0)
	es, err = m.Drain(1000)
	must(t, err)
	want(t, "Drain(1000)", len(es), 95)
	es, err = m.Drain(5)
	must(t, err)
	want(t, "Drain of an empty map", len(es), 0)
	want(t, "Stats().Evictions", m.Stats().Evictions, uint64(0))
}

func TestPopWithoutPolicyTakesEverythingOnce(t *testing.T) {
	m := create[int64, int64](t, shmap.Options{})
	for i := range int64(200) {
		must(t, m.Store(i, -i))
	}
	seen := map[int64]bool{}
	for range 200 {
		k, v, ok, err := m.PopOldest()
		must(t, err)
		if !ok || seen[k] || v != -k {
			t.Fatalf("PopOldest = %d, %d, %v; seen before: %v", k, v, ok, seen[k])
		}
		seen[k] = true
	}
	want(t, "Len", m.Len(), 0)
}

// An expired entry is dropped on the way, and counts as expired.
func TestPopSkipsExpired(t *testing.T) {
	m := full(t)
	must(t, m.StoreTTL("last", 1, 0)) // evicts k: second, third, last
	_, err := m.ExpireAt("second", past())
	must(t, err)
	k, _, _, err := m.PopOldest()
	must(t, err)
	want(t, "PopOldest", k, "third")
	s := m.Stats()
	want(t, "Stats", []uint64{s.Evictions, s.Expirations}, []uint64{1, 1})
}

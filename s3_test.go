package shmap_test

import (
	"fmt"
	"testing"

	"github.com/shmap-go/shmap"
)

// fullS3 is a map for four entries with the policy s3: k is on trial, the others are in main, a under the hand.
func fullS3(t *testing.T, skip int) *shmap.Map[string, int64] {
	t.Helper()
	m := create[string, int64](t, shmap.Options{Capacity: 4, Shards: 1, TTL: byDefault, Policy: shmap.PolicyS3, RecencySkip: skip})
	for _, k := range []string{"a", "b", "c", "k"} {
		must(t, m.Store(k, 1))
	}
	return m
}

// TestS3OfAnExistingEntry: what moves an entry of the policy clock visits one of s3, and RecencySkip leaves nothing out.
func TestS3OfAnExistingEntry(t *testing.T) {
	for _, r := range recencyRules {
		t.Run(r.name, func(t *testing.T) {
			m := fullS3(t, 99)
			must(t, r.op(m))
			must(t, m.Store("new", 1))
			want(t, "after an eviction Has(k)", m.Has("k"), r.is != none)
			want(t, "after an eviction Has(a)", m.Has("a"), r.is == none)
			want(t, "Len", m.Len(), 4)

			m = fullS3(t, 99)
			must(t, r.op(m))
			k, _, _, err := m.PopNewest()
			must(t, err)
			want(t, "nothing moves: PopNewest", k, "k")
		})
	}
}

// drained lists the keys in the order of Drain.
func drained(t *testing.T, m *shmap.Map[string, int64]) (order []string) {
	t.Helper()
	es, err := m.Drain(1000)
	must(t, err)
	for _, e := range es {
		order = append(order, e.Key)
	}
	return order
}

func TestS3ByHand(t *testing.T) {
	m := fullS3(t, 0)
	want(t, "main from the hand, then small", drained(t, m), []string{"a", "b", "c", "k"})

	m = fullS3(t, 0)
	must(t, m.Store("scan", 1))
	must(t, m.Store("k", 1)) // comes back
	want(t, "a ghost remembers k", drained(t, m), []string{"a", "b", "c", "k"})

	m = fullS3(t, 0)
	m.Load("k")
	m.Load("a")
	m.Load("a")
	must(t, m.Store("1", 1)) // k goes on to main, the hand passes a and takes b
	m.Load("1")
	must(t, m.Store("2", 1)) // 1 goes on to main, the hand takes c
	m.Load("2")
	must(t, m.Store("3", 1)) // 2 goes on to main, the hand takes k
	m.Load("3")
	must(t, m.Store("4", 1)) // 3 goes on to main, the hand takes a lap of a and then 1
	want(t, "laps", drained(t, m), []string{"2", "3", "a", "4"})
	want(t, "Stats().Evictions", m.Stats().Evictions, uint64(4))

	m = fullS3(t, 0)
	_, err := m.ExpireAt("a", past())
	must(t, err)
	must(t, m.StoreTTL("a", 1, 0))
	want(t, "one that takes the slot of an expired one has its place", drained(t, m), []string{"a", "b", "c", "k"})
	want(t, "Stats().Expirations", m.Stats().Expirations, uint64(1))
}

// TestS3PassesNoMore: an eviction passes 64 entries, then one goes though it was visited.
func TestS3PassesNoMore(t *testing.T) {
	m := create[string, int64](t, shmap.Options{Capacity: 80, Shards: 1, Policy: shmap.PolicyS3})
	for i := range 80 {
		must(t, m.Store(fmt.Sprint(i), 1))
	}
	for i := range 80 {
		m.Load(fmt.Sprint(i))
	}
	must(t, m.Store("new", 1)) // the oldest of the 4 on trial goes on to main, then the hand passes 63 of the others
	for i := range 80 {
		want(t, fmt.Sprintf("Has(%d)", i), m.Has(fmt.Sprint(i)), i != 63)
	}
}

// TestS3Tiny: maps of one entry and of two.
func TestS3Tiny(t *testing.T) {
	for capacity := range uint64(3) {
		m := create[int64, int64](t, shmap.Options{Capacity: capacity + 1, Shards: 1, Policy: shmap.PolicyS3})
		for i := range int64(200) {
			must(t, m.Store(i, i))
			if m.Load(i); i%3 == 0 {
				m.Load(i / 2)
			}
			want(t, "Len", m.Len(), min(int(i)+1, int(capacity)+1))
			want(t, "the newest is there", m.Has(i), true)
		}
	}
}

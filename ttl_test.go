package shmap_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/shmap-go/shmap"
)

// Deadlines in these tests are hours apart, so that no machine is too slow for them; where an entry must expire, it is
// stored with a deadline that has passed, or the test waits for one of a millisecond.

const (
	byDefault = 3 * time.Hour
	explicit  = time.Hour
)

// past is a deadline that has passed.
func past() time.Time { return time.Now().Add(-time.Second) }

// near reports whether a remaining time is about d, and no more than that.
func near(got, d time.Duration) bool { return got <= d && got > d-time.Minute }

func wantTTL[K shmap.Key, V shmap.Value](t *testing.T, what string, m *shmap.Map[K, V], k K, d time.Duration) {
	t.Helper()
	ttl, ok := m.TTL(k)
	if !ok {
		t.Errorf("%s: the key is missing", what)
	} else if d == shmap.Permanent && ttl != d || d != shmap.Permanent && !near(ttl, d) {
		t.Errorf("%s: TTL is %v, want %v", what, ttl, d)
	}
}

// untilGone waits for the deadline of k, which is a few milliseconds ahead.
func untilGone[K shmap.Key, V shmap.Value](t *testing.T, m *shmap.Map[K, V], k K) {
	t.Helper()
	for start := time.Now(); m.Has(k); runtime.Gosched() {
		if time.Since(start) > time.Minute {
			t.Fatalf("%v does not expire", k)
		}
	}
}

// Operations on key "k" that write, in the forms without a time to live. Each works whether or not k is there.
var plainWrites = map[string]func(*shmap.Map[string, int64]) error{
	"Store":         func(m *shmap.Map[string, int64]) error { return m.Store("k", 7) },
	"Swap":          func(m *shmap.Map[string, int64]) error { _, _, err := m.Swap("k", 7); return err },
	"LoadOrStore":   func(m *shmap.Map[string, int64]) error { _, _, err := m.LoadOrStore("k", 7); return err },
	"Add":           func(m *shmap.Map[string, int64]) error { _, err := shmap.Add(m, "k", 1); return err },
	"AddChecked":    func(m *shmap.Map[string, int64]) error { _, err := shmap.AddChecked(m, "k", 1); return err },
	"Max":           func(m *shmap.Map[string, int64]) error { _, err := shmap.Max(m, "k", 9); return err },
	"Max unchanged": func(m *shmap.Map[string, int64]) error { _, err := shmap.Max(m, "k", -9); return err },
	"Min":           func(m *shmap.Map[string, int64]) error { _, err := shmap.Min(m, "k", -9); return err },
	"Min unchanged": func(m *shmap.Map[string, int64]) error { _, err := shmap.Min(m, "k", 9); return err },
	"StoreMany": func(m *shmap.Map[string, int64]) error {
		_, err := m.StoreMany([]string{"k"}, []int64{7})
		return err
	},
	"StoreManyAtomic": func(m *shmap.Map[string, int64]) error { return m.StoreManyAtomic([]string{"k"}, []int64{7}) },
}

// Those that write only to a present entry; its value is 1.
var presentWrites = map[string]func(*shmap.Map[string, int64]) error{
	"Replace":        func(m *shmap.Map[string, int64]) error { _, err := m.Replace("k", 7); return err },
	"CompareAndSwap": func(m *shmap.Map[string, int64]) error { _, err := m.CompareAndSwap("k", 1, 7); return err },
	"Touch":          func(m *shmap.Map[string, int64]) error { _, err := m.Touch("k"); return err },
}

// Those with a time to live of one hour.
var ttlWrites = map[string]func(*shmap.Map[string, int64]) error{
	"StoreTTL":       func(m *shmap.Map[string, int64]) error { return m.StoreTTL("k", 7, explicit) },
	"StoreUntil":     func(m *shmap.Map[string, int64]) error { return m.StoreUntil("k", 7, time.Now().Add(explicit)) },
	"ReplaceTTL":     func(m *shmap.Map[string, int64]) error { _, err := m.ReplaceTTL("k", 7, explicit); return err },
	"SwapTTL":        func(m *shmap.Map[string, int64]) error { _, _, err := m.SwapTTL("k", 7, explicit); return err },
	"LoadOrStoreTTL": func(m *shmap.Map[string, int64]) error { _, _, err := m.LoadOrStoreTTL("k", 7, explicit); return err },
	"CompareAndSwapTTL": func(m *shmap.Map[string, int64]) error {
		_, err := m.CompareAndSwapTTL("k", 1, 7, explicit)
		return err
	},
	"Expire": func(m *shmap.Map[string, int64]) error { _, err := m.Expire("k", explicit); return err },
	"ExpireAt": func(m *shmap.Map[string, int64]) error {
		_, err := m.ExpireAt("k", time.Now().Add(explicit))
		return err
	},
	"StoreManyTTL": func(m *shmap.Map[string, int64]) error {
		_, err := m.StoreManyTTL([]string{"k"}, []int64{7}, explicit)
		return err
	},
}

// Those that read or fail.
var deadlineNeutral = map[string]func(*shmap.Map[string, int64]) error{
	"Load":                  func(m *shmap.Map[string, int64]) error { m.Load("k"); return nil },
	"LoadTTL":               func(m *shmap.Map[string, int64]) error { m.LoadTTL("k"); return nil },
	"Insert":                func(m *shmap.Map[string, int64]) error { _, err := m.Insert("k", 7); return err },
	"InsertTTL":             func(m *shmap.Map[string, int64]) error { _, err := m.InsertTTL("k", 7, time.Minute); return err },
	"failed CompareAndSwap": func(m *shmap.Map[string, int64]) error { _, err := m.CompareAndSwap("k", 2, 7); return err },
}

func TestDeadlineOfAnExistingEntry(t *testing.T) {
	m := create[string, int64](t, shmap.Options{TTL: byDefault})
	apply := func(name string, op func(*shmap.Map[string, int64]) error, before, after time.Duration) {
		t.Helper()
		must(t, m.StoreTTL("k", 1, max(before, 0)))
		if err := op(m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wantTTL(t, fmt.Sprintf("%s on an entry with %v", name, before), m, "k", after)
	}
	for _, ops := range []map[string]func(*shmap.Map[string, int64]) error{plainWrites, presentWrites} {
		for name, op := range ops {
			apply(name, op, 10*time.Minute, byDefault)
			apply(name, op, shmap.Permanent, shmap.Permanent)
		}
	}
	for name, op := range ttlWrites {
		apply(name, op, 10*time.Minute, explicit)
		apply(name, op, shmap.Permanent, explicit)
	}
	for name, op := range deadlineNeutral {
		apply(name, op, 10*time.Minute, 10*time.Minute)
		apply(name, op, shmap.Permanent, shmap.Permanent)
	}
	persist := func(m *shmap.Map[string, int64]) error { _, err := m.Persist("k"); return err }
	apply("Persist", persist, 10*time.Minute, shmap.Permanent)
	apply("Persist", persist, shmap.Permanent, shmap.Permanent)
}

func TestDeadlineOfANewEntry(t *testing.T) {
	for _, c := range []struct {
		o     shmap.Options
		plain time.Duration
	}{
		{shmap.Options{TTL: byDefault}, byDefault},
		{shmap.Options{EnableTTL: true}, shmap.Permanent},
	} {
		m := create[string, int64](t, c.o)
		apply := func(name string, op func(*shmap.Map[string, int64]) error, after time.Duration) {
			t.Helper()
			if _, err := m.Delete("k"); err != nil {
				t.Fatal(err)
			}
			if err := op(m); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			wantTTL(t, name+" of a new entry", m, "k", after)
		}
		for name, op := range plainWrites {
			apply(name, op, c.plain)
		}
		apply("Insert", deadlineNeutral["Insert"], c.plain)
		apply("InsertTTL", deadlineNeutral["InsertTTL"], time.Minute)
		for _, name := range []string{"StoreTTL", "StoreUntil", "SwapTTL", "LoadOrStoreTTL", "StoreManyTTL"} {
			apply(name, ttlWrites[name], explicit)
		}
		apply("AddTTL", func(m *shmap.Map[string, int64]) error { _, err := shmap.AddTTL(m, "k", 1, explicit); return err }, explicit)
		apply("AddTTL 0", func(m *shmap.Map[string, int64]) error { _, err := shmap.AddTTL(m, "k", 1, 0); return err }, shmap.Permanent)
		apply("StoreTTL 0", func(m *shmap.Map[string, int64]) error { return m.StoreTTL("k", 1, 0) }, shmap.Permanent)
	}
}

func TestAddTTLOfAnExistingCounter(t *testing.T) {
	m := create[string, int64](t, shmap.Options{TTL: byDefault})
	for before, after := range map[time.Duration]time.Duration{10 * time.Minute: byDefault, 0: shmap.Permanent} {
		must(t, m.StoreTTL("k", 1, before))
		n, err := shmap.AddTTL(m, "k", 1, explicit)
		must(t, err)
		want(t, "AddTTL", n, int64(2))
		wantTTL(t, "AddTTL", m, "k", after)
	}
}

// Without a default there is nothing that a write could set the deadline to again: it stays.
func TestWriteWithoutDefaultKeepsTheDeadline(t *testing.T) {
	m := create[string, int64](t, shmap.Options{EnableTTL: true})
	for _, ops := range []map[string]func(*shmap.Map[string, int64]) error{plainWrites, presentWrites} {
		for name, op := range ops {
			must(t, m.StoreTTL("k", 1, explicit))
			must(t, op(m))
			wantTTL(t, name, m, "k", explicit)
		}
	}
}

func TestExpiredIsAbsent(t *testing.T) {
	m := create[string, int64](t, shmap.Options{EnableTTL: true})
	expired := func() {
		t.Helper()
		must(t, m.StoreTTL("k", 1, time.Hour))
		found, err := m.ExpireAt("k", past())
		must(t, err)
		want(t, "ExpireAt", found, true)
	}
	no := func(what string) func(bool, error) {
		return func(done bool, err error) {
			t.Helper()
			must(t, err)
			want(t, what+" of an expired entry", done, false)
		}
	}
	expired()
	_, ok := m.Load("k")
	no("Load")(ok, nil)
	no("Has")(m.Has("k"), nil)
	_, ok = m.TTL("k")
	no("TTL")(ok, nil)
	_, _, ok = m.LoadTTL("k")
	no("LoadTTL")(ok, nil)
	for range m.All() {
		t.Error("All returned an expired entry")
	}
	found := make([]bool, 1)
	_, err := m.LoadMany([]string{"k"}, make([]int64, 1), found)
	no("LoadMany")(found[0], err)
	_, _, ok, err = m.PopOldest()
	no("PopOldest")(ok, err)
	expired()
	no("Replace")(m.Replace("k", 2))
	expired()
	no("CompareAndSwap")(m.CompareAndSwap("k", 1, 2))
	expired()
	no("CompareAndDelete")(m.CompareAndDelete("k", 1))
	expired()
	no("Delete")(m.Delete("k"))
	expired()
	no("Touch")(m.Touch("k"))
	expired()
	no("Persist")(m.Persist("k"))
	expired()
	no("Expire")(m.Expire("k", time.Hour))
	expired()
	_, ok, err = m.Swap("k", 2)
	no("Swap")(ok, err)
	wantTTL(t, "Swap over an expired entry", m, "k", shmap.Permanent)
	expired()
	n, err := shmap.Add(m, "k", 10)
	must(t, err)
	want(t, "Add to an expired counter", n, int64(10))
	wantTTL(t, "Add to an expired counter", m, "k", shmap.Permanent)
	expired()
	inserted, err := m.Insert("k", 3)
	must(t, err)
	want(t, "Insert over an expired entry", inserted, true)
	wantTTL(t, "Insert over an expired entry", m, "k", shmap.Permanent)
	must(t, m.StoreUntil("k", 4, past()))
	no("Has after StoreUntil in the past")(m.Has("k"), nil)
}

func TestFlushExpired(t *testing.T) {
	const n = 500
	m := create[int32, string](t, shmap.Options{EnableTTL: true, Shards: 4})
	fill := func() {
		for i := range int32(n) {
			must(t, m.StoreTTL(i, "a value that takes room", time.Millisecond))
			must(t, m.Store(-1-i, "permanent"))
		}
		untilGone(t, m, n-1)
	}
	fill()
	before := m.Stats().Expirations
	_, err := m.FlushExpired()
	must(t, err)
	want(t, "Len", m.Len(), n)
	again, err := m.FlushExpired()
	must(t, err)
	want(t, "second FlushExpired", again, 0)
	want(t, "some have expired", m.Stats().Expirations > before, true)

	fill()
	for removed, done, steps := 0, false, 0; !done; steps++ {
		removed, done, err = m.FlushExpiredN(64)
		must(t, err)
		if removed > 64 || steps > 10*n {
			t.Fatalf("FlushExpiredN(64) removed %d in step %d", removed, steps)
		}
	}
	_, err = m.FlushExpired() // the round may have started in the middle
	must(t, err)
	want(t, "Len", m.Len(), n)
}

func TestNoTTL(t *testing.T) {
	m := create[string, int64](t, shmap.Options{})
	must(t, m.Store("k", 1))
	for name, op := range ttlWrites {
		wantErr(t, name, op(m), shmap.ErrNoTTL)
	}
	_, err := m.InsertTTL("new", 1, explicit)
	wantErr(t, "InsertTTL", err, shmap.ErrNoTTL)
	_, err = shmap.AddTTL(m, "new", 1, explicit)
	wantErr(t, "AddTTL", err, shmap.ErrNoTTL)
	_, err = m.Persist("k")
	wantErr(t, "Persist", err, shmap.ErrNoTTL)
	want(t, "Len", m.Len(), 1)
	wantTTL(t, "TTL", m, "k", shmap.Permanent)
	v, ttl, ok := m.LoadTTL("k")
	want(t, "LoadTTL", []any{v, ttl, ok}, []any{int64(1), shmap.Permanent, true})
	_, ok = m.TTL("missing")
	want(t, "TTL of a missing key", ok, false)
}

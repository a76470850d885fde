package shmap_test

import (
	"io/fs"
	"maps"
	"testing"
	"time"

	"github.com/shmap-go/shmap"
)

// changes are all methods and functions that change a map.
var changes = map[string]func(*shmap.Map[string, int64]) error{
	"Insert":           func(m *shmap.Map[string, int64]) error { _, err := m.Insert("new", 7); return err },
	"InsertTTL":        func(m *shmap.Map[string, int64]) error { _, err := m.InsertTTL("new", 7, time.Hour); return err },
	"AddTTL":           func(m *shmap.Map[string, int64]) error { _, err := shmap.AddTTL(m, "k", 1, time.Hour); return err },
	"CompareAndDelete": func(m *shmap.Map[string, int64]) error { _, err := m.CompareAndDelete("k", 1); return err },
	"LoadAndDelete":    func(m *shmap.Map[string, int64]) error { _, _, err := m.LoadAndDelete("k"); return err },
	"Delete":           func(m *shmap.Map[string, int64]) error { _, err := m.Delete("k"); return err },
	"PopOldest":        func(m *shmap.Map[string, int64]) error { _, _, _, err := m.PopOldest(); return err },
	"PopNewest":        func(m *shmap.Map[string, int64]) error { _, _, _, err := m.PopNewest(); return err },
	"Drain":            func(m *shmap.Map[string, int64]) error { _, err := m.Drain(1); return err },
	"Persist":          func(m *shmap.Map[string, int64]) error { _, err := m.Persist("k"); return err },
	"FlushExpired":     func(m *shmap.Map[string, int64]) error { _, err := m.FlushExpired(); return err },
	"FlushExpiredN":    func(m *shmap.Map[string, int64]) error { _, _, err := m.FlushExpiredN(1); return err },
	"DeleteMany":       func(m *shmap.Map[string, int64]) error { _, err := m.DeleteMany([]string{"k"}); return err },
	"DeleteManyAtomic": func(m *shmap.Map[string, int64]) error { _, err := m.DeleteManyAtomic([]string{"k"}); return err },
	"StoreAll": func(m *shmap.Map[string, int64]) error {
		_, err := m.StoreAll(maps.All(map[string]int64{"k": 1}))
		return err
	},
	"Reserve": func(m *shmap.Map[string, int64]) error { return m.Reserve(100) },
	"Clear":   func(m *shmap.Map[string, int64]) error { return m.Clear() },
	"Freeze":  func(m *shmap.Map[string, int64]) error { return m.Freeze() },
}

// allFail expects every change to fail with the error and to leave the map alone.
func allFail(t *testing.T, m *shmap.Map[string, int64], expected error) {
	t.Helper()
	for _, ops := range []map[string]func(*shmap.Map[string, int64]) error{changes, plainWrites, presentWrites, ttlWrites} {
		for name, op := range ops {
			if name == "Freeze" && expected == shmap.ErrFrozen {
				continue
			}
			wantErr(t, name, op(m), expected)
		}
	}
}

func TestFrozen(t *testing.T) {
	path := tempPath(t)
	m := open[string, int64](t, path, shmap.Options{TTL: byDefault})
	must(t, m.Store("k", 1))
	want(t, "Frozen", m.Frozen(), false)
	must(t, m.Freeze())
	for _, m := range []*shmap.Map[string, int64]{m, open[string, int64](t, path, shmap.Options{})} {
		want(t, "Frozen", m.Frozen(), true)
		want(t, "Stats().Frozen", m.Stats().Frozen, true)
		allFail(t, m, shmap.ErrFrozen)
		v, _ := m.Load("k")
		want(t, "Load", v, int64(1))
	}
}

func TestReadOnly(t *testing.T) {
	path := tempPath(t)
	w := open[string, int64](t, path, shmap.Options{TTL: byDefault})
	must(t, w.Store("k", 1))
	r := open[string, int64](t, path, shmap.Options{ReadOnly: true})
	want(t, "ReadOnly", r.ReadOnly(), true)
	want(t, "Stats().ReadOnly", r.Stats().ReadOnly, true)
	want(t, "ReadOnly of the writer", w.ReadOnly(), false)
	allFail(t, r, shmap.ErrReadOnly)

	must(t, w.Store("k", 2)) // a live map: the writer goes on, and the reader sees it
	v, ok := r.Load("k")
	want(t, "Load", []any{v, ok}, []any{int64(2), true})
	want(t, "All", maps.Collect(r.All()), map[string]int64{"k": 2})
}

func TestClosed(t *testing.T) {
	m := create[string, int64](t, shmap.Options{TTL: byDefault})
	must(t, m.Store("k", 1))
	c := m.Cursor()
	must(t, m.Close())
	allFail(t, m, shmap.ErrClosed)

	_, ok := m.Load("k")
	_, ok2 := m.AppendLoad(nil, "k")
	_, _, ok3 := m.LoadTTL("k")
	_, ok4 := m.TTL("k")
	want(t, "loads", []bool{ok, ok2, ok3, ok4, m.Has("k")}, make([]bool, 5))
	want(t, "Len", m.Len(), 0)
	want(t, "Stats", m.Stats(), shmap.Stats{})
	for range m.All() {
		t.Error("All returned an entry")
	}
	_, _, err := m.TryLoad("k")
	wantErr(t, "TryLoad", err, shmap.ErrClosed)
	_, _, _, err = c.Next()
	wantErr(t, "Cursor.Next", err, shmap.ErrClosed)
	_, err = c.Seek("k")
	wantErr(t, "Cursor.Seek", err, shmap.ErrClosed)
	_, err = m.ToMap()
	wantErr(t, "ToMap", err, shmap.ErrClosed)
	_, err = m.LoadMany([]string{"k"}, make([]int64, 1), make([]bool, 1))
	wantErr(t, "LoadMany", err, shmap.ErrClosed)
	_, err = m.DetailedStats()
	wantErr(t, "DetailedStats", err, shmap.ErrClosed)
	_, err = m.FD()
	wantErr(t, "FD", err, shmap.ErrClosed)
	_, err = m.File()
	wantErr(t, "File", err, shmap.ErrClosed)
	_, err = m.Check()
	wantErr(t, "Check", err, shmap.ErrClosed)
	wantErr(t, "Sync", m.Sync(), shmap.ErrClosed)
}

func TestBatchesOfDifferentLengths(t *testing.T) {
	m := create[string, int64](t, shmap.Options{EnableTTL: true})
	keys := []string{"a", "b"}
	_, err := m.StoreMany(keys, []int64{1})
	wantErr(t, "StoreMany", err, fs.ErrInvalid)
	_, err = m.StoreManyTTL(keys, []int64{1, 2, 3}, time.Hour)
	wantErr(t, "StoreManyTTL", err, fs.ErrInvalid)
	wantErr(t, "StoreManyAtomic", m.StoreManyAtomic(keys, nil), fs.ErrInvalid)
	_, err = m.LoadMany(keys, make([]int64, 2), make([]bool, 1))
	wantErr(t, "LoadMany", err, fs.ErrInvalid)
	_, err = m.LoadMany(keys, make([]int64, 1), make([]bool, 2))
	wantErr(t, "LoadMany", err, fs.ErrInvalid)
	want(t, "Len", m.Len(), 0)
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for name, o := range map[string]shmap.Options{
		"negative TTL":         {TTL: -1},
		"RecencySkip 100":      {RecencySkip: 100},
		"negative RecencySkip": {RecencySkip: -1},
		"2048 shards":          {Shards: 2048},
		"negative shards":      {Shards: -1},
		"unknown policy":       {Policy: 200},
		"negative LockTimeout": {LockTimeout: -1},
		"2^41 bytes":           {MaxBytes: 1 << 41},
		"directory mode":       {Mode: fs.ModeDir | 0o600},
	} {
		path := tempPath(t)
		if m, err := shmap.Open[int64, int64](path, o); err == nil {
			t.Errorf("%s: Open succeeded, and made %+v", name, m.Options())
			m.Close()
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
}

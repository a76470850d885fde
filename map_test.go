package shmap_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/shmap-go/shmap"
)

// tempPath is a path for a map, in a directory that is removed after the test unless it failed.
func tempPath(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "shmap-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("map kept in %s", dir)
			return
		}
		os.RemoveAll(dir)
	})
	return filepath.Join(dir, "map")
}

// open opens a map, which is checked and closed at the end of the test.
func open[K shmap.Key, V shmap.Value](t testing.TB, path string, o shmap.Options) *shmap.Map[K, V] {
	t.Helper()
	m, err := shmap.Open[K, V](path, o)
	if err != nil {
		t.Fatalf("Open(%s): %v", path, err)
	}
	t.Cleanup(func() { checkAndClose(t, m) })
	return m
}

// create opens a new map.
func create[K shmap.Key, V shmap.Value](t testing.TB, o shmap.Options) *shmap.Map[K, V] {
	t.Helper()
	return open[K, V](t, tempPath(t), o)
}

func checkAndClose[K shmap.Key, V shmap.Value](t testing.TB, m *shmap.Map[K, V]) {
	t.Helper()
	problems, err := m.Check()
	if err != nil && !errors.Is(err, shmap.ErrClosed) {
		t.Errorf("Check: %v", err)
	}
	for _, p := range problems {
		t.Errorf("Check: %s", p)
	}
	if err := m.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// must stops the test at an error that nothing here provokes.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// want fails the test unless got is the expected value.
func want(t testing.TB, what string, got, expected any) {
	t.Helper()
	if !reflect.DeepEqual(got, expected) {
		t.Errorf("%s = %s, want %s", what, short(got), short(expected))
	}
}

// short is v in Go syntax, cut to a readable length.
func short(v any) string {
	s := fmt.Sprintf("%#v", v)
	if len(s) > 400 {
		return fmt.Sprintf("%s... (%d bytes)", s[:400], len(s))
	}
	return s
}

// wantErr fails the test unless err wraps the expected one.
func wantErr(t testing.TB, what string, err, expected error) {
	t.Helper()
	if !errors.Is(err, expected) {
		t.Errorf("%s: error %v, want %v", what, err, expected)
	}
}

func TestReopenedMapHasItsContentAndProperties(t *testing.T) {
	path := tempPath(t)
	m := open[string, int64](t, path, shmap.Options{Capacity: 100, Shards: 2, TTL: 1e9, RecencySkip: 30})
	must(t, m.Store("a", 1))
	must(t, m.Close())
	must(t, m.Close())

	m = open[string, int64](t, path, shmap.Options{MaxEntries: 7, CountHits: true})
	v, ok := m.Load("a")
	want(t, "Load", v, int64(1))
	want(t, "Load ok", ok, true)
	o := m.Options()
	want(t, "Options().Capacity", o.Capacity, uint64(100))
	want(t, "Options().MaxEntries", o.MaxEntries, uint64(0))
	want(t, "Options().Shards", o.Shards, 2)
	want(t, "Options().RecencySkip", o.RecencySkip, 30)
	want(t, "Options().Policy", o.Policy, shmap.PolicyClock)
	want(t, "Options().CountHits", o.CountHits, true)
	want(t, "Path", m.Path(), path)
}

func TestTwoHandlesAreOneMap(t *testing.T) {
	path := tempPath(t)
	a := open[int32, []byte](t, path, shmap.Options{})
	b := open[int32, []byte](t, path, shmap.Options{})
	must(t, a.Store(-5, []byte("from a")))
	v, ok := b.Load(-5)
	want(t, "Load", string(v), "from a")
	want(t, "Load ok", ok, true)
	want(t, "Stats().Participants", b.Stats().Participants, 2)
}

func TestTypeMismatchNamesBoth(t *testing.T) {
	path := tempPath(t)
	open[int64, string](t, path, shmap.Options{})
	_, err := shmap.Open[string, uint16](path, shmap.Options{})
	wantErr(t, "Open", err, shmap.ErrTypeMismatch)
	for _, s := range []string{"string", "uint16", "int64"} {
		if err == nil || !strings.Contains(err.Error(), s) {
			t.Errorf("error %q does not name %s", err, s)
		}
	}
	var tm *shmap.TypeMismatchError
	if !errors.As(err, &tm) {
		t.Fatalf("error %v holds no TypeMismatchError", err)
	}
	want(t, "detail", *tm, shmap.TypeMismatchError{WantKey: "string", WantValue: "uint16", HaveKey: "int64", HaveValue: "string"})

	_, err = shmap.Open[uint64, string](path, shmap.Options{})
	wantErr(t, "Open with another signedness", err, shmap.ErrTypeMismatch)
	open[int64, []byte](t, path, shmap.Options{}) // the same as string in the file
}

func TestFilesThatAreNoMaps(t *testing.T) {
	path := tempPath(t)
	openErr := func(p string, o shmap.Options) error {
		m, err := shmap.Open[int64, int64](p, o)
		if err == nil {
			m.Close()
		}
		return err
	}
	wantErr(t, "missing directory", openErr(path+"/none/map", shmap.Options{}), fs.ErrNotExist)
	wantErr(t, "read-only and missing", openErr(path, shmap.Options{ReadOnly: true}), fs.ErrNotExist)
	if err := openErr(filepath.Dir(path), shmap.Options{}); err == nil {
		t.Error("a directory was opened")
	}
	must(t, os.WriteFile(path, []byte(strings.Repeat("no map ", 10_000)), 0o600))
	wantErr(t, "foreign file", openErr(path, shmap.Options{}), shmap.ErrNotMap)
	if _, err := shmap.FromFD[int64, int64](-1, shmap.Options{}); err == nil {
		t.Error("FromFD(-1) succeeded")
	}
	must(t, open[int64, int64](t, path+"2", shmap.Options{}).Close())
	must(t, os.Symlink(path+"2", path+"3"))
	if err := openErr(path+"3", shmap.Options{}); err == nil {
		t.Error("a symbolic link was followed")
	}
	must(t, os.Truncate(path+"2", 5000))
	if err := openErr(path+"2", shmap.Options{}); err == nil {
		t.Error("a truncated file was opened")
	}
	must(t, os.Truncate(path+"2", 0))
	wantErr(t, "empty file", openErr(path+"2", shmap.Options{}), shmap.ErrNotMap)
}

// A descriptor that is open for reading only is enough for a read-only handle, which passes on no more than that.
func TestReadOnlyDescriptor(t *testing.T) {
	path := tempPath(t)
	w := open[int64, int64](t, path, shmap.Options{})
	must(t, w.Store(1, 2))
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	r, err := shmap.FromFD[int64, int64](int(f.Fd()), shmap.Options{ReadOnly: true})
	must(t, err)
	defer r.Close()
	v, _ := r.Load(1)
	want(t, "Load", v, int64(2))
	wantErr(t, "Store", r.Store(1, 3), shmap.ErrReadOnly)

	rfd, err := r.FD() // passes on no more than it has
	must(t, err)
	pass := os.NewFile(uintptr(rfd), "map")
	defer pass.Close()
	_, err = pass.WriteAt([]byte("x"), 0)
	want(t, "writing to the descriptor of a read-only handle fails", err != nil, true)
}

func TestUnlink(t *testing.T) {
	path := tempPath(t)
	m := open[int64, int64](t, path, shmap.Options{})
	must(t, m.Store(1, 1))
	must(t, shmap.Unlink(path))
	want(t, "Has after Unlink", m.Has(1), true)
	want(t, "Len of the new map", open[int64, int64](t, path, shmap.Options{}).Len(), 0)

	must(t, shmap.Unlink(path))
	err := shmap.Unlink(path)
	wantErr(t, "second Unlink", err, fs.ErrNotExist)
	var pe *fs.PathError
	want(t, "it is a PathError", errors.As(err, &pe), true)
	if shmap.Unlink(filepath.Dir(path)) == nil {
		t.Error("Unlink removed a directory")
	}
}

func TestDescriptor(t *testing.T) {
	a, err := shmap.Anonymous[string, string](shmap.Options{})
	must(t, err)
	t.Cleanup(func() { checkAndClose(t, a) })
	must(t, a.Store("k", "v"))
	want(t, "Path", a.Path(), "")

	f, err := a.File()
	must(t, err)
	b, err := shmap.FromFD[string, string](int(f.Fd()), shmap.Options{})
	must(t, err)
	t.Cleanup(func() { checkAndClose(t, b) })
	must(t, f.Close()) // the handle has its own

	v, _ := b.Load("k")
	want(t, "Load", v, "v")
	must(t, b.Store("k", "w"))
	v, _ = a.Load("k")
	want(t, "Load", v, "w")
}

func TestFileModeIsForTheOwner(t *testing.T) {
	path := tempPath(t)
	open[int64, int64](t, path, shmap.Options{})
	st, err := os.Stat(path)
	must(t, err)
	want(t, "mode", st.Mode(), fs.FileMode(0o600))
}

func TestReserveAndClear(t *testing.T) {
	m := create[int32, string](t, shmap.Options{})
	must(t, m.Reserve(1000))
	want(t, "Len after Reserve", m.Len(), 0)
	for i := range int32(1000) {
		must(t, m.Store(i, strings.Repeat("x", int(i%40))))
	}
	want(t, "Len", m.Len(), 1000)
	must(t, m.Sync())
	must(t, m.Clear())
	want(t, "Len after Clear", m.Len(), 0)
	want(t, "Has after Clear", m.Has(5), false)
	must(t, m.Store(5, "back"))
	want(t, "Len", m.Len(), 1)
}

func TestFull(t *testing.T) {
	m := create[int32, int32](t, shmap.Options{MaxEntries: 3})
	for i := range int32(3) {
		must(t, m.Store(i, i))
	}
	wantErr(t, "Store", m.Store(3, 3), shmap.ErrFull)
	_, loaded, err := m.Swap(3, 3)
	wantErr(t, "Swap", err, shmap.ErrFull)
	want(t, "Swap loaded", loaded, false)
	_, err = shmap.Add(m, 3, 1)
	wantErr(t, "Add", err, shmap.ErrFull)
	must(t, m.Store(2, 20)) // a present key needs no room
	want(t, "Len", m.Len(), 3)
	_, err = m.Delete(0)
	must(t, err)
	must(t, m.Store(3, 3))
}

package shmap_test

import (
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/shmap-go/shmap"
)

// A map in a file, that any number of processes may open at once.
func Example() {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("example-%d", os.Getpid())) // or /dev/shm/..., which is memory alone
	defer shmap.Unlink(path)

	m, err := shmap.Open[string, int64](path, shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	if err := m.Store("answer", 42); err != nil {
		log.Fatal(err)
	}
	v, ok := m.Load("answer")
	fmt.Println(v, ok)
	_, ok = m.Load("question")
	fmt.Println(ok)
	// Output:
	// 42 true
	// false
}

// Errors are values: an existing file of other types says which.
func ExampleOpen_typeMismatch() {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("example-types-%d", os.Getpid()))
	defer shmap.Unlink(path)
	m, err := shmap.Open[int64, string](path, shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	_, err = shmap.Open[string, string](path, shmap.Options{})
	fmt.Println(errors.Is(err, shmap.ErrTypeMismatch))
	var detail *shmap.TypeMismatchError
	if errors.As(err, &detail) {
		fmt.Println("the file holds", detail.HaveKey, "->", detail.HaveValue)
	}
	// Output:
	// true
	// the file holds int64 -> string
}

// A map without a name, for goroutines and for processes that get its descriptor.
func ExampleAnonymous() {
	type UserID int64
	m, err := shmap.Anonymous[UserID, []byte](shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()

	_ = m.Store(7, []byte("session data"))
	v, _ := m.Load(7)
	fmt.Printf("%s\n", v)
	// Output: session data
}

// exampleChild is the child process of ExampleMap_File.
func exampleChild() error {
	m, err := shmap.FromFD[string, int64](3, shmap.Options{}) // the first of ExtraFiles
	if err != nil {
		return err
	}
	defer m.Close()
	_, err = shmap.Add(m, "visits", 41)
	return err
}

// A map is handed to a child process as a descriptor.
func ExampleMap_File() {
	m, err := shmap.Anonymous[string, int64](shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	_ = m.Store("visits", 1)

	f, err := m.File()
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"=example") // this program again, to run exampleChild
	child.ExtraFiles = []*os.File{f}                      // is descriptor 3 there
	child.Stderr = os.Stderr
	if err := child.Run(); err != nil {
		log.Fatal(err)
	}

	v, _ := m.Load("visits")
	fmt.Println(v)
	// Output: 42
}

// anonymous makes a map for an example.
func anonymous[K shmap.Key, V shmap.Value](o shmap.Options) *shmap.Map[K, V] {
	m, err := shmap.Anonymous[K, V](o)
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// Counters that any number of processes add to.
func ExampleAdd() {
	m := anonymous[string, int64](shmap.Options{})
	defer m.Close()

	n, _ := shmap.Add(m, "hits", 1)
	fmt.Println(n)
	n, _ = shmap.Add(m, "hits", 9)
	fmt.Println(n)
	n, _ = shmap.Add(m, "hits", -3)
	fmt.Println(n)
	n, _ = shmap.Max(m, "peak", n)
	fmt.Println(n)
	// Output:
	// 1
	// 10
	// 7
	// 7
}

// An overflow can be an error instead of wrapping around.
func ExampleAddChecked() {
	m := anonymous[string, int16](shmap.Options{})
	defer m.Close()

	_ = m.Store("n", 32767)
	_, err := shmap.AddChecked(m, "n", 1)
	fmt.Println(errors.Is(err, shmap.ErrOverflow))
	n, _ := shmap.Add(m, "n", 1)
	fmt.Println(n)
	// Output:
	// true
	// -32768
}

// At most three requests a minute for each client.
func ExampleAddTTL() {
	m := anonymous[string, uint32](shmap.Options{EnableTTL: true})
	defer m.Close()

	for range 5 {
		n, err := shmap.AddTTL(m, "client 10.0.0.1", 1, time.Minute)
		fmt.Println(n <= 3, err)
	}
	// Output:
	// true <nil>
	// true <nil>
	// true <nil>
	// false <nil>
	// false <nil>
}

// A value is changed only by who has seen the latest one.
func ExampleMap_CompareAndSwap() {
	m := anonymous[string, string](shmap.Options{})
	defer m.Close()
	_ = m.Store("state", "idle")

	swapped, _ := m.CompareAndSwap("state", "idle", "running")
	fmt.Println(swapped)
	swapped, _ = m.CompareAndSwap("state", "idle", "running")
	fmt.Println(swapped)
	deleted, _ := m.CompareAndDelete("state", "running")
	fmt.Println(deleted)
	// Output:
	// true
	// false
	// true
}

// The first of several processes sets a value; all agree on it.
func ExampleMap_LoadOrStore() {
	m := anonymous[string, string](shmap.Options{})
	defer m.Close()

	leader, loaded, _ := m.LoadOrStore("leader", "node 1")
	fmt.Println(leader, loaded)
	leader, loaded, _ = m.LoadOrStore("leader", "node 2")
	fmt.Println(leader, loaded)
	// Output:
	// node 1 false
	// node 1 true
}

// Entries with a time to live.
func ExampleMap_StoreTTL() {
	m := anonymous[string, string](shmap.Options{TTL: time.Hour})
	defer m.Close()

	_ = m.Store("session", "by default")
	_ = m.StoreTTL("config", "for ever", 0)
	_ = m.StoreUntil("offer", "over", time.Now().Add(-time.Second))

	ttl, ok := m.TTL("session")
	fmt.Println(ttl > 59*time.Minute, ok)
	ttl, ok = m.TTL("config")
	fmt.Println(ttl == shmap.Permanent, ok)
	fmt.Println(m.Has("offer"))
	// Output:
	// true true
	// true true
	// false
}

// A cache: with a capacity the map evicts instead of growing.
func ExampleOptions_capacity() {
	m := anonymous[string, int64](shmap.Options{Capacity: 3, Shards: 1}) // one shard: one exact order
	defer m.Close()

	for i, k := range []string{"a", "b", "c"} {
		_ = m.Store(k, int64(i))
	}
	m.Load("a")         // gives a second chance
	_ = m.Store("d", 3) // evicts b
	fmt.Println(m.Has("a"), m.Has("b"), m.Len(), m.Stats().Evictions)
	// Output: true false 3 1
}

// Many keys at a time.
func ExampleMap_StoreMany() {
	m := anonymous[string, int64](shmap.Options{})
	defer m.Close()

	n, _ := m.StoreMany([]string{"one", "two", "three"}, []int64{1, 2, 3})
	fmt.Println(n)
	n, _ = m.StoreAll(maps.All(map[string]int64{"four": 4, "five": 5}))
	fmt.Println(n)

	keys := []string{"two", "six", "four"}
	vals, found := make([]int64, 3), make([]bool, 3)
	n, _ = m.LoadMany(keys, vals, found)
	fmt.Println(n, vals, found)
	n, _ = m.DeleteMany(keys)
	fmt.Println(n)
	// Output:
	// 3
	// 2
	// 2 [2 0 4] [true false true]
	// 2
}

// A transfer that nobody ever sees half of.
func ExampleMap_StoreManyAtomic() {
	m := anonymous[string, int64](shmap.Options{Shards: 1}) // one shard: any keys
	defer m.Close()

	err := m.StoreManyAtomic([]string{"alice", "bob"}, []int64{90, 110})
	fmt.Println(m.Len(), err)
	// Output: 2 <nil>
}

// All, Keys and Values are iterators for range loops and for packages slices and maps.
func ExampleMap_All() {
	m := anonymous[int32, string](shmap.Options{})
	defer m.Close()
	_, _ = m.StoreMany([]int32{1, 2, 3}, []string{"one", "two", "three"})

	for k, v := range m.All() {
		if v == "two" {
			_, _ = m.Delete(k) // the loop may change the map
		}
	}
	fmt.Println(slices.Sorted(m.Keys()))
	fmt.Println(slices.Sorted(m.Values()))
	// Output:
	// [1 3]
	// [one three]
}

// A cursor can rest between steps, and go on from a key.
func ExampleMap_Cursor() {
	m := anonymous[int32, string](shmap.Options{})
	defer m.Close()
	_, _ = m.StoreMany([]int32{1, 2, 3}, []string{"one", "two", "three"})

	c := m.Cursor()
	n := 0
	for {
		_, _, ok, err := c.Next()
		if err != nil {
			log.Fatal(err)
		}
		if !ok {
			break
		}
		n++
	}
	fmt.Println(n)
	found, _ := c.Seek(2)
	k, v, _, _ := c.Next()
	fmt.Println(found, k, v)
	// Output:
	// 3
	// true 2 two
}

// A queue of work, oldest first.
func ExampleMap_PopOldest() {
	m := anonymous[string, string](shmap.Options{Capacity: 1000, Shards: 1})
	defer m.Close()
	_, _ = m.StoreMany([]string{"job 1", "job 2", "job 3"}, []string{"sweep", "scrub", "polish"})

	k, v, _, _ := m.PopOldest()
	fmt.Println(k, v)
	rest, _ := m.Drain(10)
	fmt.Println(rest)
	// Output:
	// job 1 sweep
	// [{job 2 scrub} {job 3 polish}]
}

// A live map may be attached read-only: the process cannot write it, even by mistake.
func ExampleOptions_readOnly() {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("example-ro-%d", os.Getpid()))
	defer shmap.Unlink(path)
	w, err := shmap.Open[string, int64](path, shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	r, err := shmap.Open[string, int64](path, shmap.Options{ReadOnly: true})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()

	_ = w.Store("n", 1)
	fmt.Println(r.Load("n"))
	fmt.Println(errors.Is(r.Store("n", 2), shmap.ErrReadOnly))
	// Output:
	// 1 true
	// true
}

// A frozen map is a constant that may be copied and shipped.
func ExampleMap_Freeze() {
	m := anonymous[string, string](shmap.Options{})
	defer m.Close()

	_ = m.Store("de", "Guten Tag")
	_ = m.Freeze()
	err := m.Store("en", "Good day")
	fmt.Println(m.Frozen(), errors.Is(err, shmap.ErrFrozen))
	fmt.Println(m.Load("de"))
	// Output:
	// true true
	// Guten Tag true
}

// Load hides errors; TryLoad says them.
func ExampleMap_TryLoad() {
	m := anonymous[string, int64](shmap.Options{})
	_ = m.Store("n", 1)
	_ = m.Close()

	_, ok := m.Load("n")
	fmt.Println(ok)
	_, _, err := m.TryLoad("n")
	fmt.Println(err)
	// Output:
	// false
	// shmap: map is closed
}

// AppendLoad reads into a buffer of the caller's, without allocation.
func ExampleMap_AppendLoad() {
	m := anonymous[string, []byte](shmap.Options{})
	defer m.Close()
	_ = m.Store("greeting", []byte("hello"))

	buf := make([]byte, 0, 64)
	buf, ok := m.AppendLoad(buf, "greeting")
	fmt.Printf("%s %v\n", buf, ok)
	// Output: hello true
}

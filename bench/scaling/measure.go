package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/shmap-go/shmap"
	"golang.org/x/sys/unix"
)

// measure prints what is measured on this machine. Each time is the least of many: the machine may be busy.
func measure(out io.Writer) error {
	dir, err := os.MkdirTemp("/dev/shm", fmt.Sprintf("shmap-scaling-%d-", os.Getpid()))
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, part := range []func(io.Writer, string) error{holds, lines, liveness, handles, memory, repairs} {
		if err := part(w, dir); err != nil {
			_ = w.Flush()
			return err
		}
	}
	return w.Flush()
}

// least is the shortest time of one of n operations, of so many rounds.
func least(rounds, n int, f func()) time.Duration {
	best := time.Duration(1 << 62)
	for range rounds {
		start := time.Now()
		for range n {
			f()
		}
		best = min(best, time.Since(start)/time.Duration(n))
	}
	return best
}

// holds measures operations, all of which counts as time under the lock.
func holds(w io.Writer, _ string) error {
	words, err := shmap.Anonymous[int64, int64](shmap.Options{})
	if err != nil {
		return err
	}
	defer words.Close()
	texts, err := shmap.Anonymous[string, string](shmap.Options{})
	if err != nil {
		return err
	}
	defer texts.Close()
	var keys [1024]string
	for i := range keys {
		keys[i] = fmt.Sprintf("%060d", i)
	}
	i := 0
	var failed error
	note := func(err error) {
		if failed == nil {
			failed = err
		}
	}
	for _, o := range []struct {
		name string
		f    func()
	}{
		{"int64 store", func() { i++; note(words.Store(int64(i&1023), 1)) }},
		{"string store, 60 bytes", func() { i++; note(texts.Store(keys[i&1023], keys[(i+1)&1023])) }},
		{"int64 load", func() { i++; words.Load(int64(i & 1023)) }},
	} {
		fmt.Fprintf(w, "%s\t%v\n", o.name, least(300, 1000, o.f))
	}
	return failed
}

// lines measures how long a line of cache takes from one processor to another and back, by two threads that write it in
// turns.
func lines(w io.Writer, _ string) error {
	var word atomic.Uint64
	const turns = 1000
	best := least(200, 1, func() {
		word.Store(0)
		done := make(chan bool)
		start := make(chan bool)
		go func() {
			<-start
			for i := uint64(1); i < 2*turns; i += 2 {
				for spins := 0; word.Load() != i; spins++ {
					if spins > 1<<14 {
						runtime.Gosched()
					}
				}
				word.Store(i + 1)
			}
			close(done)
		}()
		close(start)
		for i := uint64(0); i < 2*turns; i += 2 {
			for spins := 0; word.Load() != i; spins++ {
				if spins > 1<<14 {
					runtime.Gosched()
				}
			}
			word.Store(i + 1)
		}
		<-done
	})
	fmt.Fprintf(w, "a line to the other processor\t%v\n", best/(2*turns))
	return nil
}

// liveness measures the question whether a participant lives, beside others whose bytes are locked as well.
func liveness(w io.Writer, dir string) error {
	const apart = 1 << 62
	path := filepath.Join(dir, "bytes")
	var files []*os.File
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	open := func() (int, error) {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return 0, err
		}
		files = append(files, f)
		return int(f.Fd()), nil
	}
	asks, err := open()
	if err != nil {
		return err
	}
	for n := 1; n <= 4096; n++ {
		fd, err := open()
		if err != nil {
			fmt.Fprintf(w, "no more than %d descriptors: %v\n", n, err)
			break
		}
		lock := unix.Flock_t{Type: unix.F_WRLCK, Start: apart + int64(n), Len: 1}
		if err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lock); err != nil {
			return err
		}
		if n&(n-1) != 0 || n > 1 && n < 64 {
			continue
		}
		t := least(50, 100, func() {
			q := unix.Flock_t{Type: unix.F_WRLCK, Start: apart + int64(n), Len: 1}
			_ = unix.FcntlFlock(uintptr(asks), unix.F_OFD_GETLK, &q)
		})
		fmt.Fprintf(w, "is the last of %d participants alive\t%v\n", n, t)
	}
	return nil
}

// handles measures what a handle costs.
func handles(w io.Writer, dir string) error {
	for _, shards := range []int{1, 16, 1024} {
		path := filepath.Join(dir, fmt.Sprint("handles", shards))
		first, err := shmap.Open[int64, int64](path, shmap.Options{Shards: shards})
		if err != nil {
			return err
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		second, err := shmap.Open[int64, int64](path, shmap.Options{})
		if err != nil {
			return err
		}
		runtime.ReadMemStats(&after)
		bytes := first.Stats().FileBytes
		var failed error
		t := least(20, 1, func() {
			m, err := shmap.Open[int64, int64](path, shmap.Options{})
			if err != nil {
				failed = err
				return
			}
			failed = m.Close()
		})
		fmt.Fprintf(w, "a handle, %d shards\t%d KiB on the heap\topening and closing %v\tempty file %d KiB\n",
			shards, (after.TotalAlloc-before.TotalAlloc)>>10, t, bytes>>10)
		for _, err := range []error{failed, second.Close(), first.Close()} {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// memory measures bytes an entry.
func memory(w io.Writer, _ string) error {
	const n = 1 << 20
	rows := []struct {
		name string
		fill func() (shmap.Stats, error)
	}{
		{"int64 to int64", func() (shmap.Stats, error) {
			return filled(shmap.Options{}, n, func(i int) (int64, int64) { return int64(i), 0 })
		}},
		{"int64 to int64, TTL", func() (shmap.Stats, error) {
			return filled(shmap.Options{EnableTTL: true}, n, func(i int) (int64, int64) { return int64(i), 0 })
		}},
		{"int64 to int64, TTL and eviction", func() (shmap.Stats, error) {
			return filled(shmap.Options{EnableTTL: true, Capacity: 2 * n}, n, func(i int) (int64, int64) { return int64(i), 0 })
		}},
		{"int32 to int32", func() (shmap.Stats, error) {
			return filled(shmap.Options{}, n, func(i int) (int32, int32) { return int32(i), 0 })
		}},
		{"16 bytes to 64 bytes", func() (shmap.Stats, error) {
			value := strings.Repeat("v", 64)
			return filled(shmap.Options{}, n, func(i int) (string, string) { return fmt.Sprintf("%016d", i), value })
		}},
	}
	for _, r := range rows {
		s, err := r.fill()
		if err != nil {
			return err
		}
		each := float64(s.FileBytes) / n
		fmt.Fprintf(w, "%s\t%.1f bytes an entry\t%.0f GB for 10^9\tpage tables of a process %.0f MB\n", r.name, each, each, each*1e9/4096*8/1e6)
	}
	return nil
}

func filled[K shmap.Key, V shmap.Value](o shmap.Options, n int, entry func(i int) (K, V)) (shmap.Stats, error) {
	m, err := shmap.Anonymous[K, V](o)
	if err != nil {
		return shmap.Stats{}, err
	}
	for i := range n {
		k, v := entry(i)
		if err := m.Store(k, v); err != nil {
			return shmap.Stats{}, err
		}
	}
	s := m.Stats()
	return s, m.Close()
}

// victimWord makes this program one that is killed in the middle of a large transaction.
const victimWord = "victim"

// victim overwrites count entries in one transaction, again and again, and says how long one takes. More than 65,536 entries
// are refused.
func victim(path, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	m, err := shmap.Open[int64, int64](path, shmap.Options{Shards: 1})
	if err != nil {
		return err
	}
	keys, vals := make([]int64, n), make([]int64, n)
	for i := range keys {
		keys[i] = int64(i)
	}
	for i := 0; ; i++ {
		start := time.Now()
		if err := m.StoreManyAtomic(keys, vals); err != nil {
			return err
		}
		if i == 1 { // by now the journal has grown
			fmt.Println(time.Since(start).Nanoseconds())
		}
	}
}

// repairs measures how long whoever comes after a dead process needs, by the size of the transaction that it was in.
func repairs(w io.Writer, dir string) error {
	for _, n := range []int{1, 1_000, 10_000, 65_536} {
		path := filepath.Join(dir, fmt.Sprint("repair", n))
		var longest time.Duration
		recovered := uint64(0)
		const kills = 30
		for i := range kills {
			t, s, err := kill(path, n, (float64(i)+0.5)/kills)
			if err != nil {
				return err
			}
			if s.Recoveries > recovered {
				longest, recovered = max(longest, t), s.Recoveries
			}
		}
		fmt.Fprintf(w, "killed in a transaction of %d entries\t%d of %d needed a repair\tthe longest took %v\n", n, recovered, kills, longest)
	}
	return nil
}

// kill lets a victim be killed when a part of a transaction has passed, and measures the first store after that.
func kill(path string, n int, part float64) (time.Duration, shmap.Stats, error) {
	m, err := shmap.Open[int64, int64](path, shmap.Options{Shards: 1})
	if err != nil {
		return 0, shmap.Stats{}, err
	}
	defer m.Close()
	cmd := exec.Command("/proc/self/exe", victimWord, path, fmt.Sprint(n))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, shmap.Stats{}, err
	}
	if err := cmd.Start(); err != nil {
		return 0, shmap.Stats{}, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	var took int64
	if _, err := fmt.Fscan(out, &took); err != nil {
		return 0, shmap.Stats{}, fmt.Errorf("the victim says nothing: %w", err)
	}
	time.Sleep(time.Duration(part * float64(took)))
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	start := time.Now()
	err = m.Store(0, 0)
	return time.Since(start), m.Stats(), err
}

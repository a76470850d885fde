package cases

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/bench/internal/worker"
)

// A collection is what one garbage collection costs, in nanoseconds.
type collection struct {
	Pause float64 // all goroutines are stopped
	CPU   float64 // of all cores
}

// collections compares what the garbage collector does in a process that holds n strings in a map. Each side is a
// process of its own, so that neither has the other's heap.
func collections(s *Session) error {
	const names = "gc/pause/10M gc/cpu/10M"
	if !s.wantsAny(strings.Fields(names)) {
		return nil
	}
	n := s.scaled(large, 1_000_000)
	s.progress("gc/pause, gc/cpu: two processes (and an empty one) with %s strings each", human(n))
	ours, err := collectionIn("shmap", n)
	check(err)
	theirs, err := collectionIn(stringMap, n)
	check(err)
	nobodys, err := collectionIn(noMap, n)
	check(err)
	s.emitValues("gc/pause/10M", ours.Pause, stringMap, theirs.Pause)
	s.emitValues("gc/pause/10M", ours.Pause, noMap, nobodys.Pause)
	s.emitValues("gc/cpu/10M", ours.CPU, stringMap, theirs.CPU)
	return nil
}

func collectionIn(side string, n int) (c collection, err error) {
	cmd := exec.Command("/proc/self/exe", side, strconv.Itoa(n))
	cmd.Env = append(os.Environ(), worker.Env+"=gc")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return c, fmt.Errorf("worker: %w", err)
	}
	return c, json.Unmarshal(out, &c)
}

// Work is the whole program of a worker.
func Work(kind string, args []string, in io.Reader, out io.Writer) error {
	if kind != "gc" {
		return worker.Serve(kind, args, in, out)
	}
	if len(args) != 2 {
		return fmt.Errorf("a worker for gc has two arguments, not %q", args)
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	keep := heapOf(args[0], n)
	c := collect(5)
	runtime.KeepAlive(keep)
	return json.NewEncoder(out).Encode(c)
}

// heapOf fills a map of ours, or a built-in one, or none.
func heapOf(side string, n int) any {
	text := func(i int) string { return fmt.Sprintf("%016x", i) }
	if side == noMap {
		return nil
	}
	if side == "shmap" {
		m := anonymous[string, string](shmap.Options{})
		for i := range n {
			check(m.Store(text(i), text(i)))
		}
		return m
	}
	m := map[string]string{}
	for i := range n {
		m[text(i)] = text(i)
	}
	return m
}

// collect runs the garbage collector some times and returns the mean cost of one.
func collect(times int) collection {
	runtime.GC() // what filling the map has left
	cpu := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	var before, after debug.GCStats
	debug.ReadGCStats(&before)
	metrics.Read(cpu)
	start := cpu[0].Value.Float64()
	for range times {
		runtime.GC()
	}
	metrics.Read(cpu)
	debug.ReadGCStats(&after)
	n := float64(after.NumGC - before.NumGC)
	return collection{
		Pause: float64(after.PauseTotal-before.PauseTotal) / n,
		CPU:   (cpu[0].Value.Float64() - start) * 1e9 / n,
	}
}

package cases

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"

	"github.com/shmap-go/shmap"
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
	n := pick(s, 2_000_000, large)
	s.progress("gc/pause, gc/cpu: two processes with %s strings each", human(n))
	ours, err := collectionIn("shmap", n)
	check(err)
	theirs, err := collectionIn(stringMap, n)
	check(err)
	s.emitValues("gc/pause/10M", ours.Pause, stringMap, theirs.Pause)
	s.emitValues("gc/cpu/10M", ours.CPU, stringMap, theirs.CPU)
	return nil
}

// WorkerEnv is the environment variable that makes this program a worker of another one; its value says which.
const WorkerEnv = "SHMAP_BENCH_WORKER"

func collectionIn(side string, n int) (c collection, err error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=gc %s %d", WorkerEnv, side, n))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return c, fmt.Errorf("worker: %w", err)
	}
	return c, json.Unmarshal(out, &c)
}

// Work is the whole program of a worker.
func Work(job string) (err error) {
	var side string
	var n int
	if _, err := fmt.Sscanf(job, "gc %s %d", &side, &n); err != nil {
		return fmt.Errorf("%s=%q: %w", WorkerEnv, job, err)
	}
	text := func(i int) string { return fmt.Sprintf("%016x", i) }
	var keep any
	if side == "shmap" {
		m := anonymous[string, string](shmap.Options{})
		for i := range n {
			check(m.Store(text(i), text(i)))
		}
		keep = m
	} else {
		m := map[string]string{}
		for i := range n {
			m[text(i)] = text(i)
		}
		keep = m
	}
	c := collect(10)
	runtime.KeepAlive(keep)
	return json.NewEncoder(os.Stdout).Encode(c)
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

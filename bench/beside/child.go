package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/shmap-go/shmap"
	"golang.org/x/sys/unix"
)

// env is what makes this program one of its children.
const env = "SHMAP_BESIDE"

// self is a command that runs this program as a child, which dies with its parent.
func self(ctx context.Context, kind string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), env+"="+kind)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// child does the work of a child, if this process is one.
func child(args []string, stdout io.Writer) (bool, error) {
	kinds := map[string]struct {
		args int
		do   func() error
	}{
		"worker": {3, func() error { return work(&place{dir: args[0]}, args[1], args[2]) }},
		"burner": {2, func() error { return burn(args[0], args[1]) }},
		"client": {5, func() error { return visit(&place{dir: args[0]}, args[1], args[2], args[3], args[4], stdout) }},
	}
	kind := os.Getenv(env)
	k, ok := kinds[kind]
	if !ok {
		return false, nil
	}
	if len(args) != k.args {
		return true, fmt.Errorf("a %s with %d arguments", kind, len(args))
	}
	return true, k.do()
}

// work uses the map at full speed until it is killed: of 16 operations 10 read, 3 store with a deadline, 2 add what is absent,
// and 1 deletes. It ends only with an error.
func work(p *place, number, of string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	all, err := strconv.Atoi(of)
	if err != nil {
		return err
	}
	slots, err := counts(p.countsPath(), all)
	if err != nil {
		return err
	}
	t, err := readText(p.textPath())
	if err != nil {
		return err
	}
	m, err := shmap.Open[string, string](p.mapPath(), shmap.Options{})
	if err != nil {
		return err
	}
	mine := &slots[n]
	var buffer []byte
	start := time.Now()
	for last := time.Since(start); ; {
		r := rand.Uint64()
		i := kept + int(r>>32)%(entries-kept)
		switch kind := r & 15; {
		case kind < 10:
			if r>>4&15 == 0 {
				i = int(r>>32) % kept
			}
			v, ok := m.AppendLoad(buffer[:0], t.key(i))
			if ok && !t.is(i, v) || !ok && i < kept {
				return fmt.Errorf("%w: %s is %q, %v", errDamaged, t.key(i), v, ok)
			}
			buffer = v
		case kind < 13:
			err = m.StoreTTL(t.key(i), t.value(i, width+int(r>>8)%(longest-width+1)), ttl/60+time.Duration(r>>16%60)*time.Second)
		case kind < 15:
			_, err = m.Insert(t.key(i), t.value(i, width+int(r>>8)%(longest-width+1)))
		default:
			_, err = m.Delete(t.key(i))
		}
		if err != nil {
			return err
		}
		now := time.Since(start)
		if gap := int64(now - last); gap > mine.stall.Load() {
			mine.stall.Store(gap)
		}
		last = now
		mine.operations.Add(1)
	}
}

// burn uses so many processors for so long, a part of one too.
func burn(processors, d string) error {
	rate, err := strconv.ParseFloat(processors, 64)
	if err != nil {
		return err
	}
	turn, err := time.ParseDuration(d)
	if err != nil {
		return err
	}
	start := time.Now()
	var wg sync.WaitGroup
	for range int(math.Ceil(rate)) {
		wg.Go(func() {
			for {
				passed := time.Since(start)
				if passed >= turn {
					return
				}
				var used unix.Timespec
				_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &used)
				if float64(used.Nano()) > rate*float64(passed) {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	return nil
}

package maptest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// Several processes on one map.

func TestMain(m *testing.M) {
	Main(m, map[string]Role{
		"count": countRole, "open": openRole, "scribe": scribeRole, "reader": readerRole, "churn": churnRole,
		"storm": stormRole, "holder": holderRole, "stepper": stepperRole, "opennamed": openNamedRole, "tally": tallyRole, "idler": idlerRole,
	})
}

// places are the directories for maps: of the test, and of shared memory.
func places(t *testing.T) map[string]string {
	dir, err := os.MkdirTemp("/dev/shm", "shmap-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return map[string]string{"disk": filepath.Join(t.TempDir(), "map"), "shm": filepath.Join(dir, "map")}
}

func number(m *dict.Map, key int) (uint64, error) {
	l, err := m.Load(dict.Datum{W: uint64(key)}, nil, 0)
	return l.W, err
}

func add(m *dict.Map, key int) error {
	op := dict.Op{Code: dict.OpAdd, Key: dict.Datum{W: uint64(key)}, Val: dict.Datum{W: 1}}
	return Do(m, &op)
}

var counters = Spec{Key: layout.Int64, Value: layout.Int64, LgShards: 1}

const (
	adders   = 4
	addsEach = 30000
	coldKeys = 500
)

// countRole adds to a hot counter and to cold ones.
func countRole(p *Parent, args []string) error {
	m, err := Open(args[0], counters, nil)
	if err != nil {
		return err
	}
	p.Wait()
	for i := range addsEach {
		if err := add(m, 0); err != nil {
			return err
		}
		if err := add(m, 1+i%coldKeys); err != nil {
			return err
		}
	}
	return m.Close()
}

// TestSharedCounters adds from several processes: nothing is lost.
func TestSharedCounters(t *testing.T) {
	for name, path := range places(t) {
		t.Run(name, func(t *testing.T) {
			m, err := Open(path, counters, nil)
			m = Keep(t, m, err)
			var all []*Child
			for range adders {
				all = append(all, Start(t, "count", path))
			}
			for _, c := range all {
				c.Go()
			}
			for _, c := range all {
				if err := c.Wait(); err != nil {
					t.Error(err)
				}
			}
			for key := range 1 + coldKeys {
				want := uint64(adders * addsEach)
				if key > 0 {
					want /= coldKeys
				}
				if n, err := number(m, key); n != want || err != nil {
					t.Errorf("counter %d is %d, want %d: %v", key, n, want, err)
				}
			}
		})
	}
}

// openRole opens the map, which nobody may have made yet, looks through it, and counts itself.
func openRole(p *Parent, args []string) error {
	p.Tell("ready")
	p.Wait()
	m, err := Open(args[0], counters, nil)
	if err != nil {
		return err
	}
	if err := Checked(m); err != nil {
		return err
	}
	if err := add(m, 7); err != nil {
		return err
	}
	p.Tell("in")
	return nil // without closing it
}

// openNamedRole is openRole where there are no nameless files, so that a creator's file has a name before it is complete.
func openNamedRole(p *Parent, args []string) error {
	if err := withoutNameless(); err != nil {
		return err
	}
	return openRole(p, args)
}

// TestP14OneCreator lets many processes create one map at once, some of which are killed: all the others are in the same.
func TestP14OneCreator(t *testing.T) {
	rounds := 4
	if long() {
		rounds = 100
	}
	r := rand.New(rand.NewPCG(seed(t), 14))
	for name, base := range places(t) {
		for round := range rounds {
			t.Run(fmt.Sprint(name, round), func(t *testing.T) {
				path := base + strconv.Itoa(round)
				oneCreator(t, r, path, "open", round%8)
				if names := beside(t, path); len(names) > 0 {
					t.Errorf("left behind: %v", names)
				}
				path += "named"
				oneCreator(t, r, path, "opennamed", round%8)
				sweptUp(t, path, round%8)
			})
		}
	}
}

// oneCreator starts openers of one map in a role, of which it kills some.
func oneCreator(t *testing.T, r *rand.Rand, path, role string, victims int) {
	t.Helper()
	const openers = 16
	var all []*Child
	for range openers {
		all = append(all, Start(t, role, path))
	}
	for _, c := range all {
		c.Line()
	}
	for _, c := range all {
		c.Go()
	}
	for _, c := range all[:victims] {
		<-time.After(time.Duration(r.IntN(1500)) * time.Microsecond)
		c.Kill()
	}
	for _, c := range all[victims:] {
		if line, ok := c.Line(); !ok || line != "in" {
			t.Errorf("a process said %q", line)
		}
	}
	m, err := Open(path, counters, nil)
	m = Keep(t, m, err)
	if n, err := number(m, 7); n < uint64(openers-victims) || n > openers || err != nil {
		t.Errorf("%d of at least %d processes are in the map: %v", n, openers-victims, err)
	}
	record.Count(t, "P14", "processes opening", openers)
	record.Count(t, "P14", "of them killed", victims)
}

// beside are the files beside a map whose names begin with its own.
func beside(t *testing.T, path string) []string {
	t.Helper()
	names, err := filepath.Glob(path + ".*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// sweptUp makes a map once more: what creators left who were killed goes.
func sweptUp(t *testing.T, path string, victims int) {
	t.Helper()
	if n := len(beside(t, path)); n > victims {
		t.Errorf("%d creators left %d files", victims, n)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c := Start(t, "opennamed", path)
	c.Line()
	c.Go()
	if line, _ := c.Line(); line != "in" {
		t.Errorf("a process said %q", line)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	if names := beside(t, path); len(names) > 0 {
		t.Errorf("not swept up: %v", names)
	}
}

// churnRole stores and deletes many keys, so that the table grows and shrinks.
func churnRole(p *Parent, args []string) error {
	m, err := Open(args[0], counters, nil)
	if err != nil {
		return err
	}
	p.Tell("ready")
	for {
		for _, code := range []dict.OpCode{dict.OpStore, dict.OpDelete} {
			for i := range 4000 {
				op := dict.Op{Code: code, Key: dict.Datum{W: uint64(1_000_000 + i)}, Val: dict.Datum{W: 1}}
				if err := Do(m, &op); err != nil {
					return err
				}
			}
			p.Tell("turned")
		}
	}
}

// TestP09Iteration iterates while another process grows and shrinks the table: what is there throughout comes exactly
// once, and every read finds it.
func TestP09Iteration(t *testing.T) {
	const stable = 700
	walks := 60
	if long() {
		walks = 2000
	}
	path := places(t)["shm"]
	m, err := Open(path, counters, nil)
	m = Keep(t, m, err)
	for i := range stable {
		op := dict.Op{Key: dict.Datum{W: uint64(i)}, Val: dict.Datum{W: uint64(3 * i)}}
		if err := m.Do(&op); err != nil {
			t.Fatal(err)
		}
	}
	c := Start(t, "churn", path)
	c.Line()
	turns := make(chan int)
	go func() {
		n := 0
		for _, ok := c.Line(); ok; _, ok = c.Line() {
			n++
		}
		turns <- n
	}()
	others := 0
	for range walks {
		seen := map[uint64]int{}
		for cur := m.Cursor(); ; {
			e, ok, err := cur.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			seen[e.Key.W]++
			if e.Key.W < stable && e.Val.W != 3*e.Key.W {
				t.Errorf("%d has the value %d", e.Key.W, e.Val.W)
			}
		}
		for k := range uint64(stable) {
			if seen[k] != 1 {
				t.Fatalf("%d came %d times", k, seen[k])
			}
		}
		others += len(seen) - stable
		for k := range stable {
			if n, err := number(m, k); n != uint64(3*k) || err != nil {
				t.Fatalf("%d is read as %d: %v", k, n, err)
			}
		}
	}
	c.Signal(9)
	n := <-turns
	if n < 4 || others == 0 {
		t.Errorf("the table turned around %d times, %d other entries were met", n, others)
	}
	c.Kill()
	record.Count(t, "P9", "iterations", walks)
	record.Count(t, "P9", "growths and shrinkings of the table meanwhile", n)
}

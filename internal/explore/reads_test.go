//go:build explore

package explore

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
	"github.com/shmap-go/shmap/internal/shard"
)

func long() bool { return os.Getenv("SHMAP_LONG") != "" }

// readings are all that is tried beside a film: a load of every key that is ever there and of one that never is, in the
// ways that there are, and a scan.
func (f *film) readings() (out []reading) {
	known := map[dict.Datum]bool{maptest.KeyOf(f.scene.spec.Key, 7777): true}
	for _, mo := range f.moments {
		for _, shard := range mo.state {
			for i := range shard {
				known[shard[i].Key] = true
			}
		}
	}
	spec := f.scene.spec
	for k := range known {
		out = append(out, load(k, dict.ReadTTL))
		if spec.Key != layout.String && spec.Value != layout.String {
			out = append(out, loadWord(k), loadWords(k))
			if f.resizes() {
				out = append(out, late(loadWord(k)))
			}
		}
		if spec.Value == layout.String {
			out = append(out, loadBytes(k, 0), loadBytes(k, 64))
			if f.resizes() {
				out = append(out, late(loadBytes(k, 64)))
			}
		}
	}
	for _, step := range f.scene.steps {
		if step.Atomic {
			out = append(out, loadMany(step.Keys[1], step.Keys[2]))
		}
	}
	return append(out, scan())
}

// tally sums up.
type tally struct {
	Count
	films, readings, stores int
}

func (sum *tally) add(d tally) {
	sum.Add(d.Count)
	sum.films, sum.readings, sum.stores = sum.films+d.films, sum.readings+d.readings, max(sum.stores, d.stores)
}

// report logs and records what was explored.
func (sum *tally) report(t *testing.T, promise string) {
	t.Helper()
	t.Logf("%d writers with up to %d stores, %d readings: %d executions, %d of them in full, %d states, up to %d loads",
		sum.films, sum.stores, sum.readings, sum.Executions, sum.Executions-sum.Pruned, sum.States, sum.Longest)
	record.Count(t, promise, "explored: writers", sum.films)
	record.Count(t, promise, "explored: readers beside them", sum.readings)
	record.Count(t, promise, "explored: interleavings", sum.Executions)
	record.Count(t, promise, "explored: states", sum.States)
	record.Count(t, promise, "explored: loads of the longest execution", sum.Longest)
}

// watch explores every reading beside a film.
func (f *film) watch(sum *tally) error {
	sum.films++
	sum.stores = max(sum.stores, f.line.End())
	for _, r := range f.readings() {
		c, err := f.play(r)
		sum.Add(c)
		sum.readings++
		if err != nil {
			return err
		}
	}
	return nil
}

// each calls f for each scene, in a test of its own, and sums up; the heavy ones are of the long form.
func each(t *testing.T, promise string, list []scene, f func(sc *scene, sum *tally) error) {
	var all tally
	var order []string
	with := "interleavings of a reader with "
	if promise == "P1" {
		with += "a death and a repair amid "
	}
	by := map[string]int{}
	for _, sc := range list {
		if sc.heavy && !long() {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			var sum tally
			if err := f(&sc, &sum); err != nil {
				t.Error(err)
			}
			all.add(sum)
			if !slices.Contains(order, sc.protocol) {
				order = append(order, sc.protocol)
			}
			by[sc.protocol] += sum.Executions
		})
	}
	for _, protocol := range order {
		if protocol != "" {
			record.Count(t, promise, with+protocol, by[protocol])
		}
	}
	all.report(t, promise)
}

// TestP04Reads: beside every operation each read returns what was there at some moment between its beginning and its
// end, whatever the order of its loads and the writer's stores.
func TestP04Reads(t *testing.T) {
	each(t, "P4", scenes(), func(sc *scene, sum *tally) error {
		f, err := sc.shoot(-1)
		if err != nil {
			return err
		}
		if sc.write == nil {
			err = f.agrees()
		}
		return errors.Join(err, f.watch(sum))
	})
}

// TestP01ReadsBesideTheDead: the same if the writer dies at any of its stores, while another process repairs what it left and
// changes the map again. In the long form that one dies as well, and a third one repairs.
func TestP01ReadsBesideTheDead(t *testing.T) {
	each(t, "P1", scenes(), func(sc *scene, sum *tally) error {
		f, err := sc.shoot(-1)
		if err != nil {
			return err
		}
		pace := max(1, f.line.End()/5)
		if long() {
			pace = max(1, f.line.End()/120)
		}
		nothing := func(*dict.Map) error { return nil }
		for at := 0; at <= f.line.End(); at += pace {
			g, err := f.die(at, nothing)
			if err == nil {
				err = g.watch(sum)
			}
			if err != nil {
				return err
			}
			if !long() || f.line.End() > 40 {
				continue
			}
			for again := at + 1; again < g.line.End(); again++ {
				h, err := g.die(again, nothing)
				if err == nil {
					err = h.watch(sum)
				}
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// TestP08Tick: an entry expires at any time of an operation that prolongs, replaces or deletes it.
func TestP08Tick(t *testing.T) {
	soon, later := 5*time.Second, time.Hour
	one := steps(lasting(store(num(13), num(4)), soon))
	each(t, "P8", []scene{
		{name: "prolonged", spec: timed, setup: one, steps: steps(lasting(op(dict.OpExpire, num(13), num(0)), later)), ticks: 6000},
		{name: "made permanent", spec: timed, setup: one, steps: steps(op(dict.OpPersist, num(13), num(0))), ticks: 6000},
		{name: "overwritten", spec: timed, setup: one, steps: steps(lasting(store(num(13), num(9)), later)), ticks: 6000},
		{name: "deleted, stored", spec: timed, setup: one, steps: steps(remove(num(13)), store(num(13), num(1))), ticks: 6000},
	}, func(sc *scene, sum *tally) error {
		for at, end := 0, 1; at <= end; at++ {
			f, err := sc.shoot(at)
			if err != nil {
				return err
			}
			if err := f.watch(sum); err != nil {
				return err
			}
			end = f.line.End()
		}
		return nil
	})
}

// TestAttemptsRememberNothing: readers that may try more often, and in which no two attempts are taken for the same,
// read nothing else.
func TestAttemptsRememberNothing(t *testing.T) {
	shard.SetTries(2, 2)
	defer shard.SetTries(1, 1)
	list := words()[:3]
	for i := range list {
		list[i].distinct = true
	}
	each(t, "P4", list, func(sc *scene, sum *tally) error {
		f, err := sc.shoot(-1)
		if err != nil {
			return err
		}
		return f.watch(sum)
	})
}

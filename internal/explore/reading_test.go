//go:build explore

package explore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/shard"
)

// A reading is something that a reader does.
type reading struct {
	name string
	run  func(p *player, m *dict.Map) error
	old  bool // by level words that were seen when the film began
}

// A player explores one reading beside a film.
type player struct {
	film  *film
	walk  *Walk
	seen  []uint64 // level words that the handle has seen last
	since int      // moment in which the part of the reading under way began
}

// play explores a reading from every moment on.
func (f *film) play(r reading) (c Count, err error) {
	for m := range f.line.Moments() {
		begin := f.line.Begin(m)
		p := &player{film: f, walk: NewWalk(f.line, begin), seen: f.levels(begin)}
		if r.old {
			p.seen = f.levels(0)
		}
		err = p.play(r)
		c.Add(p.walk.Count)
		if err != nil {
			return c, fmt.Errorf("%s, deaths at %v: %s: %w\n%s", f.scene.name, f.deaths, r.name, err, p.walk.Trace(f.name))
		}
	}
	return c, nil
}

func (p *player) play(r reading) (err error) {
	m, err := p.reader()
	if err != nil {
		return err
	}
	a := &answering{region: p.film.memory, walk: p.walk}
	var watcher region.Watcher = a
	if p.film.fault != nil {
		watcher = p.film.fault(a)
	}
	watched(watcher, func() {
		err = p.walk.Explore(func() error {
			if p.film.scene.cold {
				if m, err = p.reader(); err != nil {
					return err
				}
			}
			if _, q := m.Loader(); !p.film.scene.cold {
				q.Note(p.seen)
			}
			retries := func() (n uint64) {
				for i := range m.Segment().Shards {
					n += m.Segment().Shards[i].Reads().Retries.Load()
				}
				return n
			}
			before := retries()
			if !p.film.scene.distinct {
				p.walk.Attempt = func() uint64 { return retries() - before }
			}
			p.begin(0)
			return r.run(p, m)
		})
	})
	return err
}

// reader attaches a read-only handle, one that never waits for anybody. It knows where everything is, so that it reads the
// same in every execution; in a cold scene, which takes a new one for each, it knows nothing.
func (p *player) reader() (*dict.Map, error) {
	seg, c := &segment.Segment{}, p.film.scene.spec.Config()
	header, _ := p.film.memory.At(0, layout.Page)
	now := func() uint64 { return p.walk.Load(clockWord) }
	seg.Env.Config, seg.Env.Region, seg.Env.Header, seg.Env.Now, seg.Env.Ceil = c, p.film.memory, header, now, now
	seg.Shards = make([]shard.Shard, c.Shards())
	for i := range seg.Shards {
		if err := seg.Shards[i].Init(&seg.Env, i); err != nil {
			return nil, err
		}
		if p.film.scene.cold {
			continue
		}
		for which := range layout.Vecs {
			seg.Shards[i].Know(which)
		}
	}
	return dict.Attach(seg), nil
}

// begin starts a part of a reading; key is all that the parts before leave behind.
func (p *player) begin(key uint64) {
	p.since = p.film.line.Moment(p.walk.Now())
	p.walk.Forget(Mix(key, uint64(p.since)))
}

// judge looks for a moment, from the beginning of the part to now, in which what was read is right.
func (p *player) judge(got string, wants func(mo moment) string) error {
	var against []string
	now := p.film.line.Moment(p.walk.Now())
	for _, mo := range p.film.moments[p.since : now+1] {
		want := wants(mo)
		if want == got {
			return nil
		}
		against = append(against, want)
	}
	return fmt.Errorf("it read %s; in the moments %d to %d of the read it is %s", got, p.since, now,
		strings.Join(slices.Compact(against), ", then "))
}

// gaveUp turns the error of a reader that could not come to a result into ErrGaveUp.
func gaveUp(err error) error {
	if errors.Is(err, fault.ErrBusy) {
		return ErrGaveUp
	}
	return err
}

const absent = "nothing"

// item is the live entry of a key, nil if there is none.
func (mo moment) item(key dict.Datum) *maptest.Item {
	for _, shard := range mo.state {
		for i := range shard {
			if it := &shard[i]; it.Key == key && mo.live(it) {
				return it
			}
		}
	}
	return nil
}

func (mo moment) live(it *maptest.Item) bool { return it.Deadline == 0 || it.Deadline > mo.now }

// load is one load with flags.
func load(key dict.Datum, flags dict.ReadFlag) reading {
	return reading{name: "load of " + maptest.Show(key), run: func(p *player, m *dict.Map) error {
		l, err := m.Load(key, nil, flags)
		if err != nil {
			return gaveUp(err)
		}
		return p.judgeLoad(key, flags, l)
	}}
}

func (p *player) judgeLoad(key dict.Datum, flags dict.ReadFlag, l dict.Loaded) error {
	got, timed := absent, flags&dict.ReadTTL != 0 && p.film.scene.ticks == 0
	if l.Found {
		got = maptest.Show(dict.Datum{W: l.W, S: string(l.B)})
		if timed {
			got += fmt.Sprint(" for ", l.TTL)
		}
	}
	return p.judge(got, func(mo moment) string {
		it := mo.item(key)
		switch {
		case it == nil:
			return absent
		case !timed:
			return maptest.Show(it.Val)
		case it.Deadline == 0:
			return fmt.Sprint(maptest.Show(it.Val), " for ", dict.Permanent)
		}
		return fmt.Sprint(maptest.Show(it.Val), " for ", millis(it.Deadline-mo.now))
	})
}

// loadWord is the short way of integer maps.
func loadWord(key dict.Datum) reading {
	return reading{name: "short load of " + maptest.Show(key), run: func(p *player, m *dict.Map) error {
		w, ok, err := m.LoadWord(key.W)
		if err != nil {
			return gaveUp(err)
		}
		return p.judgeLoad(key, 0, dict.Loaded{Found: ok, W: w})
	}}
}

// loadWords is the short way of integer maps for many keys, of which there is one.
func loadWords(key dict.Datum) reading {
	return reading{name: "short load of many, " + maptest.Show(key), run: func(p *player, m *dict.Map) error {
		var val [1]uint64
		var found [1]bool
		if _, err := m.LoadWords([]uint64{key.W}, val[:], found[:]); err != nil {
			return gaveUp(err)
		}
		return p.judgeLoad(key, 0, dict.Loaded{Found: found[0], W: val[0]})
	}}
}

// loadBytes is the short way to strings, with room for so many bytes in the buffer.
func loadBytes(key dict.Datum, room int) reading {
	return reading{name: fmt.Sprintf("short load of %s, room for %d", maptest.Show(key), room), run: func(p *player, m *dict.Map) error {
		b, _, ok, err := m.LoadDatum(key, make([]byte, 0, room))
		if err != nil {
			return gaveUp(err)
		}
		return p.judgeLoad(key, 0, dict.Loaded{Found: ok, B: b})
	}}
}

// late is r by a handle that has seen the level word when the film began, and not since.
func late(r reading) reading {
	r.name, r.old = "late "+r.name, true
	return r
}

// loadMany is the many-form, whose results are judged together; and no load goes back behind what the one before has seen.
func loadMany(keys ...dict.Datum) reading {
	return reading{name: fmt.Sprintf("load of %d keys", len(keys)), run: func(p *player, m *dict.Map) error {
		p.walk.Attempt = nil // an attempt does not forget the keys before
		out := make([]dict.Loaded, len(keys))
		if err := m.LoadMany(keys, out); err != nil {
			return gaveUp(err)
		}
		for i, k := range keys {
			if err := p.judgeLoad(k, 0, out[i]); err != nil {
				return err
			}
			for p.since < p.film.line.Moment(p.walk.Now()) && p.judgeIn(p.since, k, out[i]) != nil {
				p.since++
			}
		}
		return nil
	}}
}

// judgeIn judges a load in one moment alone.
func (p *player) judgeIn(m int, key dict.Datum, l dict.Loaded) error {
	it := p.film.moments[m].item(key)
	if (it != nil) == l.Found && (it == nil || it.Val.W == l.W && it.Val.S == string(l.B)) {
		return nil
	}
	return errors.New("another one")
}

// scan is a whole iteration. Each step is judged; that no key comes twice, or not at all though it was there throughout,
// follows, because the steps cover the positions one after the other.
func scan() reading {
	return reading{name: "scan", run: func(p *player, m *dict.Map) error {
		for i := range m.Segment().Shards {
			for from, done := uint64(0), false; !done; {
				p.begin(Mix(uint64(i), from))
				found, next, end, err := m.Segment().Shards[i].Collect(from, nil)
				if err != nil {
					return gaveUp(err)
				}
				if err := p.judgeScan(i, found, from, next-1); err != nil {
					return err
				}
				from, done = next, end
			}
		}
		return nil
	}}
}

// judgeScan judges the entries found between two positions.
func (p *player) judgeScan(shard int, found []dict.Entry, first, last uint64) error {
	got := show(found)
	if !p.film.scene.plain {
		return p.judge(strings.Join(got, " "), func(mo moment) string { return strings.Join(p.between(mo, shard, first, last), " ") })
	}
	// Overwriting with one store is atomic for its entry, not for its bucket. No entry comes or goes in such a film.
	for i := range max(len(got), len(p.between(p.film.moments[0], shard, first, last))) {
		at := func(list []string) string {
			if i < len(list) {
				return list[i]
			}
			return absent
		}
		if err := p.judge(at(got), func(mo moment) string { return at(p.between(mo, shard, first, last)) }); err != nil {
			return err
		}
	}
	return nil
}

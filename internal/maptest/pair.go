package maptest

import (
	"errors"
	"fmt"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// Pair is a map, through one handle or several in turn, and its model.
type Pair struct {
	Handles []*dict.Map
	Model   *Model
	Clock   *Clock
	said    answers // what ghosts have answered to the maps and the model has not asked for yet

	turn   int
	cursor *dict.Cursor
	ahead  bool                        // the cursor has been moved since its start
	seen   map[dict.Datum]bool         // keys that the cursor has given out
	still  map[dict.Datum]bool         // keys that have been there ever since the cursor's start
	ever   map[dict.Datum][]dict.Datum // values that a key has had
}

// NewPair makes a pair of empty maps.
func NewPair(s Spec, clock *Clock, handles ...*dict.Map) *Pair {
	p := &Pair{Handles: handles, Model: NewModel(s, clock), Clock: clock, said: answers{known: map[dict.Datum][]bool{}}, ever: map[dict.Datum][]dict.Datum{}}
	for _, m := range handles {
		p.said.listen(m)
	}
	p.Model.Known = p.said.next
	p.restart()
	return p
}

// Map is the handle whose turn it is.
func (p *Pair) Map() *dict.Map { return p.Handles[p.turn%len(p.Handles)] }

// Run runs a step on both and says where they differ.
func (p *Pair) Run(s *Step) error {
	p.turn++
	p.said.forget()
	if err := p.run(s); err != nil {
		return err
	}
	if err := p.learn(s); err != nil {
		return err
	}
	p.watch()
	if n, want := p.Map().Len(), p.Model.Len(); n != want {
		return fmt.Errorf("Len is %d, want %d", n, want)
	}
	if limit := p.Model.limit(); limit != 0 && uint64(p.Map().Len()) > limit {
		return fmt.Errorf("Len is %d, the limit %d", p.Map().Len(), limit)
	}
	return nil
}

func (p *Pair) run(s *Step) error {
	switch s.Kind {
	case DoOp:
		return p.runOp(s.Op)
	case Load:
		return p.runLoad(s)
	case LoadMany:
		return p.runLoadMany(s)
	case StoreMany, DeleteMany:
		return p.runMany(s)
	case PopOldest, PopNewest:
		pop := p.Map().PopOldest
		if s.Kind == PopNewest {
			pop = p.Map().PopNewest
		}
		e, ok, err := pop()
		return p.popped(e, ok, err, s.Kind == PopNewest)
	case Drain:
		return p.runDrain(s.N)
	case FlushExpired:
		return p.runFlush(s.N)
	case Clear:
		p.Model.Clear()
		return p.Map().Clear()
	case Reserve:
		return p.Map().Reserve(s.N)
	case Walk:
		return p.walk()
	case CursorNext, CursorSeek, CursorReset:
		return p.runCursor(s)
	case Advance:
		p.Clock.Advance(uint64(s.N))
	}
	return nil
}

func (p *Pair) runOp(op dict.Op) error {
	asked := op
	err := Do(p.Map(), &op)
	want := p.Model.Do(&asked)
	if HasShortWay(p.Map().Options().Key, p.Map().Options().Value, &op) {
		op.Found, op.Done = want.Found, want.Done
	}
	if Sentinel(err) != want.Err {
		return fmt.Errorf("error %v, want %v", err, want.Err)
	}
	if err != nil {
		return nil
	}
	if op.Found != want.Found || op.Done != want.Done {
		return fmt.Errorf("found %v done %v, want %v and %v", op.Found, op.Done, want.Found, want.Done)
	}
	if got := p.datum(op.W, op.B); want.Has && got != want.Val {
		return fmt.Errorf("returned %s, want %s", Show(got), Show(want.Val))
	}
	return nil
}

// datum is a returned value.
func (p *Pair) datum(w uint64, b []byte) dict.Datum {
	if p.Model.Config.Value == layout.String {
		return dict.Datum{S: string(b)}
	}
	return dict.Datum{W: w}
}

func (p *Pair) runLoad(s *Step) error {
	val, ttl, ok := p.Model.Load(s.Op.Key, s.Flags&dict.ReadVisit != 0)
	l, err := p.Map().Load(s.Op.Key, nil, s.Flags&^dict.ReadVisit)
	if o := p.Map().Options(); s.Flags == dict.ReadVisit && err == nil {
		l = dict.Loaded{}
		if o.Key == layout.String || o.Value == layout.String {
			l.B, l.W, l.Found, err = p.Map().LoadDatum(s.Op.Key, nil)
		} else {
			l.W, l.Found, err = p.Map().LoadWord(s.Op.Key.W)
		}
	} else {
		l, err = p.Map().Load(s.Op.Key, nil, s.Flags)
	}
	return p.loaded(s.Flags, l, err, val, ok, func() bool { return s.Flags&dict.ReadTTL == 0 || sameTTL(l.TTL, ttl) })
}

func (p *Pair) loaded(f dict.ReadFlag, l dict.Loaded, err error, val dict.Datum, ok bool, ttl func() bool) error {
	switch {
	case err != nil:
		return err
	case l.Found != ok:
		return fmt.Errorf("found %v, want %v", l.Found, ok)
	case ok && f&dict.ReadNoVal == 0 && p.datum(l.W, l.B) != val:
		return fmt.Errorf("loaded %s, want %s", Show(p.datum(l.W, l.B)), Show(val))
	case ok && !ttl():
		return fmt.Errorf("TTL is %v", l.TTL)
	}
	return nil
}

func (p *Pair) runLoadMany(s *Step) error {
	out := make([]dict.Loaded, len(s.Keys))
	if err := p.Map().LoadMany(s.Keys, out); err != nil {
		return err
	}
	for i, k := range s.Keys {
		val, _, ok := p.Model.Load(k, false)
		if err := p.loaded(0, out[i], nil, val, ok, func() bool { return true }); err != nil {
			return fmt.Errorf("%s: %w", Show(k), err)
		}
	}
	return nil
}

func (p *Pair) runMany(s *Step) error {
	if p.refusing() && s.Kind == StoreMany && !s.Atomic && len(s.Keys) > 1 {
		return p.oneByOne(s)
	}
	var n int
	var err error
	if s.Kind == StoreMany {
		n, err = p.Map().StoreMany(s.Keys, s.Vals, s.Op.Mode, s.Op.TTL, s.Atomic)
	} else {
		n, err = p.Map().DeleteMany(s.Keys, s.Atomic)
	}
	if s.Atomic {
		p.said.lasts()
	}
	want, wantErr := p.Model.Many(s.single(), s.Atomic)
	if Sentinel(err) != wantErr || n != want {
		return fmt.Errorf("%d, error %v; want %d, %v", n, err, want, wantErr)
	}
	return nil
}

// refusing reports whether the map, when full, drops expired entries and then refuses new ones. Which expired ones the
// model learns after each step.
func (p *Pair) refusing() bool {
	return p.Model.limit() != 0 && !p.Model.evicts() && p.Model.Config.HasTTL
}

// oneByOne splits a batch up.
func (p *Pair) oneByOne(s *Step) error {
	for i := range s.Keys {
		one := *s
		one.Keys, one.Vals = s.Keys[i:i+1], s.Vals[i:i+1]
		if err := p.runMany(&one); err != nil {
			return fmt.Errorf("key %d: %w", i, err)
		}
		if err := p.learn(&one); err != nil {
			return fmt.Errorf("key %d: %w", i, err)
		}
	}
	return nil
}

func (p *Pair) popped(e dict.Entry, ok bool, err error, newest bool) error {
	if err != nil {
		return err
	}
	if p.Model.Config.Policy == layout.PolicyNone {
		switch {
		case !ok && len(p.Model.Live()) > 0:
			return fmt.Errorf("nothing popped, there are %d entries", len(p.Model.Live()))
		case ok && !p.Model.Popped(e):
			return fmt.Errorf("popped %s: %s, which is not there", Show(e.Key), Show(e.Val))
		}
		return nil
	}
	it, want := p.Model.Pop(newest)
	if ok != want || ok && (e.Key != it.Key || e.Val != it.Val) {
		return fmt.Errorf("popped %v %s: %s, want %v %v", ok, Show(e.Key), Show(e.Val), want, &it)
	}
	return nil
}

func (p *Pair) runDrain(n int) error {
	entries, err := p.Map().Drain(n)
	for i := range n {
		if i < len(entries) {
			if err := p.popped(entries[i], true, err, false); err != nil {
				return fmt.Errorf("entry %d: %w", i, err)
			}
		} else {
			return p.popped(dict.Entry{}, false, err, false)
		}
	}
	return err
}

func (p *Pair) runFlush(n int) error {
	removed, done, err := p.Map().FlushExpired(n)
	if err != nil {
		return err
	}
	before := p.Model.Len()
	if n <= 0 {
		if want := p.Model.FlushExpired(); removed != want || !done {
			return fmt.Errorf("flushed %d done %v, want all %d", removed, done, want)
		}
		return nil
	}
	s, err := Look(p.Map())
	if err != nil {
		return err
	}
	lost := p.Model.Learn(s, false)
	if gone := before - p.Model.Len(); len(lost) > 0 || removed > n || removed != gone {
		return fmt.Errorf("flushed %d of at most %d, %d have gone, %d of them live", removed, n, gone, len(lost))
	}
	return nil
}

// learn tells the model what it could not know: which entries were dropped or evicted.
func (p *Pair) learn(s *Step) error {
	c := p.Model.Config
	evicting := p.Model.evicts() && s.CanEvict() && !p.Model.Strict()
	popping := c.Policy == layout.PolicyNone && c.HasTTL
	thinning := c.RecencySkip != 0
	if !s.Mutates() || !evicting && !p.refusing() && !popping && !thinning {
		return nil
	}
	state, err := Look(p.Map())
	if err != nil {
		return err
	}
	if lost := p.Model.Learn(state, evicting); len(lost) > 0 {
		return fmt.Errorf("%d entries are lost, %s among them", len(lost), Show(lost[0]))
	}
	if evicting && s.Kind == StoreMany { // one may have evicted another, which then was a new entry
		p.Model.redate(state, s.Keys)
	}
	return nil
}

// Finish compares everything and has the map checked.
func (p *Pair) Finish() error {
	for _, m := range p.Handles {
		if err := Checked(m); err != nil {
			return err
		}
	}
	s, err := Look(p.Map())
	if err != nil {
		return err
	}
	if diff := s.Diff(p.Model.State().sorted(p.Model.Config)); diff != "" {
		return errors.New(diff)
	}
	return p.walk()
}

// Checked is what the referee says about a map, as one error.
func Checked(m *dict.Map) error {
	problems, err := m.Check()
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("check: %d problems: %q", len(problems), problems[:min(len(problems), 8)])
	}
	return err
}

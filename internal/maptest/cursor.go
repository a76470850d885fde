package maptest

import (
	"fmt"
	"slices"

	"github.com/shmap-go/shmap/internal/dict"
)

// Iteration with a cursor while the map changes: an entry that was there throughout comes exactly once, any other at most
// once, and never with a value that it did not have.

// restart begins a new iteration.
func (p *Pair) restart() {
	p.cursor, p.ahead = nil, false
	p.seen, p.still = map[dict.Datum]bool{}, map[dict.Datum]bool{}
}

// watch keeps what is known of the iteration under way up to date after a step.
func (p *Pair) watch() {
	if p.cursor == nil {
		return
	}
	for k := range p.still {
		if p.Model.live(k) == nil {
			delete(p.still, k)
		}
	}
	for _, it := range p.Model.Live() {
		if h := p.ever[it.Key]; !slices.Contains(h, it.Val) {
			p.ever[it.Key] = append(h, it.Val)
		}
	}
}

// begin starts the pair's cursor.
func (p *Pair) begin() {
	if p.cursor != nil {
		return
	}
	p.cursor = p.Map().Cursor()
	p.ever = map[dict.Datum][]dict.Datum{}
	for _, it := range p.Model.Live() {
		p.still[it.Key] = true
		p.ever[it.Key] = []dict.Datum{it.Val}
	}
}

func (p *Pair) runCursor(s *Step) error {
	switch s.Kind {
	case CursorReset:
		if p.cursor != nil {
			p.cursor.Reset()
		}
		p.restart()
		return nil
	case CursorSeek:
		return p.seek(s.Op.Key)
	}
	p.begin()
	for range s.N {
		if end, err := p.next(); end || err != nil {
			return err
		}
	}
	return nil
}

// next takes one entry from the pair's cursor.
func (p *Pair) next() (end bool, err error) {
	p.ahead = true
	e, ok, err := p.cursor.Next()
	if err != nil {
		return false, err
	}
	if !ok {
		for k := range p.still {
			if !p.seen[k] {
				return true, fmt.Errorf("%s was there throughout, but the cursor left it out", Show(k))
			}
		}
		p.restart()
		return true, nil
	}
	if p.seen[e.Key] {
		return false, fmt.Errorf("the cursor gave %s out twice", Show(e.Key))
	}
	p.seen[e.Key] = true
	if !slices.Contains(p.ever[e.Key], e.Val) {
		return false, fmt.Errorf("the cursor gave out %s: %s, a value that it never had", Show(e.Key), Show(e.Val))
	}
	return false, nil
}

// seek is done with a cursor of its own: the entry itself comes next, and everything that comes then comes once.
func (p *Pair) seek(key dict.Datum) error {
	c := p.Map().Cursor()
	want := p.Model.live(key)
	if ok, err := c.Seek(key); err != nil || ok != (want != nil) {
		return fmt.Errorf("seek says %v %v, want %v", ok, err, want != nil)
	}
	if want == nil {
		return nil
	}
	seen := map[dict.Datum]bool{}
	for {
		e, ok, err := c.Next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if len(seen) == 0 && e.Key != key {
			return fmt.Errorf("%s comes first after the seek", Show(e.Key))
		}
		if it := p.Model.live(e.Key); seen[e.Key] || it == nil || it.Val != e.Val {
			return fmt.Errorf("%s: %s after a seek: seen before %v, present %v", Show(e.Key), Show(e.Val), seen[e.Key], it != nil)
		}
		seen[e.Key] = true
	}
	if len(seen) == 0 {
		return fmt.Errorf("nothing comes after a seek of %s", Show(key))
	}
	return nil
}

// walk is a whole iteration while nothing changes.
func (p *Pair) walk() error {
	seen := map[dict.Datum]bool{}
	c := p.Map().Cursor()
	for {
		e, ok, err := c.Next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if it := p.Model.live(e.Key); seen[e.Key] || it == nil || it.Val != e.Val {
			return fmt.Errorf("iteration gave %s: %s, seen before %v, present %v", Show(e.Key), Show(e.Val), seen[e.Key], it != nil)
		}
		seen[e.Key] = true
	}
	if want := len(p.Model.Live()); len(seen) != want {
		return fmt.Errorf("iteration gave %d entries, want %d", len(seen), want)
	}
	return nil
}

package maptest

import (
	"fmt"
	"slices"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/table"
)

// Crash points of maps with the policy s3. What ghosts answer and which there are the model does not know: a copy of the map on
// which the step is carried out in peace tells it before.

// clone is a model of its own in the same state.
func (m *Model) clone() *Model {
	out := &Model{Config: m.Config, Clock: m.Clock, items: map[dict.Datum]*Item{}, order: make([][]*Item, len(m.order)), Known: m.Known}
	for i, list := range m.order {
		for _, it := range list {
			twin := *it
			out.items[it.Key] = &twin
			out.order[i] = append(out.order[i], &twin)
		}
	}
	return out
}

// rehearse performs the step of the scenario on a copy of the map of p, whose model hears what ghosts answer.
func (c *crasher) rehearse(image []uint64, p *Pair) error {
	p.said.forget()
	if c.sc.spec.Policy != layout.PolicyS3 {
		return nil
	}
	seg, err := segment.AttachHeap(region.HeapFrom(image, room), segment.Options{Live: &lock.Local{}, Now: c.clock.Now})
	if err != nil {
		return err
	}
	m := dict.Attach(seg)
	p.said.listen(m)
	note := func() {
		if open(m) {
			return
		}
		var text string
		if text, err = withGhosts(m, nil); err == nil && !slices.Contains(c.whole, text) {
			c.whole = append(c.whole, text)
		}
	}
	setPoint(m, note)
	if err := c.sc.step.Perform(m); err != nil {
		return err
	}
	setPoint(m, nil)
	if note(); c.sc.step.Atomic {
		p.said.lasts()
	}
	return err
}

// haunted compares a repaired map, ghosts included, with what it may be.
func (c *crasher) haunted(m *dict.Map, s State) error {
	if c.sc.spec.Policy != layout.PolicyS3 {
		return nil
	}
	text, err := withGhosts(m, s)
	if err == nil && !slices.Contains(c.whole, text) {
		err = fmt.Errorf("with ghosts it is %s, want one of %q", text, c.whole)
	}
	return err
}

// withGhosts prints the state s of a map, or the present one, and all ghosts in the order of buckets.
func withGhosts(m *dict.Map, s State) (text string, err error) {
	if s == nil {
		if s, err = Look(m); err != nil {
			return "", err
		}
	}
	for i := range s {
		for k := range s[i] {
			text += s[i][k].String()
		}
		t := m.Segment().Shards[i].Table()
		for b := range table.Buckets(t.Shard.Load(layout.ShLevel)) {
			at := t.Main.Must(b)
			for next := uint64(1); next != 0; {
				text += fmt.Sprintf(" %x", at.Load(t.Geo.Ghosts))
				if next = layout.Hi(at.Load(layout.BkHead)); next != 0 {
					at = t.Over.Must(next - 1)
				}
			}
		}
	}
	return text, nil
}

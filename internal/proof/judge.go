package proof

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// Judge demands (a) to (d) of copies of a map. It is not safe for concurrent use.
type Judge struct {
	after   string   // the last of allowed
	allowed []string // full states
	seed    maphash.Seed
	seen    map[uint64]bool
	lame    bool // planted fault: repairs undo nothing
	Repairs int  // copies judged that were made during a repair
}

// NewJudge knows the operation by the memory before and after it. between are changes that the operation makes as
// operations of their own before it changes anything itself, in order, evictions for example.
func NewJudge(before, after []uint64, between []func(*mapUnderTest) error) (*Judge, error) {
	j := &Judge{seed: maphash.MakeSeed(), seen: map[uint64]bool{}}
	images := [][]uint64{before}
	for range between {
		images = append(images, before)
	}
	for n, image := range append(images, after) {
		m, err := attach(image)
		if err != nil {
			return nil, err
		}
		if err := mend(m); err != nil {
			return nil, err
		}
		if n < len(images) {
			for _, f := range between[:n] {
				if err := f(m); err != nil {
					return nil, err
				}
			}
		}
		s, err := full(m)
		if err != nil {
			return nil, err
		}
		j.allowed = append(j.allowed, s)
	}
	j.after = j.allowed[len(j.allowed)-1]
	return j, nil
}

// New reports whether the judge has not seen this memory yet.
func (j *Judge) New(image []uint64) bool {
	var h maphash.Hash
	h.SetSeed(j.seed)
	var b [8]byte
	for _, w := range image {
		binary.LittleEndian.PutUint64(b[:], w)
		_, _ = h.Write(b[:])
	}
	sum := h.Sum64()
	if j.seen[sum] {
		return false
	}
	j.seen[sum] = true
	return true
}

// Distinct is the number of different copies seen.
func (j *Judge) Distinct() int { return len(j.seen) }

// Crash judges a copy as of a process that died there; returned says that the operation had returned.
func (j *Judge) Crash(image []uint64, returned bool) error {
	m, err := attach(image)
	if err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	read, err := contents(m)
	if err != nil {
		return fmt.Errorf("(a) reading before the repair: %w", err)
	}
	first, err := j.place(read, 0)
	if err != nil {
		return fmt.Errorf("(a) a reader before the repair: %w", err)
	}
	var during [][]uint64
	point := func() { during = append(during, m.Segment().Env.Region.Image()) }
	for i := range m.Segment().Shards {
		m.Segment().Shards[i].SetPoint(point)
		m.Segment().Shards[i].PlantFault(j.lame)
	}
	if err := mend(m); err != nil {
		return fmt.Errorf("repair: %w", err)
	}
	for i := range m.Segment().Shards {
		m.Segment().Shards[i].SetPoint(nil)
	}
	if err := j.sound(m, first, returned); err != nil {
		return err
	}
	for _, image := range during {
		if j.Repairs++; !j.New(image) {
			continue
		}
		m, err := attach(image)
		if err == nil {
			err = mend(m)
		}
		if err == nil {
			err = j.sound(m, first, returned)
		}
		if err != nil {
			return fmt.Errorf("(d) after a death of the repairer: %w", err)
		}
	}
	return nil
}

// sound demands (b), (c) and (e) of a repaired map.
func (j *Judge) sound(m *mapUnderTest, first int, returned bool) error {
	problems, err := m.Check()
	if err != nil || len(problems) > 0 {
		return fmt.Errorf("(b) the referee: %v %s", err, strings.Join(problems, "; "))
	}
	got, err := full(m)
	if err != nil {
		return fmt.Errorf("(c) after the repair: %w", err)
	}
	at := slices.Index(j.allowed[first:], got)
	switch {
	case at < 0:
		return fmt.Errorf("(c) after the repair:\n%s\nallowed are, from %d on:\n%s", got, first, strings.Join(j.allowed[first:], "\n---\n"))
	case returned && got != j.after:
		return fmt.Errorf("(e) the operation had returned, and is undone:\n%s", got)
	}
	return nil
}

// place says which of the allowed states has these contents, from number n on.
func (j *Judge) place(read string, n int) (int, error) {
	for i := n; i < len(j.allowed); i++ {
		if strings.HasPrefix(j.allowed[i], read+"\norder ") {
			return i, nil
		}
	}
	return 0, fmt.Errorf("sees\n%s\nallowed are\n%s", read, strings.Join(j.allowed[n:], "\n---\n"))
}

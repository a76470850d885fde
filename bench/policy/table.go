package policy

import "math/bits"

// table imitates package table of the engine, linear hashing with chains of buckets, because the ghosts live there: each
// bucket remembers the last few keys that were evicted from it.
type table struct {
	S3Clock
	buckets []*bucket
	over    int
	count   int
}

type bucket struct {
	keys   []int32 // -1: an empty slot
	ghosts []uint16
	next   *bucket
}

func newTable(o S3Clock) *table {
	t := &table{S3Clock: o}
	for range 4 {
		t.buckets = append(t.buckets, t.bucket())
	}
	return t
}

func (t *table) bucket() *bucket {
	b := &bucket{keys: make([]int32, t.Geometry[0])}
	for i := range b.keys {
		b.keys[i] = -1
	}
	return b
}

func (t *table) chain(h uint64) *bucket {
	n := uint64(len(t.buckets))
	mask := uint64(1)<<bits.Len64(n) - 1
	if i := h & mask; i < n {
		return t.buckets[i]
	}
	return t.buckets[h&(mask>>1)]
}

// fingerprint takes bits that choose neither bucket nor shard.
func (t *table) fingerprint(h uint64) uint16 { return max(uint16(h>>28&(1<<t.Width-1)), 1) }

// insert stores k; ghost says that it was remembered, which it is no more.
func (t *table) insert(k int32) (ghost bool) {
	h := hash(k)
	for b := t.chain(h); b != nil && !ghost; b = b.next {
		for i, g := range b.ghosts {
			if g == t.fingerprint(h) {
				b.ghosts = append(b.ghosts[:i], b.ghosts[i+1:]...)
				ghost = true
				break
			}
		}
	}
	t.place(t.chain(h), k)
	t.count++
	if t.count*100 > (len(t.buckets)+t.over)*t.Geometry[0]*t.Geometry[1] {
		t.split()
	}
	return ghost
}

// place puts k into the first empty slot of a chain.
func (t *table) place(b *bucket, k int32) {
	for !b.put(k) {
		if b.next == nil {
			b.next = t.bucket()
			t.over++
		}
		b = b.next
	}
}

func (b *bucket) put(k int32) bool {
	for i, x := range b.keys {
		if x < 0 {
			b.keys[i] = k
			return true
		}
	}
	return false
}

// remove takes k out; ghost says that its bucket remembers it.
func (t *table) remove(k int32, ghost bool) {
	h := hash(k)
	main := t.chain(h)
	prev := main
	for b := main; ; prev, b = b, b.next {
		left, found := 0, false
		for i, x := range b.keys {
			if x == k {
				b.keys[i], found = -1, true
			} else if x >= 0 {
				left++
			}
		}
		if !found {
			continue
		}
		t.count--
		if ghost && t.MainOnly {
			t.remember(main, h)
		} else if ghost {
			t.remember(b, h)
		}
		if b != main && left == 0 {
			prev.next = b.next
			t.over--
		}
		return
	}
}

func (t *table) remember(b *bucket, h uint64) {
	if len(b.ghosts) < t.Lanes {
		b.ghosts = append(b.ghosts, 0)
	}
	copy(b.ghosts[1:], b.ghosts)
	b.ghosts[0] = t.fingerprint(h)
}

// split adds a bucket. Its ghosts are a copy: which of them would lead to it nobody knows.
func (t *table) split() {
	n := uint64(len(t.buckets))
	bit := uint64(1) << (bits.Len64(n) - 1)
	src, dst := t.buckets[n-bit], t.bucket()
	dst.ghosts = append(dst.ghosts, src.ghosts...)
	t.buckets = append(t.buckets, dst)
	for b := src; b != nil; b = b.next {
		for i, k := range b.keys {
			if k >= 0 && hash(k)&bit != 0 {
				b.keys[i] = -1
				t.place(dst, k)
			}
		}
	}
	for src.next != nil && t.compact(src) {
	}
}

// compact moves the entries of the last bucket of a chain into empty slots before it; false if there are too few.
func (t *table) compact(main *bucket) bool {
	prev := main
	for prev.next.next != nil {
		prev = prev.next
	}
	last := prev.next
	for i, k := range last.keys {
		if k < 0 {
			continue
		}
		b := main
		for b != last && !b.put(k) {
			b = b.next
		}
		if b == last {
			return false
		}
		last.keys[i] = -1
	}
	prev.next = nil
	t.over--
	return true
}

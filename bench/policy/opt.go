package policy

import (
	"container/heap"
	"math"
)

// opt is the policy of L. A. Belady (1966): the entry whose next use is farthest away goes. No policy has more hits.
type opt struct {
	next     []int // of each request: the next one for its key
	now      int
	resident map[int32]int
	far      farthest
	capacity int
}

type use struct {
	key int32
	at  int
}

type farthest []use

func (f farthest) Len() int           { return len(f) }
func (f farthest) Less(i, j int) bool { return f[i].at > f[j].at }
func (f farthest) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *farthest) Push(x any)        { *f = append(*f, x.(use)) }
func (f *farthest) Pop() any {
	n := len(*f) - 1
	x := (*f)[n]
	*f = (*f)[:n]
	return x
}

// OPT makes the optimum for the whole cache, whatever the shards.
func OPT() Maker {
	return func(t *Trace, capacity, _ int) Cache {
		c := &opt{next: make([]int, len(t.Requests)), resident: map[int32]int{}, capacity: capacity}
		coming := map[int32]int{}
		for i := len(t.Requests) - 1; i >= 0; i-- {
			k := t.Requests[i]
			if c.next[i] = math.MaxInt; coming[k] != 0 {
				c.next[i] = coming[k]
			}
			coming[k] = i
		}
		return c
	}
}

func (c *opt) Access(k int32) bool {
	next := c.next[c.now]
	c.now++
	_, hit := c.resident[k]
	for !hit && len(c.resident) == c.capacity {
		if u := heap.Pop(&c.far).(use); c.resident[u.key] == u.at {
			delete(c.resident, u.key)
		}
	}
	c.resident[k] = next
	heap.Push(&c.far, use{k, next})
	return hit
}

package policy

import "github.com/maypok86/otter/v2"

type otterCache struct {
	c *otter.Cache[int32, int32]
}

// Otter is the library itself. Its maintenance runs at once, after every request: this is otter at its best, without the
// accesses that its buffers lose under load.
func Otter() Maker {
	return func(_ *Trace, capacity, _ int) Cache {
		return otterCache{otter.Must(&otter.Options[int32, int32]{MaximumSize: capacity, Executor: func(f func()) { f() }})}
	}
}

func (o otterCache) Access(k int32) bool {
	_, hit := o.c.GetIfPresent(k)
	if !hit {
		o.c.Set(k, k)
	}
	o.c.CleanUp()
	return hit
}

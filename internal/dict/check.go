package dict

import (
	"runtime"

	"github.com/shmap-go/shmap/internal/check"
)

// Check walks everything, shard by shard under its lock, and returns the broken invariants, one sentence each. A read-only
// handle walks without locks; fault.ErrBusy says that a shard was changing all the time.
func (m *Map) Check() ([]string, error) { return m.CheckSlowly(nil) }

// CheckSlowly is Check, which calls between, if it is not nil, between two shards, while no lock is held.
func (m *Map) CheckSlowly(between func()) ([]string, error) {
	defer runtime.KeepAlive(m.seg)
	problems, err := check.Run(m.seg, between)
	var out []string
	for _, p := range problems {
		out = append(out, p.String())
	}
	return out, err
}

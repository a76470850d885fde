package dict

import "runtime"

// Together reports whether all keys are in one shard, so that an atomic form can take them.
func (m *Map) Together(keys []Datum) bool {
	defer runtime.KeepAlive(m.seg)
	return m.oneShard(keys) == nil
}

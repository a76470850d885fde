package dict

import "time"

// KeepDeadlines makes the operations of this handle leave deadlines alone where they do not name one: an existing entry keeps
// its own, a new one is permanent, whatever the default TTL of the map, which is returned. For servers whose clients expect
// that a change of a value is no change of its deadline. It is called before the handle is used; from then on Options and Stats of
// the handle report no default, and Check, which compares the header with what it said, is for other handles.
func (m *Map) KeepDeadlines() time.Duration {
	c := m.seg.Env.Config // the handle's own copy
	ttl := time.Duration(c.TTL) * time.Millisecond
	c.TTL = 0
	return ttl
}

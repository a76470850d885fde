package shard

import "github.com/shmap-go/shmap/internal/table"

// Read is read, for tests that change the map while it is under way.
func (s *Shard) Read(it table.Item, f ReadFlag, out *Loaded, still func() bool) bool {
	return s.read(it, nil, f, out, still)
}

//go:build explore

package shard

import "github.com/shmap-go/shmap/internal/layout"

// Attempts of a read where every order of steps is tried: an attempt remembers nothing of the one before, so one of each
// kind shows all that more of them could. Package explore asks for more to see that.
var directTries, throughTries = 1, 1

// SetTries changes them, while nobody reads.
func SetTries(direct, through int) { directTries, throughTries = direct, through }

// Know lets the handle learn where all levels of a vector lie.
func (s *Shard) Know(which int) {
	v := &s.vecs[which]
	for level := range layout.Levels {
		if v.Dir(level) == 0 {
			break
		}
		for n := range v.Shape.Count(level) { // to the last one that is inside the file
			if _, ok := v.Find(v.Shape.First(level) + n); !ok {
				break
			}
		}
	}
}

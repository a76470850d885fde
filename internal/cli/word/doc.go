// Package word is the text form of keys and values: a line into words, a word into a datum, a datum into JSON. It
// knows kinds and nothing of maps or commands.
package word

import "errors"

// What can be wrong with a word. Errors of this package wrap one of them.
var (
	ErrSyntax = errors.New("shmap: malformed")
	ErrRange  = errors.New("shmap: out of range")
)

package resp

import (
	"errors"
	"strings"

	"github.com/shmap-go/shmap/internal/fault"
)

// reply is an error as the client sees it: a code and words.
type reply string

func (r reply) Error() string { return string(r) }

// Errors of Redis, word for word.
const (
	errSyntax   = reply("ERR syntax error")
	errInteger  = reply("ERR value is not an integer or out of range")
	errOverflow = reply("ERR increment or decrement would overflow")
	errReadOnly = reply("READONLY You can't write against a read only replica.")
	errIndex    = reply("ERR DB index is out of range")
)

// Errors that Redis has no words for.
const (
	errNoTTL = reply("ERR the map was created without TTL, its entries cannot expire; make one: shmap create PATH --enable-ttl")
	errEnd   = reply("ERR the server ends; connect again")
	errGlob  = reply("ERR the pattern is too long for a key that is there: the product of their lengths is more than 1 GiB")
	errTries = reply("TRYAGAIN other processes changed the key at every attempt")
)

// asReply is an error of a map in the words of the protocol, where clients know such words.
func asReply(err error) reply {
	var r reply
	if errors.As(err, &r) {
		return r
	}
	text := strings.TrimPrefix(err.Error(), "shmap: ")
	for _, c := range []struct {
		sentinel error
		reply    reply
	}{
		{fault.ErrReadOnly, errReadOnly},
		{fault.ErrNoTTL, errNoTTL},
		{fault.ErrFrozen, reply("READONLY " + text)},
		{fault.ErrFull, reply("OOM " + text)},
		{fault.ErrNoSpace, reply("OOM " + text)},
		{fault.ErrBusy, reply("TRYAGAIN " + text)},
	} {
		if errors.Is(err, c.sentinel) {
			return c.reply
		}
	}
	return reply("ERR " + text)
}

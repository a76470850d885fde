package dialog

import (
	"errors"
	"strings"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/fault"
)

// errorName is what the language calls an error.
func errorName(err error) string {
	for _, c := range []struct {
		sentinel error
		name     string
	}{
		{word.ErrSyntax, "syntax"},
		{word.ErrRange, "range"},
		{fault.ErrFull, "full"},
		{fault.ErrNoSpace, "no-space"},
		{fault.ErrFrozen, "frozen"},
		{fault.ErrReadOnly, "read-only"},
		{fault.ErrNoTTL, "no-ttl"},
		{fault.ErrTooLarge, "too-large"},
		{fault.ErrCorrupt, "corrupt"},
		{fault.ErrBusy, "busy"},
		{fault.ErrClosed, "closed"},
	} {
		if errors.Is(err, c.sentinel) {
			return c.name
		}
	}
	return "error"
}

// appendError appends {"error":NAME,"detail":TEXT}.
func appendError(dst []byte, err error) []byte {
	detail := strings.TrimPrefix(err.Error(), "shmap: ")
	dst = append(dst, `{"error":"`+errorName(err)+`","detail":`...)
	dst = word.AppendString(dst, strings.ToValidUTF8(detail, "\uFFFD"))
	return append(dst, '}')
}

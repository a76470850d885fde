package doctor

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// shell is a path as one word of a command that people paste into a shell, whatever is in it; printable, too.
func shell(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path // else it is a flag
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:,@%=", r)
	}
	switch {
	case path != "" && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0:
		return path
	case Printable(path) == path:
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	var b strings.Builder // $'...' of bash, zsh, ksh and POSIX 2024
	for i := range len(path) {
		switch c := path[i]; {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(c))
		case c < ' ' || c > '~':
			b.WriteString(`\` + strconv.FormatUint(uint64(c)+0o1000, 8)[1:])
		default:
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}

// Printable is a text as it is, or quoted if it has what a terminal would obey or not show.
func Printable(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) < 0 {
		return s
	}
	return strconv.Quote(s)
}

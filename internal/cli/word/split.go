package word

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shmap-go/shmap/internal/fault"
)

// Split appends the words of line to dst. Words are separated by spaces; one that starts with a double quote is a Go
// string literal and ends with its closing quote. Bytes that are not UTF-8 stand for themselves in both forms.
func Split(dst []string, line string) ([]string, error) {
	for {
		line = strings.TrimLeft(line, " ")
		if line == "" {
			return dst, nil
		}
		var w string
		var err error
		if line[0] == '"' {
			w, line, err = unquote(line)
		} else {
			w, line = bare(line)
		}
		if err != nil {
			return dst, err
		}
		dst = append(dst, w)
	}
}

// bare cuts a plain word off the front of line.
func bare(line string) (w, rest string) {
	if i := strings.IndexByte(line, ' '); i >= 0 {
		return line[:i], line[i:]
	}
	return line, ""
}

// unquote cuts a quoted word off the front of line, which starts with the opening quote.
func unquote(line string) (w, rest string, err error) {
	s := line[1:]
	var buf []byte
	for {
		i := strings.IndexAny(s, `"\`)
		if i < 0 {
			return "", "", fault.With(ErrSyntax, "a quoted word has no closing quote")
		}
		if s[i] == '"' {
			w, rest = s[:i], s[i+1:]
			break
		}
		buf = append(buf, s[:i]...)
		if buf, s, err = appendEscape(buf, s[i:]); err != nil {
			return "", "", err
		}
	}
	if rest != "" && rest[0] != ' ' {
		return "", "", fault.With(ErrSyntax, "a quoted word is followed by %q, not by a space", rest[0])
	}
	if buf != nil {
		w = string(append(buf, w...))
	}
	return w, rest, nil
}

// appendEscape appends what the escape sequence at the front of s stands for.
func appendEscape(buf []byte, s string) ([]byte, string, error) {
	r, multibyte, tail, err := strconv.UnquoteChar(s, '"')
	if err != nil {
		return nil, "", fault.With(ErrSyntax, `a quoted word has the unknown escape sequence %q`, s[:min(len(s), 4)])
	}
	if multibyte {
		return utf8.AppendRune(buf, r), tail, nil
	}
	return append(buf, byte(r)), tail, nil
}

package word

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// AppendJSON appends d of kind k as JSON: a number, a string, or {"base64":"..."} for a string that is not UTF-8.
func AppendJSON(dst []byte, k layout.Kind, d dict.Datum) []byte {
	switch {
	case k != layout.String:
		return appendInt(dst, k, d.W)
	case utf8.ValidString(d.S):
		return AppendString(dst, d.S)
	}
	dst = append(dst, `{"base64":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, []byte(d.S))
	return append(dst, `"}`...)
}

// AppendString appends valid UTF-8 as a JSON string. What JSON does not allow to stand is escaped,
// and the other control characters (U+007F to U+009F), which some terminals obey.
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	plain := 0 // s[plain:i] needs no escape
	for i := range len(s) {
		c := s[i]
		if c == 0xc2 && s[i+1] < 0xa0 { // the first of two bytes for U+0080 to U+009F
			dst = append(dst, s[plain:i]...)
			plain, c = i+2, s[i+1]
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
			continue
		}
		dst = append(dst, s[plain:i]...)
		plain = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[plain:]...)
	return append(dst, '"')
}

// Text is d of kind k for people: a string as it is, an integer in decimal.
func Text(k layout.Kind, d dict.Datum) string {
	if k == layout.String {
		return d.S
	}
	return string(appendInt(nil, k, d.W))
}

// Field is Text for one column of a line: a string that would not stay one word there is quoted.
func Field(k layout.Kind, d dict.Datum) string {
	s := Text(k, d)
	if s == "" || s[0] == '"' || strings.ContainsRune(s, ' ') || strconv.Quote(s) != `"`+s+`"` {
		return strconv.Quote(s)
	}
	return s
}

func appendInt(dst []byte, k layout.Kind, w uint64) []byte {
	if k.Signed() {
		return strconv.AppendInt(dst, k.Signed64(w), 10)
	}
	return strconv.AppendUint(dst, w, 10)
}

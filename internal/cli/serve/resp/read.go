package resp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Limits of a request, as those of Redis, but for the last. Nothing is allocated for what was announced, only for what came.
const (
	maxLine    = 64 << 10  // bytes of an inline command, or of a length
	maxArgs    = 1 << 20   // words of a command
	maxBulk    = 512 << 20 // bytes of a word
	maxRequest = 512 << 20 // bytes of a command

	strangerArgs = 10       // words of a command of a client that has not said the token yet
	strangerBulk = 16 << 10 // bytes of each
)

// What a connection keeps between commands.
const (
	readAhead = 16 << 10 // bytes that are read before they are asked for
	keptWords = 1024     // words of a command that there is room for
)

// step is how much is read at a time of a word whose length is only a claim, and how large a buffer is kept.
const step = 256 << 10

// reader reads requests: arrays of bulk strings, or lines.
type reader struct {
	r        *bufio.Reader
	stranger bool
	buf      []byte   // the words of the present command, side by side
	ends     []int    // where each ends
	args     [][]byte // the words
}

// protocolError ends a connection, after it was told.
type protocolError string

func (e protocolError) Error() string { return "Protocol error: " + string(e) }

func newReader(r io.Reader) *reader { return &reader{r: bufio.NewReaderSize(r, readAhead)} }

// forget drops the present command, and its memory if that is much.
func (r *reader) forget() {
	clear(r.args) // they keep buf
	r.ends, r.args, r.buf = r.ends[:0], r.args[:0], r.buf[:0]
	if cap(r.args) > keptWords {
		r.ends, r.args = nil, nil
	}
	if cap(r.buf) > step {
		r.buf = nil
	}
}

// next returns the words of the next command, which are valid until the next call. There may be none.
func (r *reader) next() ([][]byte, error) {
	r.forget()
	line, err := r.line("too big inline request")
	if err != nil {
		return nil, err
	}
	if len(line) == 0 || line[0] != '*' {
		if typed := bytes.TrimLeft(line, blanks+"\x00"); len(typed) > 0 && (typed[0] <= ' ' || typed[0] > '~') {
			return nil, errBinary
		}
		return splitInline(line)
	}
	most := maxArgs
	if r.stranger {
		most = strangerArgs
	}
	n, ok := number(line[1:])
	switch {
	case !ok || n > maxArgs:
		return nil, protocolError("invalid multibulk length")
	case n > int64(most):
		return nil, protocolError("unauthenticated multibulk length")
	}
	for range max(n, 0) {
		if err := r.bulk(); err != nil {
			return nil, err
		}
	}
	from := 0
	for _, to := range r.ends {
		r.args = append(r.args, r.buf[from:to:to])
		from = to
	}
	return r.args, nil
}

// bulk reads one bulk string.
func (r *reader) bulk() error {
	line, err := r.line("too big bulk count string")
	if err != nil {
		return err
	}
	if len(line) == 0 || line[0] != '$' {
		return protocolError(fmt.Sprintf("expected '$', got '%c'", append(line, '\r')[0]))
	}
	n, ok := number(line[1:])
	switch {
	case !ok || n < 0 || n > maxBulk || n+int64(len(r.buf)) > maxRequest:
		return protocolError("invalid bulk length")
	case r.stranger && n > strangerBulk:
		return protocolError("unauthenticated bulk length")
	}
	for left := int(n) + 2; left > 0; {
		k, from := min(left, step), len(r.buf)
		r.buf = slices.Grow(r.buf, k)[:from+k]
		if _, err := io.ReadFull(r.r, r.buf[from:]); err != nil {
			return errors.Join(err, io.ErrUnexpectedEOF)
		}
		left -= k
	}
	end := len(r.buf) - 2 // Redis takes any two bytes for the end
	r.buf = r.buf[:end]
	r.ends = append(r.ends, end)
	return nil
}

// line reads to the next newline.
func (r *reader) line(tooLong string) ([]byte, error) {
	line, err := r.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		var long []byte
		for long = append(long, line...); errors.Is(err, bufio.ErrBufferFull); long = append(long, line...) {
			if len(long) >= maxLine {
				return nil, protocolError(tooLong)
			}
			line, err = r.r.ReadSlice('\n')
		}
		line = long
	}
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), err
}

// number reads a decimal integer as strictly as Redis: no sign but -, no leading zeros, no spaces.
func number(b []byte) (int64, bool) {
	if len(b) > 20 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil && string(strconv.AppendInt(nil, n, 10)) == string(b)
}

// errBinary is for what begins as nobody types and no client does: TLS, above all, in which a web page can make a browser send
// lines of its choice.
const errBinary = protocolError("expected a command")

const blanks = " \t\n\v\f\r"

var errQuotes = protocolError("unbalanced quotes in request")

// splitInline splits a line as a person types it: words between blanks, in double quotes with escapes, or in single quotes.
func splitInline(line []byte) (words [][]byte, err error) {
	for {
		line = bytes.TrimLeft(line, blanks+"\x00")
		if len(line) == 0 {
			return words, nil
		}
		word := []byte{}
		if word, line, err = inlineWord(word, line); err != nil {
			return nil, err
		}
		words = append(words, word)
	}
}

// inlineWord cuts one word off the front of line. Quotes may begin in the middle of a word, and end it.
func inlineWord(word, line []byte) (w, rest []byte, err error) {
	for len(line) > 0 {
		switch c := line[0]; {
		case strings.IndexByte(blanks+"\x00", c) >= 0:
			return word, line, nil
		case c == '"' || c == '\'':
			if word, line, err = quoted(word, line[1:], c); err != nil {
				return nil, nil, err
			}
			if len(line) > 0 && strings.IndexByte(blanks, line[0]) < 0 {
				return nil, nil, errQuotes
			}
			return word, line, nil
		default:
			word, line = append(word, c), line[1:]
		}
	}
	return word, line, nil
}

// quoted reads to the closing quote.
func quoted(word, line []byte, quote byte) (w, rest []byte, err error) {
	for len(line) > 0 {
		c := line[0]
		if c == quote {
			return word, line[1:], nil
		}
		n := 1
		switch {
		case c == '\\' && quote == '\'' && len(line) > 1 && line[1] == '\'':
			c, n = '\'', 2
		case c == '\\' && quote == '"' && len(line) > 1:
			c, n = escape(line)
		}
		word, line = append(word, c), line[n:]
	}
	return nil, nil, errQuotes
}

// escape is the byte that an escape sequence stands for, and the length of the sequence.
func escape(line []byte) (c byte, n int) {
	if line[1] == 'x' && len(line) > 3 {
		if v, err := strconv.ParseUint(string(line[2:4]), 16, 8); err == nil {
			return byte(v), 4
		}
	}
	if i := bytes.IndexByte([]byte("nrtba"), line[1]); i >= 0 {
		return "\n\r\t\b\a"[i], 2
	}
	return line[1], 2
}

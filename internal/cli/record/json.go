package record

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// jsonWriter writes one object a line.
type jsonWriter struct {
	out  *bufio.Writer
	s    Schema
	line []byte
}

func newJSONWriter(w io.Writer, s Schema) *jsonWriter {
	return &jsonWriter{out: bufio.NewWriterSize(w, 1<<16), s: s}
}

func (w *jsonWriter) Write(e scan.Entry) error {
	b := word.AppendJSON(append(w.line[:0], `{"key":`...), w.s.Key, e.Key)
	b = word.AppendJSON(append(b, `,"value":`...), w.s.Value, e.Val)
	if w.s.TTL {
		field, ms := w.s.deadline(&e)
		b = append(append(append(b, `,"`...), field...), `":`...)
		b = strconv.AppendInt(b, ms, 10)
	}
	w.line = append(b, '}', '\n')
	_, err := w.out.Write(w.line)
	return err
}

func (w *jsonWriter) Flush() error { return w.out.Flush() }

// jsonReader reads one object a line.
type jsonReader struct {
	in   *bufio.Reader
	s    Schema
	most int64 // bytes of a line
	line []byte
	n    int
}

func newJSONReader(r io.Reader, s Schema) *jsonReader {
	return &jsonReader{in: bufio.NewReaderSize(r, 1<<16), s: s, most: s.longest()}
}

// object reads one object and nothing else. Its fields are those named, by exactly these names, each once at most; into gets what
// they are, as it is written.
func object(raw []byte, names []string, into []json.RawMessage) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	first, err := d.Token()
	switch first.(type) {
	case json.Delim:
		if first != json.Delim('{') {
			return errors.New("this is no object but an array")
		}
	default:
		if err == nil {
			err = errors.New("this is no object")
		}
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		i := slices.Index(names, name.(string)) // the decoder takes nothing else there
		switch {
		case i < 0:
			return fmt.Errorf("unknown field %q", clip([]byte(name.(string))))
		case into[i] != nil:
			return fmt.Errorf("the field %q comes twice", names[i])
		}
		if err := d.Decode(&into[i]); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the end of the object
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object; write one object a line")
	}
	return nil
}

var (
	entryFields = []string{fieldKey, fieldValue, fieldTTL, fieldAt}
	bytesFields = []string{"base64"}
)

func (r *jsonReader) Read() (rec Record, line int, err error) {
	for {
		if err := r.next(); err != nil {
			return rec, r.n, err
		}
		if len(r.line) > 0 {
			break
		}
	}
	rec, err = r.parse()
	return rec, r.n, err
}

// next reads a line, which may be longer than any buffer. io.EOF is an end without one.
func (r *jsonReader) next() error {
	r.line = r.line[:0]
	r.n++
	for {
		part, err := r.in.ReadSlice('\n')
		r.line = append(r.line, part...)
		switch {
		case err == nil || errors.Is(err, io.EOF) && len(r.line) > 0:
			r.line = bytes.TrimSpace(r.line)
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		case int64(len(r.line)) > r.most:
			return syntax("more than %d bytes without a newline", r.most)
		}
	}
}

func (r *jsonReader) parse() (rec Record, err error) {
	if !utf8.Valid(r.line) {
		return rec, syntax(`not valid UTF-8; write such strings as {"base64":"..."}`)
	}
	var fields [4]json.RawMessage // of entryFields
	if err := object(r.line, entryFields, fields[:]); err != nil {
		return rec, malformed(err)
	}
	if rec.Key, err = r.datum(fieldKey, r.s.Key, fields[0]); err != nil {
		return rec, err
	}
	if rec.Val, err = r.datum(fieldValue, r.s.Value, fields[1]); err != nil {
		return rec, err
	}
	if ttl := fields[2]; ttl != nil && string(ttl) != "null" {
		err = rec.ttl(string(ttl))
	}
	if at := fields[3]; at != nil && string(at) != "null" && err == nil {
		err = rec.at(string(at))
	}
	return rec, err
}

// malformed says what the JSON package found.
func malformed(err error) error {
	text := strings.TrimPrefix(err.Error(), "json: ")
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		text = "the line ends in the middle of the object"
	}
	return syntax(`want {"key":...,"value":...}: %s`, text)
}

// datum reads a key or a value.
func (r *jsonReader) datum(field string, k layout.Kind, raw json.RawMessage) (d dict.Datum, err error) {
	switch {
	case raw == nil || string(raw) == "null":
		return d, syntax("there is no %s", field)
	case k != layout.String && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'):
		d, err = word.Parse(k, string(raw))
	case k != layout.String:
		return d, syntax("%s is %s, want a number (%v)", field, clip(raw), k)
	case raw[0] == '"':
		d.S, err = text(raw)
	case raw[0] == '{':
		d.S, err = decode(raw)
	default:
		return d, syntax("%s is %s, want a string", field, clip(raw))
	}
	if err == nil {
		err = checkLength(d.S)
	}
	if err != nil {
		err = named(field, err)
	}
	return d, err
}

// text is a JSON string. Half a surrogate pair stands for no text, and the JSON package would put U+FFFD in its place.
func text(raw json.RawMessage) (s string, err error) {
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", malformed(err)
	}
	if strings.Count(s, "\uFFFD") != replacements(raw) {
		return "", syntax(`half a surrogate pair; write such strings as {"base64":"..."}`)
	}
	return s, nil
}

// replacements counts how often U+FFFD is written in a JSON string, as itself or as an escape.
func replacements(raw json.RawMessage) int {
	n := bytes.Count(raw, []byte("\uFFFD"))
	for rest := raw; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 || i+1 >= len(rest) {
			return n
		}
		if rest = rest[i+1:]; len(rest) >= 5 && rest[0] == 'u' && strings.EqualFold(string(rest[1:5]), "fffd") {
			n++
		}
		rest = rest[1:]
	}
}

// decode reads {"base64":"..."}.
func decode(raw json.RawMessage) (string, error) {
	var field [1]json.RawMessage // of bytesFields
	var s *string
	err := object(raw, bytesFields, field[:])
	if err == nil && field[0] != nil {
		err = json.Unmarshal(field[0], &s)
	}
	if err != nil || s == nil {
		return "", syntax(`%s is no {"base64":"..."}`, clip(raw))
	}
	return bytesOf(*s)
}

func bytesOf(text string) (string, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") { // which the decoder would pass over
		return "", syntax("%s is no base64", clip([]byte(text)))
	}
	return string(b), nil
}

// clip is the start of raw for a message.
func clip(raw []byte) string {
	if len(raw) > 40 {
		return strings.ToValidUTF8(string(raw[:40]), "") + "..."
	}
	return string(raw)
}

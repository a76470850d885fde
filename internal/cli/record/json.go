package record

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
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

// object is one line. Numbers and strings stay as they are written.
type object struct {
	Key   json.RawMessage `json:"key"`
	Value json.RawMessage `json:"value"`
	TTL   json.RawMessage `json:"ttl_ms"`
	At    json.RawMessage `json:"expires_at_ms"`
}

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
	var o object
	d := json.NewDecoder(bytes.NewReader(r.line))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return rec, malformed(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return rec, syntax("something follows the object; write one object a line")
	}
	if rec.Key, err = r.datum(fieldKey, r.s.Key, o.Key); err != nil {
		return rec, err
	}
	if rec.Val, err = r.datum(fieldValue, r.s.Value, o.Value); err != nil {
		return rec, err
	}
	if o.TTL != nil && string(o.TTL) != "null" {
		err = rec.ttl(string(o.TTL))
	}
	if o.At != nil && string(o.At) != "null" && err == nil {
		err = rec.at(string(o.At))
	}
	return rec, err
}

// malformed says what the JSON package found.
func malformed(err error) error {
	text := strings.TrimPrefix(err.Error(), "json: ")
	if errors.Is(err, io.ErrUnexpectedEOF) {
		text = "the line ends in the middle of the object"
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		text = "this is no object but: " + wrong.Value
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
	var o struct {
		Base64 *string `json:"base64"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil || o.Base64 == nil {
		return "", syntax(`%s is no {"base64":"..."}`, clip(raw))
	}
	return bytesOf(*o.Base64)
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

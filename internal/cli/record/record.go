// Package record is one entry of a map as a line of text, in JSON Lines or CSV, both ways and without loss. It knows
// kinds, encodings and deadlines; it must not know maps or files.
//
// An entry is an object {"key":K,"value":V,"ttl_ms":N} or a row with columns of these names. Integers are decimal
// numbers. A string is itself if it is valid UTF-8; else it is {"base64":"..."} in JSON and base64:... in CSV, where that
// form also carries what CSV would not keep (carriage returns, NUL) and strings that begin with base64: themselves.
//
// ttl_ms is what is left of the entry's life in milliseconds, 0 for ever; left out, it is the default of the map.
// expires_at_ms in its place is the moment, in milliseconds since 1970.
package record

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// Form names an encoding.
type Form string

// Forms.
const (
	JSONL Form = "jsonl"
	CSV   Form = "csv"
)

// Names of the fields.
const (
	fieldKey   = "key"
	fieldValue = "value"
	fieldTTL   = "ttl_ms"
	fieldAt    = "expires_at_ms"
)

// Schema says what entries look like.
type Schema struct {
	Key, Value layout.Kind
	TTL        bool // writing: there are deadlines to be written
	Absolute   bool // writing: deadlines as moments
}

// Writer writes entries.
type Writer interface {
	Write(scan.Entry) error
	Flush() error // after the last; an empty map has a CSV header too
}

// NewWriter returns a writer of entries to w.
func NewWriter(f Form, w io.Writer, s Schema) Writer {
	if f == CSV {
		return newCSVWriter(w, s)
	}
	return newJSONWriter(w, s)
}

// Record is an entry that was read.
type Record struct {
	Key, Val dict.Datum
	Mode     dict.TTLMode  // TTLDefault: nothing was said
	TTL      time.Duration // TTLExplicit: 0 is for ever
	At       time.Time     // TTLAt
}

// Reader reads entries.
type Reader interface {
	// Read returns the next entry and the line that it begins on, counted from 1; io.EOF at the end. An error that is
	// the text's and not the input's wraps word.ErrSyntax or word.ErrRange, and the line is the one that is wrong.
	Read() (Record, int, error)
}

// NewReader returns a reader of entries from r.
func NewReader(f Form, r io.Reader, s Schema) Reader {
	if f == CSV {
		return newCSVReader(r, s)
	}
	return newJSONReader(r, s)
}

// longest bounds a line or a row that is read, in bytes: what is longer is no entry of the map, but perhaps a quote without an
// end. A string of the largest size fits, with each byte written as two.
func (s *Schema) longest() int64 {
	n := int64(64 << 10)
	for _, k := range []layout.Kind{s.Key, s.Value} {
		if k == layout.String {
			n += 2 * layout.MaxString
		}
	}
	return n
}

// latest is the last moment that can be written, in milliseconds since 1970.
const latest = 1 << 53

// ttl reads the number of milliseconds of ttl_ms.
func (r *Record) ttl(text string) error {
	ms, err := millis(fieldTTL, text, layout.MaxTTL)
	if err != nil {
		return err
	}
	if r.Mode != dict.TTLDefault {
		return syntax("%s and %s are both given", fieldTTL, fieldAt)
	}
	r.Mode, r.TTL = dict.TTLExplicit, time.Duration(ms)*time.Millisecond
	return nil
}

// at reads the moment of expires_at_ms; 0 is never.
func (r *Record) at(text string) error {
	ms, err := millis(fieldAt, text, latest)
	switch {
	case err != nil:
		return err
	case r.Mode != dict.TTLDefault:
		return syntax("%s and %s are both given", fieldTTL, fieldAt)
	case ms == 0:
		r.Mode = dict.TTLExplicit
	default:
		r.Mode, r.At = dict.TTLAt, time.UnixMilli(ms)
		if left := time.Until(r.At); left > layout.MaxTTL*time.Millisecond {
			return fault.With(word.ErrRange, "%s %s is more than %d ms ahead", fieldAt, text, int64(layout.MaxTTL))
		}
	}
	return nil
}

func millis(field, text string, most int64) (int64, error) {
	d, err := word.Parse(layout.Int64, text)
	if err != nil {
		return 0, named(field, err)
	}
	if ms := int64(d.W); ms >= 0 && ms <= most {
		return ms, nil
	}
	return 0, fault.With(word.ErrRange, "%s %s is not from 0 to %d", field, text, most)
}

// deadline is the field that carries the deadline of e, and its number.
func (s *Schema) deadline(e *scan.Entry) (field string, ms int64) {
	switch {
	case !s.Absolute:
		return fieldTTL, e.Left()
	case e.Permanent():
		return fieldAt, 0
	}
	return fieldAt, e.Until.UnixMilli()
}

// checkLength refuses a string that no map takes.
func checkLength(s string) error {
	if len(s) > layout.MaxString {
		return fault.With(word.ErrRange, "a string of %d bytes, the most is %d", len(s), layout.MaxString)
	}
	return nil
}

func syntax(format string, args ...any) error { return fault.With(word.ErrSyntax, format, args...) }

// named puts the name of the field before what is wrong with it.
func named(field string, err error) error {
	var d *fault.Detail
	if errors.As(err, &d) {
		return fault.With(d.Sentinel, "%s: %s", field, d.Text)
	}
	return fmt.Errorf("%s: %w", field, err)
}

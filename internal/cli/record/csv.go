package record

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"errors"
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

// prefix marks a string in base64.
const prefix = "base64:"

// csvWriter writes a header and one row for each entry (RFC 4180, with newlines alone between rows).
type csvWriter struct {
	out   *csv.Writer
	s     Schema
	row   []string
	begun bool
}

func newCSVWriter(w io.Writer, s Schema) *csvWriter { return &csvWriter{out: csv.NewWriter(w), s: s} }

// begin writes the header.
func (w *csvWriter) begin() error {
	if w.begun {
		return nil
	}
	w.begun = true
	w.row = append(w.row[:0], fieldKey, fieldValue)
	if w.s.TTL {
		field, _ := w.s.deadline(&scan.Entry{})
		w.row = append(w.row, field)
	}
	return w.out.Write(w.row)
}

func (w *csvWriter) Write(e scan.Entry) error {
	if err := w.begin(); err != nil {
		return err
	}
	w.row = append(w.row[:0], cell(w.s.Key, e.Key), cell(w.s.Value, e.Val))
	if w.s.TTL {
		_, ms := w.s.deadline(&e)
		w.row = append(w.row, strconv.FormatInt(ms, 10))
	}
	return w.out.Write(w.row)
}

func (w *csvWriter) Flush() error {
	if err := w.begin(); err != nil {
		return err
	}
	w.out.Flush()
	return w.out.Error()
}

// cell is a key or a value as one cell.
func cell(k layout.Kind, d dict.Datum) string {
	s := word.Text(k, d)
	if k == layout.String && (!utf8.ValidString(s) || strings.ContainsAny(s, "\r\x00") || strings.HasPrefix(s, prefix)) {
		return prefix + base64.StdEncoding.EncodeToString([]byte(s))
	}
	return s
}

// csvReader reads rows by the names in the header.
type csvReader struct {
	in      *csv.Reader
	tail    tail
	bom     int64 // bytes before the header
	s       Schema
	columns []string
}

func newCSVReader(r io.Reader, s Schema) *csvReader {
	c := &csvReader{s: s}
	c.tail.r, c.tail.most = r, s.longest()
	in := bufio.NewReaderSize(&c.tail, 1<<16)
	if bom, err := in.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) { // spreadsheets write it
		n, _ := in.Discard(3) // they are there
		c.bom = int64(n)
	}
	c.in = csv.NewReader(in)
	c.in.ReuseRecord = true
	return c
}

// tail remembers how the input ends, and ends it where a row is too long.
type tail struct {
	r     io.Reader
	bytes int64
	most  int64 // bytes after which it ends
	last  byte
	ended bool
	long  bool // ended by most
}

func (t *tail) Read(b []byte) (int, error) {
	if t.bytes > t.most {
		t.long = true
		return 0, io.EOF
	}
	n, err := t.r.Read(b)
	if t.bytes += int64(n); n > 0 {
		t.last = b[n-1]
	}
	t.ended = t.ended || errors.Is(err, io.EOF)
	return n, err
}

// cut reports whether the row read last has no newline after it: then its last cell may be the half of one.
func (r *csvReader) cut() bool {
	return r.tail.ended && r.tail.last != '\n' && r.bom+r.in.InputOffset() == r.tail.bytes
}

func (r *csvReader) Read() (rec Record, line int, err error) {
	if r.columns == nil {
		if line, err := r.header(); err != nil {
			return rec, line, err
		}
	}
	row, line, err := r.row()
	if err != nil {
		return rec, line, err
	}
	for i, name := range r.columns {
		switch name {
		case fieldKey:
			rec.Key, err = datum(name, r.s.Key, row[i])
		case fieldValue:
			rec.Val, err = datum(name, r.s.Value, row[i])
		case fieldTTL:
			if row[i] != "" {
				err = rec.ttl(row[i])
			}
		case fieldAt:
			if row[i] != "" {
				err = rec.at(row[i])
			}
		}
		if err != nil {
			return rec, line, err
		}
	}
	return rec, line, nil
}

// row reads one row and says on which line it begins, or what is wrong and where.
func (r *csvReader) row() (row []string, line int, err error) {
	r.tail.most = r.bom + r.in.InputOffset() + r.s.longest()
	row, err = r.in.Read()
	if err == nil {
		line, _ = r.in.FieldPos(0)
		if r.tail.long {
			return nil, line, r.tooLong()
		}
		if r.cut() {
			return nil, line, syntax("the last line has no newline: it may have been cut short; add one if it is whole")
		}
		return row, line, nil
	}
	var wrong *csv.ParseError
	if !errors.As(err, &wrong) {
		return nil, 0, err
	}
	line = wrong.StartLine
	switch {
	case r.tail.long:
		return nil, line, r.tooLong()
	case errors.Is(err, csv.ErrFieldCount):
		return nil, line, syntax("%d cells, want %d (%s)", len(row), len(r.columns), strings.Join(r.columns, ","))
	case errors.Is(err, csv.ErrQuote):
		return nil, line, syntax(`a quoted cell has no end, or something follows it; a quote inside is written ""`)
	case errors.Is(err, csv.ErrBareQuote):
		return nil, line, syntax(`a quote in a cell that is not quoted; write "..." around it and "" for each quote inside`)
	}
	return nil, line, syntax("%v", wrong.Err)
}

func (r *csvReader) tooLong() error {
	return syntax("a row of more than %d bytes; a quoted cell may have no end", r.s.longest())
}

// header reads the names of the columns.
func (r *csvReader) header() (line int, err error) {
	row, line, err := r.row()
	if errors.Is(err, io.EOF) {
		return 1, syntax("no header; the first line names the columns: %s,%s", fieldKey, fieldValue)
	}
	if err != nil {
		return line, err
	}
	known := []string{fieldKey, fieldValue, fieldTTL, fieldAt}
	for i, name := range row {
		if !slices.Contains(known, name) {
			return line, syntax("there is no column %s; the first line names the columns: %s",
				strconv.Quote(clip([]byte(name))), strings.Join(known, ", "))
		}
		if slices.Contains(row[:i], name) {
			return line, syntax("the column %s comes twice", name)
		}
	}
	if !slices.Contains(row, fieldKey) || !slices.Contains(row, fieldValue) {
		return line, syntax("the first line must name the columns %s and %s", fieldKey, fieldValue)
	}
	r.columns = slices.Clone(row)
	return line, nil
}

// datum reads a key or a value.
func datum(field string, k layout.Kind, text string) (d dict.Datum, err error) {
	encoded, ok := strings.CutPrefix(text, prefix)
	switch {
	case k == layout.String && ok:
		d.S, err = bytesOf(encoded)
	case k == layout.String && !utf8.ValidString(text):
		err = syntax("not valid UTF-8; write such strings as %s...", prefix)
	case k == layout.String:
		d.S = strings.Clone(text)
	default:
		d, err = word.Parse(k, text)
	}
	if err == nil {
		err = checkLength(d.S)
	}
	if err != nil {
		err = named(field, err)
	}
	return d, err
}

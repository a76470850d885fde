package record

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

var forms = []Form{JSONL, CSV}

// pieces is what random strings are made of: everything that is special in one of the encodings.
var pieces = []string{
	"", "a", "é", "\u2028", "\uFFFD", "😀", "\xff", "\xed\xa0\x80", "\x00", "\r", "\n", "\r\n", `"`, `""`, `\`, `\u`, `\ufffd`, ",", " ",
	"\t", "base64:", "base64:AA==", "{", "}", "'", "\ufeff", "=1+1", "null", "0", "#",
}

func randomDatum(r *rand.Rand, k layout.Kind) dict.Datum {
	if k != layout.String {
		w := r.Uint64() >> r.UintN(64)
		if r.IntN(4) == 0 {
			w = -w
		}
		return dict.Datum{W: k.Truncate(w)}
	}
	if r.IntN(3) == 0 {
		b := make([]byte, r.IntN(20))
		for i := range b {
			b[i] = byte(r.UintN(256))
		}
		return dict.Datum{S: string(b)}
	}
	var s string
	for range r.IntN(6) {
		s += pieces[r.IntN(len(pieces))]
	}
	return dict.Datum{S: s}
}

// Whatever a map holds comes back as it was: all kinds, any bytes, deadlines of both forms.
func TestRoundTrip(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, form := range forms {
		for key := layout.Int16; key <= layout.String; key++ {
			for value := layout.Int16; value <= layout.String; value++ {
				s := Schema{Key: key, Value: value, TTL: r.IntN(2) == 0, Absolute: r.IntN(2) == 0}
				t.Run(fmt.Sprintf("%s/%v-%v", form, key, value), func(t *testing.T) { roundTrip(t, r, form, s) })
			}
		}
	}
}

func roundTrip(t *testing.T, r *rand.Rand, form Form, s Schema) {
	var entries []scan.Entry
	for range 200 {
		e := scan.Entry{Key: randomDatum(r, s.Key), Val: randomDatum(r, s.Value)}
		if s.TTL && r.IntN(2) == 0 {
			e.Until = time.Now().Add(time.Hour + time.Duration(r.Int64N(layout.MaxTTL/2))*time.Millisecond)
		}
		entries = append(entries, e)
	}
	var text bytes.Buffer
	w := NewWriter(form, &text, s)
	for _, e := range entries {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	in := NewReader(form, &text, s)
	for i, e := range entries {
		got, _, err := in.Read()
		if err != nil {
			t.Fatalf("entry %d, %q: %v", i, e, err)
		}
		if got.Key != e.Key || got.Val != e.Val {
			t.Fatalf("entry %d: %q -> %q came back as %q -> %q", i, e.Key, e.Val, got.Key, got.Val)
		}
		checkDeadline(t, &s, &e, &got)
	}
	if _, _, err := in.Read(); !errors.Is(err, io.EOF) {
		t.Fatalf("after the last entry: %v", err)
	}
}

func checkDeadline(t *testing.T, s *Schema, e *scan.Entry, got *Record) {
	t.Helper()
	switch {
	case !s.TTL:
		if got.Mode != dict.TTLDefault {
			t.Fatalf("a deadline came from nowhere: %+v", got)
		}
	case e.Permanent():
		if got.Mode != dict.TTLExplicit || got.TTL != 0 {
			t.Fatalf("a permanent entry came back as %+v", got)
		}
	case s.Absolute:
		if got.Mode != dict.TTLAt || got.At.UnixMilli() != e.Until.UnixMilli() {
			t.Fatalf("deadline %v came back as %+v", e.Until, got)
		}
	default:
		if off := time.Until(e.Until) - got.TTL; got.Mode != dict.TTLExplicit || off > 0 || off < -time.Minute {
			t.Fatalf("deadline %v came back as %+v, off by %v", e.Until, got, off)
		}
	}
}

// What other programs' encoders write is read, too.
func TestReadForeign(t *testing.T) {
	for _, c := range []struct {
		form       Form
		key, value layout.Kind
		text       string
		want       string
	}{
		{JSONL, layout.String, layout.Int64, `{"value": -5, "key": "\u00e9\ud83d\ude00\ufffd\\ufffd"}`, `"é😀�\\ufffd" -5`},
		{JSONL, layout.Uint16, layout.String, "\n  \n{\"key\":7,\"value\":\"a\"}\r\n", `7 "a"`},
		{JSONL, layout.String, layout.String, `{"key":"k","value":{"base64":"/wA="},"ttl_ms":null}`, `"k" "\xff\x00"`},
		{CSV, layout.String, layout.Int64, "\ufeffvalue,key\r\n5,\"a\"\"b\"\r\n", `"a\"b" 5`},
		{CSV, layout.String, layout.String, "key,value,ttl_ms\nk,,\n", `"k" ""`},
	} {
		rec, _, err := NewReader(c.form, strings.NewReader(c.text), Schema{Key: c.key, Value: c.value}).Read()
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		show := func(k layout.Kind, d dict.Datum) string {
			if k == layout.String {
				return fmt.Sprintf("%q", d.S)
			}
			return word.Text(k, d)
		}
		if got := show(c.key, rec.Key) + " " + show(c.value, rec.Val); got != c.want || rec.Mode != dict.TTLDefault {
			t.Errorf("%q was read as %s, %+v; want %s", c.text, got, rec, c.want)
		}
	}
}

// What is wrong with a line is said with its number and in words of the encoding.
func TestReadWrong(t *testing.T) {
	const good = `{"key":"a","value":1}` + "\n"
	for _, c := range []struct {
		form Form
		text string
		line int
		kind error
		says string
	}{
		{JSONL, good + `{"key":"b","val`, 2, word.ErrSyntax, "in the middle"},
		{JSONL, good + `{"key":"b","val` + "\n" + good, 2, word.ErrSyntax, "in the middle"},
		{JSONL, good + `{"key":"b"` + "\n" + good, 2, word.ErrSyntax, "in the middle"},
		{JSONL, good + "\n" + `{"key":"b","value":1} {}`, 3, word.ErrSyntax, "one object a line"},
		{JSONL, `{"key":"b"}`, 1, word.ErrSyntax, "no value"},
		{JSONL, `{"key":null,"value":1}`, 1, word.ErrSyntax, "no key"},
		{JSONL, `{"key":5,"value":1}`, 1, word.ErrSyntax, "want a string"},
		{JSONL, `{"key":"b","value":"1"}`, 1, word.ErrSyntax, "want a number (int16)"},
		{JSONL, `{"key":"b","value":1.5}`, 1, word.ErrSyntax, "value: "},
		{JSONL, `{"key":"b","value":32768}`, 1, word.ErrRange, "value: "},
		{JSONL, `{"key":"b","value":1,"colour":2}`, 1, word.ErrSyntax, "colour"},
		{JSONL, `{"key":"b","value":1,"ttl_ms":-1}`, 1, word.ErrRange, "ttl_ms"},
		{JSONL, `{"key":"b","value":1,"ttl_ms":4398046511105}`, 1, word.ErrRange, "ttl_ms"},
		{JSONL, `{"key":"b","value":1,"ttl_ms":"5s"}`, 1, word.ErrSyntax, "ttl_ms"},
		{JSONL, `{"key":"b","value":1,"ttl_ms":5,"expires_at_ms":6}`, 1, word.ErrSyntax, "both"},
		{JSONL, `{"key":"b","value":1,"expires_at_ms":9007199254740992}`, 1, word.ErrRange, "ahead"},
		{JSONL, `{"key":"\ud800","value":1}`, 1, word.ErrSyntax, "surrogate"},
		{JSONL, "{\"key\":\"\xff\",\"value\":1}", 1, word.ErrSyntax, "UTF-8"},
		{JSONL, `{"key":{"base64":"A"},"value":1}`, 1, word.ErrSyntax, "base64"},
		{JSONL, `{"key":{"base64":"AA==","x":1},"value":1}`, 1, word.ErrSyntax, "base64"},
		{JSONL, `{"key":{},"value":1}`, 1, word.ErrSyntax, "base64"},
		{JSONL, `{"key":"b","key":"c","value":1}`, 1, word.ErrSyntax, `"key" comes twice`},
		{JSONL, `{"key":null,"key":"c","value":1}`, 1, word.ErrSyntax, "twice"},
		{JSONL, `{"Key":"b","value":1}`, 1, word.ErrSyntax, `unknown field "Key"`},
		{JSONL, `{"key":"b","value":1,"\u212aey":"c"}`, 1, word.ErrSyntax, "unknown field"},
		{JSONL, `{"key":{"base64":"AA==","base64":"AQ=="},"value":1}`, 1, word.ErrSyntax, "base64"},
		{JSONL, `{"key":{"Base64":"AA=="},"value":1}`, 1, word.ErrSyntax, "base64"},
		{JSONL, `{"key":{"base64":null},"value":1}`, 1, word.ErrSyntax, "base64"},
		{JSONL, `{"key":"b","value":1,}`, 1, word.ErrSyntax, "want {"},
		{JSONL, `{"key":"b" "value":1}`, 1, word.ErrSyntax, "want {"},
		{JSONL, `{5:"b","value":1}`, 1, word.ErrSyntax, "want {"},
		{JSONL, `{"key":"b","value":1]`, 1, word.ErrSyntax, "want {"},
		{JSONL, `{"key":"b","value":1}}`, 1, word.ErrSyntax, "one object a line"},
		{JSONL, `5`, 1, word.ErrSyntax, "no object"},
		{JSONL, `null`, 1, word.ErrSyntax, "no object"},
		{JSONL, `["a",1]`, 1, word.ErrSyntax, "array"},
		{JSONL, `hello`, 1, word.ErrSyntax, "want {"},
		{CSV, "", 1, word.ErrSyntax, "no header"},
		{CSV, "a,1\n", 1, word.ErrSyntax, "names the columns"},
		{CSV, "key\na\n", 1, word.ErrSyntax, "key and value"},
		{CSV, "key,key\n", 1, word.ErrSyntax, "twice"},
		{CSV, "key,value\na,1\nb\n", 3, word.ErrSyntax, "1 cells, want 2"},
		{CSV, "key,value\na,1\nb,2", 3, word.ErrSyntax, "cut short"},
		{CSV, "key,value\na,1\n\"b", 3, word.ErrSyntax, "quoted cell"},
		{CSV, "key,value\n\"a\n\",1\nb\"c,2\n", 4, word.ErrSyntax, "not quoted"},
		{CSV, "key,value\na,70000\n", 2, word.ErrRange, "value: "},
		{CSV, "key,value\na,x\n", 2, word.ErrSyntax, "value: "},
		{CSV, "key,value\na,\n", 2, word.ErrSyntax, "value: "},
		{CSV, "key,value\nbase64:?,1\n", 2, word.ErrSyntax, "base64"},
		{CSV, "key,value\n\xff,1\n", 2, word.ErrSyntax, "UTF-8"},
		{CSV, "key,value,ttl_ms,expires_at_ms\na,1,1,1\n", 2, word.ErrSyntax, "both"},
	} {
		in := NewReader(c.form, strings.NewReader(c.text), Schema{Key: layout.String, Value: layout.Int16})
		line, err := 0, error(nil)
		for err == nil {
			_, line, err = in.Read()
		}
		if !errors.Is(err, c.kind) || line != c.line || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: line %d: %v; want line %d: %v ...%s...", c.text, line, err, c.line, c.kind, c.says)
		}
	}
}

// What is longer than any entry is not read to its end.
func TestReadTooLong(t *testing.T) {
	s := Schema{Key: layout.Int64, Value: layout.Int64}
	for _, c := range []struct {
		form    Form
		text    string
		endless string
		line    int
	}{
		{CSV, "key,value\n1,1\n\"2", "\n2,2", 3},
		{CSV, "key,value\n1,1\n2,2", "2", 3},
		{CSV, "key", "y", 1},
		{JSONL, "\n{", " ", 2},
	} {
		rest := strings.NewReader(strings.Repeat(c.endless, 1<<20))
		in := NewReader(c.form, io.MultiReader(strings.NewReader(c.text), rest), s)
		line, err := 0, error(nil)
		for err == nil {
			_, line, err = in.Read()
		}
		if !errors.Is(err, word.ErrSyntax) || line != c.line || !strings.Contains(err.Error(), "more than 65536 bytes") {
			t.Errorf("%s %q: line %d: %v", c.form, c.text, line, err)
		}
		if rest.Len() < 1<<19 {
			t.Errorf("%s %q: all but %d bytes were read", c.form, c.text, rest.Len())
		}
	}
}

// An error of the input is no error of the text.
func TestReadBroken(t *testing.T) {
	broken := errors.New("broken pipe")
	for _, form := range forms {
		r := NewReader(form, io.MultiReader(strings.NewReader("key,val"), &failing{broken}), Schema{Key: layout.String, Value: layout.String})
		if _, _, err := r.Read(); !errors.Is(err, broken) || errors.Is(err, word.ErrSyntax) {
			t.Errorf("%s: %v", form, err)
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// A map without entries is a header in CSV, and nothing in JSON.
func TestWriteNothing(t *testing.T) {
	for form, want := range map[Form]string{JSONL: "", CSV: "key,value,ttl_ms\n"} {
		var b bytes.Buffer
		if err := NewWriter(form, &b, Schema{Key: layout.String, Value: layout.String, TTL: true}).Flush(); err != nil || b.String() != want {
			t.Errorf("%s: %q, %v", form, b.String(), err)
		}
	}
}

// Whatever a line holds: it is read or refused, and what is read comes back the same.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"key":"a","value":1,"ttl_ms":5}`), false)
	f.Add([]byte(`{"key":{"base64":"/w=="},"value":-1,"expires_at_ms":0}`), false)
	f.Add([]byte("key,value,ttl_ms\n\"a\nb\",5,0\nbase64:/w==,6,\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, asCSV bool) {
		form, s := JSONL, Schema{Key: layout.String, Value: layout.Int32}
		if asCSV {
			form = CSV
		}
		in := NewReader(form, bytes.NewReader(text), s)
		for range len(text) + 1 {
			rec, _, err := in.Read()
			if err != nil {
				return
			}
			var b bytes.Buffer
			w := NewWriter(form, &b, s)
			if err := errors.Join(w.Write(scan.Entry{Key: rec.Key, Val: rec.Val}), w.Flush()); err != nil {
				t.Fatal(err)
			}
			again, _, err := NewReader(form, &b, s).Read()
			if err != nil || again.Key != rec.Key || again.Val != rec.Val {
				t.Fatalf("%q was read as %+v and came back as %+v, %v", text, rec, again, err)
			}
		}
		t.Fatalf("%q has more entries than bytes", text)
	})
}

// The output is what the names say, to other readers of them.
func TestOutputIsStandard(t *testing.T) {
	e := scan.Entry{Key: dict.Datum{S: "a,\"b\"\nc\x01"}, Val: dict.Datum{W: 1<<64 - 1}}
	s := Schema{Key: layout.String, Value: layout.Uint64}
	var b bytes.Buffer
	w := NewWriter(JSONL, &b, s)
	if err := errors.Join(w.Write(e), w.Flush()); err != nil {
		t.Fatal(err)
	}
	var o struct {
		Key   string
		Value json.Number
	}
	if err := json.Unmarshal(b.Bytes(), &o); err != nil || o.Key != e.Key.S || o.Value != "18446744073709551615" {
		t.Errorf("%s is read as %+v, %v", b.String(), o, err)
	}
	b.Reset()
	w = NewWriter(CSV, &b, s)
	if err := errors.Join(w.Write(e), w.Flush()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != e.Key.S || rows[1][1] != "18446744073709551615" {
		t.Errorf("the rows are %q, %v", rows, err)
	}
}

package word

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{"", nil},
		{"   ", nil},
		{"get k", []string{"get", "k"}},
		{"  get   k  ", []string{"get", "k"}},
		{`put "a b\x00c" ""`, []string{"put", "a b\x00c", ""}},
		{`"\"" "\\" "\n\t\u00e9\U0001F600\377"`, []string{`"`, `\`, "\n\té😀\xff"}},
		{`a"b c\n`, []string{`a"b`, `c\n`}},
		{"a\tb", []string{"a\tb"}},
		{"\"raw \xff\xfe\" \xff", []string{"raw \xff\xfe", "\xff"}},
		{"\"a\\tb \xff\"", []string{"a\tb \xff"}},
	} {
		got, err := Split(nil, c.line)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("Split(%q) = %q, %v; want %q", c.line, got, err, c.want)
		}
	}
}

func TestSplitMalformed(t *testing.T) {
	for _, line := range []string{
		`"`, `get "k`, `get "k\"`, `"a"b`, `"a""b"`, `"\q"`, `"\'"`, `"\x1"`, `"\ud800"`, `"\400"`, `"\`, "\"a\"\t",
	} {
		if got, err := Split(nil, line); !errors.Is(err, ErrSyntax) {
			t.Errorf("Split(%q) = %q, %v; want ErrSyntax", line, got, err)
		}
	}
}

// Every string survives quoting: what strconv.Quote writes, Split reads.
func FuzzSplitQuoted(f *testing.F) {
	f.Add("a b\x00\"\\\xff", "é\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		got, err := Split(nil, strconv.Quote(a)+"  "+strconv.Quote(b))
		if err != nil || len(got) != 2 || got[0] != a || got[1] != b {
			t.Fatalf("%q %q came back as %q, %v", a, b, got, err)
		}
	})
}

func TestParseInteger(t *testing.T) {
	for _, c := range []struct {
		kind layout.Kind
		in   string
		want string // as printed
		err  error
	}{
		{layout.Int16, "-32768", "-32768", nil},
		{layout.Int16, "32767", "32767", nil},
		{layout.Int16, "32768", "", ErrRange},
		{layout.Int16, "-32769", "", ErrRange},
		{layout.Int32, "-2147483648", "-2147483648", nil},
		{layout.Int32, "2147483648", "", ErrRange},
		{layout.Int64, "-9223372036854775808", "-9223372036854775808", nil},
		{layout.Int64, "9223372036854775808", "", ErrRange},
		{layout.Uint16, "65535", "65535", nil},
		{layout.Uint16, "65536", "", ErrRange},
		{layout.Uint32, "4294967295", "4294967295", nil},
		{layout.Uint64, "18446744073709551615", "18446744073709551615", nil},
		{layout.Uint64, "18446744073709551616", "", ErrRange},
		{layout.Uint64, "-1", "", ErrRange},
		{layout.Uint64, "-0", "0", nil},
		{layout.Int64, "007", "7", nil},
		{layout.Int64, strings.Repeat("9", 100), "", ErrRange},
		{layout.Int64, "", "", ErrSyntax},
		{layout.Int64, "-", "", ErrSyntax},
		{layout.Int64, "--1", "", ErrSyntax},
		{layout.Int64, "+1", "", ErrSyntax},
		{layout.Int64, "1_000", "", ErrSyntax},
		{layout.Int64, "0x10", "", ErrSyntax},
		{layout.Int64, "1e3", "", ErrSyntax},
		{layout.Int64, "1.5", "", ErrSyntax},
		{layout.Int64, " 1", "", ErrSyntax},
		{layout.Int64, "x", "", ErrSyntax},
	} {
		d, err := Parse(c.kind, c.in)
		if !errors.Is(err, c.err) || err == nil && Text(c.kind, d) != c.want {
			t.Errorf("Parse(%v, %q) = %s, %v; want %s, %v", c.kind, c.in, Text(c.kind, d), err, c.want, c.err)
		}
	}
}

// The stored bits of a narrow negative integer are zero-extended, as a Datum wants them.
func TestParseBits(t *testing.T) {
	if d, err := Parse(layout.Int16, "-1"); err != nil || d.W != 0xffff {
		t.Errorf("int16 -1 is %#x, %v", d.W, err)
	}
}

func TestDelta(t *testing.T) {
	for _, c := range []struct {
		kind layout.Kind
		in   string
		want uint64
		err  error
	}{
		{layout.Int16, "-32768", 0x8000, nil},
		{layout.Int16, "32768", 0, ErrRange},
		{layout.Uint16, "-1", 0xffff, nil},
		{layout.Uint16, "-65535", 1, nil},
		{layout.Uint16, "-65536", 0, ErrRange},
		{layout.Uint64, "-9223372036854775808", 1 << 63, nil},
		{layout.Uint64, "18446744073709551615", 1<<64 - 1, nil},
		{layout.Int64, "x", 0, ErrSyntax},
	} {
		d, err := Delta(c.kind, c.in)
		if !errors.Is(err, c.err) || err == nil && d.W != c.want {
			t.Errorf("Delta(%v, %q) = %#x, %v; want %#x, %v", c.kind, c.in, d.W, err, c.want, c.err)
		}
	}
}

func TestCountAndDuration(t *testing.T) {
	if n, err := Count("12"); n != 12 || err != nil {
		t.Errorf("Count: %d, %v", n, err)
	}
	if _, err := Count("-1"); !errors.Is(err, ErrRange) {
		t.Errorf("Count(-1): %v", err)
	}
	if d, err := Duration("1m30s"); d != 90*time.Second || err != nil {
		t.Errorf("Duration: %v, %v", d, err)
	}
	if d, err := Duration("0"); d != 0 || err != nil {
		t.Errorf("Duration(0): %v, %v", d, err)
	}
	if _, err := Duration("-1s"); !errors.Is(err, ErrRange) {
		t.Errorf("Duration(-1s): %v", err)
	}
	if _, err := Duration("5"); !errors.Is(err, ErrSyntax) {
		t.Errorf("Duration(5): %v", err)
	}
}

func TestAppendJSON(t *testing.T) {
	for _, c := range []struct {
		kind layout.Kind
		in   dict.Datum
		want string
	}{
		{layout.Int16, dict.Datum{W: 0xffff}, "-1"},
		{layout.Uint16, dict.Datum{W: 0xffff}, "65535"},
		{layout.Int64, dict.Datum{W: 1 << 63}, "-9223372036854775808"},
		{layout.Uint64, dict.Datum{W: 1<<64 - 1}, "18446744073709551615"},
		{layout.String, dict.Datum{}, `""`},
		{layout.String, dict.Datum{S: "<a & b>/é\u2028"}, "\"<a & b>/é\u2028\""},
		{layout.String, dict.Datum{S: "\x00\"\\\n\r\t\x1f\x7f"}, `"\u0000\"\\\n\r\t\u001f\u007f"`},
		{layout.String, dict.Datum{S: "\xff\x00"}, `{"base64":"/wA="}`},
	} {
		if got := string(AppendJSON(nil, c.kind, c.in)); got != c.want {
			t.Errorf("%v %v prints as %s, want %s", c.kind, c.in, got, c.want)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\x00b\"\\\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		s = strings.ToValidUTF8(s, "?")
		if err := json.Unmarshal(AppendString(nil, s), &got); err != nil || got != s {
			t.Fatalf("%q came back as %q, %v", s, got, err)
		}
	})
}

// No control character is in the JSON, nor anything else changed.
func TestAppendStringHidesControls(t *testing.T) {
	for in, want := range map[string]string{
		"a\x7fb": `"a\u007fb"`, "\u0080\u009b31m\u009f": `"\u0080\u009b31m\u009f"`, "\u00a0\u00c2é": "\"\u00a0\u00c2é\"", "\x1b\u009b\n": `"\u001b\u009b\n"`,
	} {
		if got := string(AppendString(nil, in)); got != want {
			t.Errorf("%q prints as %s, want %s", in, got, want)
		}
	}
}

func TestField(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "é": "é", "": `""`, "a b": `"a b"`, "a\tb": `"a\tb"`, `"q"`: `"\"q\""`, `a\b`: `"a\\b"`, "\xff": `"\xff"`,
	} {
		if got := Field(layout.String, dict.Datum{S: in}); got != want {
			t.Errorf("%q prints as %s, want %s", in, got, want)
		}
	}
}

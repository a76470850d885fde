package dialog

import (
	"strconv"
	"strings"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
)

// raw appends JSON that is spelled out.
func (t *talk) raw(s string) { t.out = append(t.out, s...) }

// ok answers {"ok":B}.
func (t *talk) ok(b bool) {
	t.raw(`{"ok":`)
	t.raw(strconv.FormatBool(b) + "}")
}

// number answers {"name":N}.
func (t *talk) number(name string, n int64) {
	t.raw(`{"` + name + `":`)
	t.out = append(strconv.AppendInt(t.out, n, 10), '}')
}

// flushed answers {"value":N,"done":B}.
func (t *talk) flushed(n int, done bool) {
	t.number("value", int64(n))
	t.out = t.out[:len(t.out)-1]
	t.raw(`,"done":` + strconv.FormatBool(done) + "}")
}

// maybeValue answers {"value":V} or {"value":null}.
func (t *talk) maybeValue(ok bool, w uint64, b []byte) {
	t.raw(`{"value":`)
	t.valueOrNull(ok, w, b)
	t.raw("}")
}

func (t *talk) valueOrNull(ok bool, w uint64, b []byte) {
	if !ok {
		t.raw("null")
		return
	}
	t.out = word.AppendJSON(t.out, t.value, dict.Datum{W: w, S: string(b)})
}

// maybeEntry answers {"key":K,"value":V} or {"key":null}.
func (t *talk) maybeEntry(ok bool, e dict.Entry) {
	if !ok {
		t.raw(`{"key":null}`)
		return
	}
	t.raw(`{"key":`)
	t.out = word.AppendJSON(t.out, t.key, e.Key)
	t.raw(`,"value":`)
	t.out = word.AppendJSON(t.out, t.value, e.Val)
	t.raw("}")
}

// entries answers {"items":[[K,V],...]}.
func (t *talk) entries(es []dict.Entry) {
	t.raw(`{"items":[`)
	for i, e := range es {
		if i > 0 {
			t.raw(",")
		}
		t.raw("[")
		t.out = word.AppendJSON(t.out, t.key, e.Key)
		t.raw(",")
		t.out = word.AppendJSON(t.out, t.value, e.Val)
		t.raw("]")
	}
	t.raw("]}")
}

// checked answers {"ok":true} or {"ok":false,"problems":[...]}.
func (t *talk) checked(problems []string) {
	if len(problems) == 0 {
		t.ok(true)
		return
	}
	t.raw(`{"ok":false,"problems":[`)
	for i, p := range problems {
		if i > 0 {
			t.raw(",")
		}
		t.out = word.AppendString(t.out, strings.ToValidUTF8(p, "\uFFFD"))
	}
	t.raw("]}")
}

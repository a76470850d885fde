package watch

import (
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
)

// Limits of one step of a listing.
const (
	stepEntries = 50_000   // entries looked at for a prefix
	stepBytes   = 16 << 20 // bytes of what was looked at
	maxKeys     = 10_000   // keys that a listing keeps
	maxBytes    = 64 << 20 // bytes of keys that it keeps, and the one key that passes them
	longValue   = 4 << 10  // bytes: a value beyond them is shown by its length, and not read again
	shortText   = 256      // bytes of a key or value that are shown
)

// Listing is a list of the entries of a map whose keys begin with a prefix, in the order of its cursor. It holds keys; values
// and times to live are read when they are shown. One goroutine at a time may use it.
type Listing struct {
	Prefix string

	looked int       // entries looked at
	done   bool      // all were
	d      *dict.Map // the attachment that the cursor is of
	cursor *dict.Cursor
	keys   []listed
	bytes  int // of keys
}

type listed struct {
	key  dict.Datum
	long int // bytes of a value that is not read again, 0 for others
}

// Page is a part of a listing as it is now.
type Page struct {
	Prefix string
	First  int // number of the first row
	Rows   []Row
	Listed int  // rows there are so far
	Looked int  // entries looked at for them
	Done   bool // all were
	Full   bool // the list has as many keys, or bytes of them, as it can
}

// Row is one entry.
type Row struct {
	Key, Value string
	TTL        time.Duration // dict.Permanent for ever
	Long       int           // bytes of a value that is too long to be shown
	Gone       bool          // since it was listed
}

// List lets a listing go on until it has first + n keys, is at the end, or has looked at enough for one step; then it reads n
// rows from first, or the last n. A listing of another file than the one attached now starts again.
func (w *Map) List(l *Listing, first, n int) (p Page, err error) {
	err = w.with(func() error {
		if l.d != w.d {
			*l = Listing{Prefix: l.Prefix, d: w.d, cursor: w.d.Cursor()}
		}
		if err := l.extend(w.o, first+n); err != nil {
			return err
		}
		first = max(0, min(first, len(l.keys)-n))
		p = Page{Prefix: l.Prefix, First: first, Listed: len(l.keys), Looked: l.looked, Done: l.done, Full: l.full()}
		for i := first; i < min(first+n, len(l.keys)); i++ {
			row, err := l.row(w.o, &l.keys[i])
			if err != nil {
				return err
			}
			p.Rows = append(p.Rows, row)
		}
		return nil
	})
	return p, err
}

func (l *Listing) extend(o dict.Options, n int) error {
	for looked, bytes := 0, 0; !l.done && len(l.keys) < n && !l.full() && looked < stepEntries && bytes < stepBytes; looked++ {
		e, ok, err := l.cursor.Next()
		if err != nil {
			return err
		}
		if l.done = !ok; l.done {
			return nil
		}
		l.looked++
		bytes += len(e.Key.S) + len(e.Val.S)
		if strings.HasPrefix(word.Text(o.Key, e.Key), l.Prefix) {
			one := listed{key: e.Key}
			if len(e.Val.S) > longValue {
				one.long = len(e.Val.S)
			}
			l.keys = append(l.keys, one)
			l.bytes += len(e.Key.S)
		}
	}
	return nil
}

// full reports whether a listing has all that it may keep.
func (l *Listing) full() bool { return len(l.keys) >= maxKeys || l.bytes >= maxBytes }

func (l *Listing) row(o dict.Options, one *listed) (Row, error) {
	flags := dict.ReadTTL
	if one.long > 0 {
		flags |= dict.ReadNoVal
	}
	got, err := l.d.Load(one.key, nil, flags)
	r := Row{Key: short(word.Field(o.Key, one.key)), TTL: got.TTL, Long: one.long, Gone: !got.Found}
	if err != nil || r.Gone || r.Long > 0 {
		return r, err
	}
	if len(got.B) > longValue {
		one.long = len(got.B)
	}
	r.Value = short(word.Field(o.Value, dict.Datum{W: got.W, S: string(got.B)}))
	return r, nil
}

// short cuts a text that no line would hold.
func short(s string) string {
	if len(s) <= shortText {
		return s
	}
	return strings.ToValidUTF8(s[:shortText], "") + "..."
}

package dialog

import (
	"fmt"

	"github.com/shmap-go/shmap/internal/dict"
)

func setMulti(t *talk, a *args) error {
	n, err := t.m.StoreMany(a.keys, a.vals, dict.TTLDefault, 0, false)
	if err != nil {
		return fmt.Errorf("%w (%d of %d pairs were stored)", err, n, len(a.keys))
	}
	t.number("value", int64(n))
	return nil
}

func removeMulti(t *talk, a *args) error {
	n, err := t.m.DeleteMany(a.keys, false)
	if err != nil {
		return fmt.Errorf("%w (%d keys were removed)", err, n)
	}
	t.number("value", int64(n))
	return nil
}

func getMulti(t *talk, a *args) error {
	found := make([]dict.Loaded, len(a.keys))
	if err := t.m.LoadMany(a.keys, found); err != nil {
		return err
	}
	t.raw(`{"values":[`)
	for i, l := range found {
		if i > 0 {
			t.raw(",")
		}
		t.valueOrNull(l.Found, l.W, l.B)
	}
	t.raw("]}")
	return nil
}

package shmap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shmap-go/shmap"
)

// someSizes lie around the sizes at which storage changes: the slot, size classes, 64 KiB, and beyond.
func someSizes() (sizes []int) {
	for n := 1; n <= 4<<20; n *= 2 {
		sizes = append(sizes, n-1, n, n+1)
	}
	for n := 3; n <= 2<<20; n *= 2 {
		sizes = append(sizes, n*7/6, n+n/2)
	}
	return sizes
}

// text is n bytes that say where they belong.
func text(n int, tag string) string {
	unit := fmt.Sprintf("%s:%d;", tag, n)
	return strings.Repeat(unit, n/len(unit)+1)[:n]
}

func TestValuesOfEverySize(t *testing.T) {
	m := create[int64, string](t, shmap.Options{})
	for _, tag := range []string{"first", "second"} { // the second replaces the first
		for i, n := range someSizes() {
			if err := m.Store(int64(i), text(n, tag)); err != nil {
				t.Fatalf("Store of %d bytes: %v", n, err)
			}
		}
		for i, n := range someSizes() {
			v, ok := m.Load(int64(i))
			if !ok || v != text(n, tag) {
				t.Errorf("Load of %d bytes: %v, %d bytes", n, ok, len(v))
			}
		}
	}
	// One key through all sizes, up and down.
	sizes := someSizes()
	for i := range 2 * len(sizes) {
		n := sizes[min(i, 2*len(sizes)-1-i)]
		must(t, m.Store(-1, text(n, "one")))
		v, _ := m.Load(-1)
		if v != text(n, "one") {
			t.Errorf("Load of %d bytes: %d bytes", n, len(v))
		}
	}
}

func TestKeysOfEverySize(t *testing.T) {
	m := create[string, []byte](t, shmap.Options{Shards: 1})
	model := map[string][]byte{}
	for _, n := range someSizes() {
		for _, v := range []int{0, 7, 8, 70_000} {
			k := text(n, fmt.Sprint("key", v))
			if err := m.Store(k, []byte(text(v, "value"))); err != nil {
				t.Fatalf("Store of a %d byte key with a %d byte value: %v", n, v, err)
			}
			model[k] = []byte(text(v, "value"))
		}
	}
	want(t, "Len", m.Len(), len(model))
	for k, v := range m.All() {
		if string(v) != string(model[k]) {
			t.Errorf("value of a %d byte key has %d bytes, want %d", len(k), len(v), len(model[k]))
		}
		delete(model, k)
	}
	want(t, "keys that All left out", len(model), 0)
}

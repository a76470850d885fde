package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTableIsUpToDate: what each fault changes stands once in its file. (Whether it is noticed is what the command finds out.)
func TestTableIsUpToDate(t *testing.T) {
	for _, r := range table() {
		text, err := os.ReadFile(filepath.Join("..", "..", r.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), r.old); n != 1 {
			t.Errorf("%s %s: %s has %d times %q", r.promise, r.name, r.file, n, r.old)
		}
	}
}

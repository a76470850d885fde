package maptest

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
)

func closeFD(fd int) { _ = unix.Close(fd) } // a descriptor of our own

// Keep makes a map of a test be checked and closed when the test ends. A map in a file is copied to a place that stays
// if the test has failed.
func Keep(t testing.TB, m *dict.Map, err error) *dict.Map {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Checked(m); err != nil {
			t.Error(err)
		}
		if t.Failed() && m.Path() != "" {
			keepFile(t, m.Path())
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func keepFile(t testing.TB, path string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Logf("the map cannot be kept: %v", err)
		return
	}
	dir, err := os.MkdirTemp("", "shmap-failed-")
	if err != nil {
		t.Logf("the map cannot be kept: %v", err)
		return
	}
	to := filepath.Join(dir, filepath.Base(path))
	t.Logf("the map is kept in %s: %v", to, os.WriteFile(to, b, 0o600))
}

package cli

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Two that make the same file at once, as processes with the same number in two containers may, do not meet; nor does a file
// that somebody has put where a temporary one was expected.
func TestAppearsFromADirectoryOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "map")
	planted := filepath.Join(dir, ".map."+strconv.Itoa(os.Getpid())+tempSuffix)
	write := func(name, text string) error { return os.WriteFile(name, []byte(text), 0o600) }
	if err := write(planted, "planted"); err != nil {
		t.Fatal(err)
	}
	err := appear(path, true, func(first string) error {
		if st, err := os.Stat(filepath.Dir(first)); err != nil || st.Mode().Perm() != 0o700 || filepath.Dir(first) == dir {
			t.Errorf("the first is made in %s: %v, %v", filepath.Dir(first), st.Mode(), err)
		}
		if err := write(first, "half"); err != nil {
			return err
		}
		err := appear(path, true, func(second string) error { return write(second, "second") })
		if err != nil {
			return err
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "second" {
			t.Errorf("the second made %q, %v", b, err)
		}
		return write(first, "first")
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{path: "first", planted: "planted"} {
		if b, err := os.ReadFile(name); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v, want %q", name, b, err, want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

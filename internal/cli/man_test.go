package cli

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write docs/man")

const manDir = "../../docs/man"

// The pages in the source are those of the commands. make man writes them again.
func TestManPages(t *testing.T) {
	if *update {
		if err := os.RemoveAll(manDir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(manDir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := writeMan(manDir); err != nil {
			t.Fatal(err)
		}
	}
	fresh := t.TempDir()
	if err := writeMan(fresh); err != nil {
		t.Fatal(err)
	}
	have, want := pages(t, manDir), pages(t, fresh)
	if len(want) < 15 {
		t.Errorf("only %d pages were made", len(want))
	}
	for name, text := range want {
		if have[name] != text {
			t.Errorf("docs/man/%s is not what the commands say; make man", name)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			t.Errorf("docs/man/%s is of no command; make man", name)
		}
	}
}

func pages(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(name)] = string(b)
	}
	return out
}

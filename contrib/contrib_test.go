// The rules for adapters that a machine can check. Adapters are modules of their own, which the rules of the library's module
// (house_test.go) do not reach.
package contrib

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const library = "github.com/shmap-go/shmap"

// adapters are the directories with a module.
func adapters(t *testing.T) (dirs []string) {
	t.Helper()
	found, err := filepath.Glob("*/go.mod")
	must(t, err)
	if len(found) == 0 {
		t.Fatal("no adapters")
	}
	for _, f := range found {
		dirs = append(dirs, filepath.Dir(f))
	}
	return dirs
}

func text(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	must(t, err)
	return string(b)
}

// files calls f for each Go file of an adapter.
func files(t *testing.T, f func(dir, path string, file *ast.File)) {
	t.Helper()
	for _, dir := range adapters(t) {
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		must(t, err)
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			must(t, err)
			f(dir, path, file)
		}
	}
}

func TestAdaptersUseThePublicAPIOnly(t *testing.T) {
	files(t, func(_, path string, file *ast.File) {
		test := strings.HasSuffix(path, "_test.go")
		for _, i := range file.Imports {
			name := strings.Trim(i.Path.Value, `"`)
			if strings.HasPrefix(name, library+"/") && !test || strings.HasPrefix(name, library+"/internal") || name == "unsafe" {
				t.Errorf("%s imports %s", path, name)
			}
		}
	})
}

func TestAdaptersAreDocumented(t *testing.T) {
	docs := map[string]string{}
	files(t, func(dir, path string, file *ast.File) {
		if !strings.HasSuffix(path, "_test.go") {
			docs[dir] += file.Doc.Text()
		}
		if n := strings.Count(text(t, path), "\n"); n > 450 {
			t.Errorf("%s has %d lines, more than 450", path, n)
		}
	})
	index := text(t, "README.md")
	for _, dir := range adapters(t) {
		if !strings.HasPrefix(docs[dir], "Package "+dir+" ") {
			t.Errorf("%s: the package's documentation begins with %.30q", dir, docs[dir])
		}
		if !strings.Contains(index, "]("+dir+")") {
			t.Errorf("README.md does not name %s", dir)
		}
		if mod := text(t, dir, "go.mod"); !strings.Contains(mod, "\nreplace "+library+" => ../..\n") {
			t.Errorf("%s: go.mod does not replace the library by the one beside it", dir)
		}
	}
}

// TestWhatReadersAreToldToChangeCompiles compares the added lines in the README of an adapter with its example, which is run.
func TestWhatReadersAreToldToChangeCompiles(t *testing.T) {
	spaces := regexp.MustCompile(`[ \t]+`)
	words := func(s string) string { return spaces.ReplaceAllString(s, " ") }
	for _, dir := range adapters(t) {
		_, diff, ok := strings.Cut(text(t, dir, "README.md"), "```diff\n")
		diff, _, closed := strings.Cut(diff, "```")
		if !ok || !closed {
			t.Errorf("%s/README.md has no diff that says what to change", dir)
			continue
		}
		example := words(text(t, dir, "example_test.go"))
		for line := range strings.Lines(diff) {
			if code := words(strings.TrimSpace(line[1:])); !strings.Contains(example, code) {
				t.Errorf("%s/README.md says %q, which is not in example_test.go", dir, code)
			}
		}
	}
}

func TestNoTestOfAnAdapterIsSkipped(t *testing.T) {
	files(t, func(_, path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !strings.HasSuffix(path, "_test.go") {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "Skip") {
				t.Errorf("%s calls %s", path, sel.Sel.Name)
			}
			return true
		})
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

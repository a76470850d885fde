package shmap_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The house rules of this module that a machine can check. Each test says what to do when it fails.

const module = "github.com/shmap-go/shmap"

// rooms are the internal packages, from the bottom up. A package imports only packages above it in this list; one
// below internal/cli may import its neighbours there. Put a new package where this holds. A package below another
// is in the other's place, unless it has one of its own.
var rooms = []string{
	"proof/record", "fault", "layout", "hash", "sys", "region", "vector", "journal", "lock", "litmus", "space", "alloc", "recency", "table",
	"shard", "segment", "check", "dict", "maptest", "proof", "explore", "cli", "planted",
}

// dependencies of the library: everything else must be in the standard library.
var dependencies = []string{"golang.org/x/sys", "github.com/zeebo/xxh3", "github.com/klauspost/cpuid/v2"}

const maxLines = 450

// A source is one Go file of the module.
type source struct {
	path string // slash-separated, from the root of the module
	dir  string
	file *ast.File
	text []byte
	fset *token.FileSet
}

func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// at is a position as go vet prints it.
func (s *source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(n.Pos()).Line)
}

// imports are the import paths with the nodes that name them.
func (s *source) imports() map[string]ast.Node {
	out := map[string]ast.Node{}
	for _, i := range s.file.Imports {
		out[strings.Trim(i.Path.Value, `"`)] = i
	}
	return out
}

// sources are all files of this module; directories with a go.mod of their own are other modules.
func sources(t *testing.T) []*source {
	t.Helper()
	var out []*source
	fset := token.NewFileSet()
	root := os.DirFS(".")
	must(t, fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, err := fs.Stat(root, filepath.Join(path, "go.mod"))
			if path != "." && (err == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, &source{path: path, dir: filepath.Dir(path), file: file, text: text, fset: fset})
		return nil
	}))
	return out
}

// room is the place of an internal package in rooms, -1 if it has none.
func room(dir string) int {
	rel, ok := strings.CutPrefix(dir, "internal/")
	if !ok {
		return -1
	}
	if i := slices.Index(rooms, rel); i >= 0 {
		return i
	}
	first, _, _ := strings.Cut(rel, "/")
	return slices.Index(rooms, first)
}

func TestHouseImportsGoDownOnly(t *testing.T) {
	for _, s := range sources(t) {
		if strings.HasPrefix(s.dir, "internal/") && room(s.dir) < 0 {
			t.Errorf("%s: package is not in the list of rooms in house_test.go", s.path)
		}
		if s.isTest() {
			continue // a test may use maptest, and the packages that use its own
		}
		for path, node := range s.imports() {
			target, ok := strings.CutPrefix(path, module+"/")
			if !ok || room(s.dir) < 0 {
				continue
			}
			if !strings.HasPrefix(target, "internal/") {
				t.Errorf("%s: an internal package imports %s", s.at(node), path)
				continue
			}
			neighbours := room(target) == room(s.dir) && strings.HasPrefix(s.dir, "internal/cli")
			if room(target) >= room(s.dir) && !neighbours {
				t.Errorf("%s: imports %s, which does not come before it in the list of rooms", s.at(node), target)
			}
		}
	}
}

func TestHouseUnsafeHasFilesOfItsOwn(t *testing.T) {
	for _, s := range sources(t) {
		base := strings.TrimSuffix(strings.TrimSuffix(s.path, ".go"), "_test")
		if node, ok := s.imports()["unsafe"]; ok && !strings.HasSuffix(base, "_unsafe") {
			t.Errorf("%s: imports unsafe; move that code to a file named *_unsafe.go", s.at(node))
		}
	}
}

func TestHouseEveryPackageIsDocumented(t *testing.T) {
	docs, names := map[string]string{}, map[string]string{}
	for _, s := range sources(t) {
		if !s.isTest() {
			names[s.dir] = s.file.Name.Name
			docs[s.dir] += s.file.Doc.Text()
		}
	}
	for dir, name := range names {
		prefix := "Package " + name + " "
		if name == "main" {
			prefix = "Command "
		}
		if !strings.HasPrefix(docs[dir], prefix) {
			t.Errorf("%s: package documentation begins with %.40q, want %q", dir, docs[dir], prefix)
		}
	}
}

// Calls that a test must not make, and why.
var notInTests = map[string]string{
	"time.Sleep": "wait for the state itself",
	"Skip":       "a test runs everywhere, or is two tests",
	"Skipf":      "a test runs everywhere, or is two tests",
	"SkipNow":    "a test runs everywhere, or is two tests",
}

func TestHouseStatements(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: an init function; do the work where it is asked for", s.at(n))
				}
			case *ast.GoStmt:
				if !s.isTest() && room(s.dir) >= 0 && room(s.dir) < slices.Index(rooms, "maptest") || s.dir == "." && !s.isTest() {
					t.Errorf("%s: starts a goroutine; the library starts none that the caller did not ask for", s.at(n))
				}
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok && s.isTest() {
					x, _ := sel.X.(*ast.Ident)
					for _, name := range []string{sel.Sel.Name, fmt.Sprint(x, ".", sel.Sel.Name)} {
						if why, ok := notInTests[name]; ok {
							t.Errorf("%s: a test calls %s; %s", s.at(n), name, why)
						}
					}
				}
			}
			return true
		})
	}
}

func TestHouseFilesAreShort(t *testing.T) {
	for _, s := range sources(t) {
		if n := bytes.Count(s.text, []byte("\n")); n > maxLines {
			t.Errorf("%s: %d lines, more than %d; a file is one idea", s.path, n, maxLines)
		}
	}
}

func TestHouseDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	must(t, err)
	for _, path := range strings.Fields(string(out)) {
		known := slices.ContainsFunc(append(dependencies, module), func(dep string) bool {
			return path == dep || strings.HasPrefix(path, dep+"/")
		})
		if !known {
			t.Errorf("the library depends on %s; it may depend on %v only", path, dependencies)
		}
	}
}

package layout_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/FORMAT.md")

const formatPath = "../../docs/FORMAT.md"

// TestFormatDocument keeps docs/FORMAT.md equal to what the sources say: the constants of this package with their
// comments, and the state words as the packages that own them describe them.
func TestFormatDocument(t *testing.T) {
	want := generate(t)
	if *update {
		if err := os.WriteFile(formatPath, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(formatPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("docs/FORMAT.md differs from the layout: run make format-doc")
	}
}

func generate(t *testing.T) []byte {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range []string{"header.go", "config.go", "kind.go", "hashkind.go", "bucket.go", "blob.go"} {
		files = append(files, parse(t, fset, name))
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Error: func(error) {}}    // imports are not resolved: no constant needs them
	_, _ = conf.Check("layout", fset, files, info) // so errors are expected
	out := bytes.NewBufferString("# The format of a map's file\n\n" +
		"Generated from the sources by `make format-doc`; a test compares. All words are 64 bits, little-endian.\n")
	for _, f := range files {
		section(out, fset, f, info)
	}
	for _, p := range []string{"lock/lock.go", "journal/journal.go", "recency/recency.go", "table/table.go"} {
		f := parse(t, fset, filepath.Join("..", p))
		fmt.Fprintf(out, "\n## Package %s: its state words and invariants\n\n```text\n%s```\n", f.Name.Name, f.Doc.Text())
	}
	return out.Bytes()
}

func parse(t *testing.T, fset *token.FileSet, name string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// section prints the free-standing comments and the constants of a file, in their order.
func section(out *bytes.Buffer, fset *token.FileSet, f *ast.File, info *types.Info) {
	attached := map[*ast.CommentGroup]bool{f.Doc: true}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			attached[n.Doc] = true
		case *ast.FuncDecl:
			attached[n.Doc] = true
			return false
		case *ast.ValueSpec:
			attached[n.Doc], attached[n.Comment] = true, true
		case *ast.TypeSpec:
			attached[n.Doc], attached[n.Comment] = true, true
		case *ast.Field:
			attached[n.Doc], attached[n.Comment] = true, true
		}
		return true
	})
	fmt.Fprintf(out, "\n## %s\n", strings.TrimSuffix(filepath.Base(fset.Position(f.Pos()).Filename), ".go"))
	comments := f.Comments
	for _, d := range f.Decls {
		for len(comments) > 0 && comments[0].Pos() < d.Pos() {
			if !attached[comments[0]] {
				fmt.Fprintf(out, "\n```text\n%s```\n", comments[0].Text())
			}
			comments = comments[1:]
		}
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
			constants(out, g, info)
		}
		for len(comments) > 0 && comments[0].Pos() < d.End() {
			comments = comments[1:]
		}
	}
}

func constants(out *bytes.Buffer, g *ast.GenDecl, info *types.Info) {
	rows := &bytes.Buffer{}
	for _, s := range g.Specs {
		v := s.(*ast.ValueSpec)
		for _, name := range v.Names {
			c, ok := info.Defs[name].(*types.Const)
			if !ok || !name.IsExported() || c.Val().Kind() == constant.Unknown {
				continue
			}
			note := strings.TrimSpace(v.Comment.Text() + " " + v.Doc.Text())
			fmt.Fprintf(rows, "| %s | %s | %s |\n", name.Name, value(c), strings.ReplaceAll(note, "\n", " "))
		}
	}
	if rows.Len() > 0 {
		fmt.Fprintf(out, "\n%s\n\n| name | value | meaning |\n|---|---|---|\n%s", strings.TrimSpace(g.Doc.Text()), rows)
	}
}

// value prints small numbers as such and large ones in hexadecimal.
func value(c *types.Const) string {
	if n, ok := constant.Uint64Val(constant.ToInt(c.Val())); ok && n > 1<<20 {
		return fmt.Sprintf("%#x", n)
	}
	return c.Val().String()
}

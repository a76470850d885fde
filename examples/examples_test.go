// These tests run every example and compare what it prints with what its documentation says, and keep docs/COOKBOOK.md, which is
// made of them, as they are.
package examples

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/COOKBOOK.md")

// order is that of the cookbook, with the heading of each example. A new example is put where a reader would look for it.
var order = [][2]string{
	{"counters", "Counters"},
	{"highwater", "High-water marks"},
	{"memo", "Memoisation"},
	{"lru", "A cache that evicts"},
	{"offheap", "A large cache beside the Go heap"},
	{"restart", "A cache that stays warm over a deploy"},
	{"dedup", "Handle each event at most once"},
	{"ratelimit", "A rate limit over several web servers"},
	{"breaker", "Circuit breaker"},
	{"queue", "Work queue"},
	{"lease", "Work that survives its workers"},
	{"heartbeat", "Who is alive"},
	{"leader", "Leader election"},
	{"ids", "Unique numbers"},
	{"states", "State machine"},
	{"flags", "Feature flags"},
	{"descriptor", "A map for a child process"},
	{"frozen", "Ship a table as a file"},
}

// arguments make an example small enough for a test.
var arguments = map[string][]string{"offheap": {"-n", "100000"}}

const (
	maxLines = 90 // of an example's code, imports included
	library  = "github.com/shmap-go/shmap"
)

// An example, as its source says.
type example struct {
	name, heading string
	text          string // the documentation without the command's name, up to what is printed
	output        string // what the documentation says is printed; "…" stands for anything in a line
	code          string // from the package clause
	imports       []string
}

func read(t *testing.T, name, heading string) example {
	t.Helper()
	path := filepath.Join(name, "main.go")
	src, err := os.ReadFile(path)
	must(t, err)
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, src, parser.ParseComments)
	must(t, err)
	e := example{name: name, heading: heading, code: string(src[fset.Position(f.Package).Offset:])}
	text, output, ok := strings.Cut(f.Doc.Text(), "\n\nIt prints:\n\n")
	rest, named := strings.CutPrefix(text, "Command "+name+" ")
	if !ok || !named {
		t.Fatalf("%s: the documentation must be %q, and end with %q and its output", path, "Command "+name+" does this and that", "It prints:")
	}
	e.text = strings.ToUpper(rest[:1]) + rest[1:]
	for line := range strings.Lines(output) {
		e.output += strings.TrimPrefix(line, "\t")
	}
	for _, i := range f.Imports {
		e.imports = append(e.imports, strings.Trim(i.Path.Value, `"`))
	}
	if n := strings.Count(e.code, "\n"); n > maxLines {
		t.Errorf("%s: %d lines, more than %d", path, n, maxLines)
	}
	return e
}

func all(t *testing.T) (list []example) {
	t.Helper()
	for _, o := range order {
		list = append(list, read(t, o[0], o[1]))
	}
	return list
}

func TestEveryExampleIsListed(t *testing.T) {
	entries, err := os.ReadDir(".")
	must(t, err)
	for _, e := range entries {
		listed := slices.ContainsFunc(order, func(o [2]string) bool { return o[0] == e.Name() })
		if e.IsDir() && !listed {
			t.Errorf("%s is not in order", e.Name())
		}
	}
}

func TestExamplesUseTheLibraryOnly(t *testing.T) {
	for _, e := range all(t) {
		for _, path := range e.imports {
			first, _, _ := strings.Cut(path, "/")
			if strings.Contains(first, ".") && path != library && path != "golang.org/x/sys/unix" {
				t.Errorf("%s imports %s", e.name, path)
			}
		}
	}
}

func TestExamplesPrintWhatTheySay(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", dir+"/", "./...") // without symbols: quicker
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, e := range all(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out, words bytes.Buffer
			cmd := exec.CommandContext(ctx, filepath.Join(dir, e.name), arguments[e.name]...)
			cmd.Stdout, cmd.Stderr = &out, &words
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s%s", err, out.String(), words.String())
			}
			pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(e.output), "…", "[^\n]+") + "$"
			if !regexp.MustCompile(pattern).MatchString(out.String()) {
				t.Errorf("it prints\n%s\nits documentation says\n%s", out.String(), e.output)
			}
			if words.Len() > 0 {
				t.Errorf("standard error: %s", words.String())
			}
			left, err := filepath.Glob(fmt.Sprintf("/dev/shm/example-%s-%d*", e.name, cmd.Process.Pid))
			must(t, err)
			if len(left) > 0 {
				t.Errorf("it leaves %q", left)
			}
		})
	}
}

const cookbookPath = "../docs/COOKBOOK.md"

// TestCookbook keeps docs/COOKBOOK.md equal to what the examples say.
func TestCookbook(t *testing.T) {
	want := cookbook(all(t))
	if *update {
		must(t, os.WriteFile(cookbookPath, want, 0o644))
	}
	have, err := os.ReadFile(cookbookPath)
	must(t, err)
	if !bytes.Equal(have, want) {
		t.Error("docs/COOKBOOK.md differs from the examples: run make cookbook")
	}
}

func cookbook(list []example) []byte {
	out := bytes.NewBufferString("# Cookbook\n\n" +
		"Whole programs, most of them for several processes, which they start themselves. Each runs as it stands,\n" +
		"`go run ./examples/counters` for the first, ends by itself, and leaves nothing behind. This page is made from the\n" +
		"programs in [examples](../examples) by `make cookbook`; a test runs them and compares what they print.\n\n")
	for _, e := range list {
		fmt.Fprintf(out, "- [%s](#%s)\n", e.heading, anchor(e.heading))
	}
	for _, e := range list {
		fmt.Fprintf(out, "\n## %s\n\n%s\n\n```go\n%s```\n\n`go run ./examples/%s` prints\n\n```text\n%s```\n",
			e.heading, e.text, e.code, e.name, e.output)
	}
	return out.Bytes()
}

// anchor is the name of a heading in a link.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.ToLower(heading), " ", "-")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

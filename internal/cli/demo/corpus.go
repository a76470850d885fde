package demo

import (
	"fmt"
	"io/fs"
	"iter"
	"os/exec"
	"path/filepath"
	"strings"
)

// file is one file of the corpus.
type file struct {
	path string
	size int64
}

// corpus is what is counted: files, again and again as long as the demo runs.
type corpus struct {
	root  string
	files []file
	bytes int64
}

// findCorpus lists the .go files of the Go source tree, or every file below dir.
func findCorpus(dir string) (*corpus, error) {
	c := &corpus{root: dir}
	wanted := func(string) bool { return true }
	if dir == "" {
		out, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			return nil, fmt.Errorf("no Go source tree to count (go env GOROOT: %w); name a directory: shmap demo DIR", err)
		}
		c.root = filepath.Join(strings.TrimSpace(string(out)), "src")
		wanted = func(path string) bool { return strings.HasSuffix(path, ".go") }
	}
	err := filepath.WalkDir(c.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !wanted(path) {
			return err
		}
		return c.add(path, d)
	})
	if err == nil && c.bytes == 0 {
		err = fmt.Errorf("there is nothing to count in %s", c.root)
	}
	return c, err
}

func (c *corpus) add(path string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	path, err = filepath.Abs(path)
	c.files = append(c.files, file{path, info.Size()})
	c.bytes += info.Size()
	return err
}

// words yields the words of text in order: runs of letters, digits and underscores that do not start with a digit.
// What is beyond ASCII counts as letters.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < len(text); i++ {
			if !inWord(text[i]) {
				continue
			}
			start := i
			for i < len(text) && inWord(text[i]) {
				i++
			}
			if !isDigit(text[start]) && !yield(text[start:i]) {
				return
			}
		}
	}
}

func inWord(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || c == '_' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// wordsFrom returns words n to n + most - 1 of text, or as many as there are.
func wordsFrom(text string, n, most int) []string {
	var found []string
	for w := range words(text) {
		if n--; n >= 0 {
			continue
		}
		if len(found) == most {
			break
		}
		found = append(found, w)
	}
	return found
}

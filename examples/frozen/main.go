// Command frozen ships a table as a file. It is built once, frozen, and copied as any file is, here to a place from where a
// process uses it: without parsing it, without reading it all in, and without locks, as nobody can change it any more. A new table
// goes to a name of its own and is renamed: whoever has the old one open keeps it. Never write over a table in place, as cp and scp
// do: who reads it then finds half of it, or dies of SIGBUS.
//
// It prints:
//
//	built and frozen: 249 countries; a change: shmap: map is frozen
//	the capital of country 33 is capital 33
//	the copy has the same bytes as the original
//	built and frozen: 250 countries; a change: shmap: map is frozen
//	replaced: who had it open has 249 countries, who opens it now 250
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/shmap-go/shmap"
)

func main() {
	dir, err := os.MkdirTemp("", "example-frozen-")
	check(err)
	defer os.RemoveAll(dir)
	shipped := filepath.Join(dir, "shipped")
	file := build(filepath.Join(dir, "built"), 249)
	ship(file, shipped)
	m := open(shipped)
	defer m.Close()
	capital, _ := m.Load("country 33")
	fmt.Println("the capital of country 33 is", capital)
	after, err := os.ReadFile(shipped)
	check(err)
	if bytes.Equal(after, file) {
		fmt.Println("the copy has the same bytes as the original")
	}

	ship(build(filepath.Join(dir, "next"), 250), shipped)
	next := open(shipped)
	defer next.Close()
	fmt.Printf("replaced: who had it open has %d countries, who opens it now %d\n", entries(m), entries(next))
}

// build makes a table, and returns its file.
func build(path string, n int) []byte {
	m, err := shmap.Open[string, string](path, shmap.Options{})
	check(err)
	for i := range n {
		check(m.Store(fmt.Sprint("country ", i), fmt.Sprint("capital ", i)))
	}
	check(m.Freeze()) // returns when the disk has all of it
	fmt.Printf("built and frozen: %d countries; a change: %v\n", m.Len(), m.Store("country 33", "elsewhere"))
	check(m.Close())
	file, err := os.ReadFile(path)
	check(err)
	return file
}

// ship puts a table where it is used, or in the place of the one that is there.
func ship(file []byte, to string) {
	check(os.WriteFile(to+".new", file, 0o444)) // or scp, or a layer of a container image
	check(os.Rename(to+".new", to))
}

// open is what the program does that the table is made for.
func open(path string) *shmap.Map[string, string] {
	m, err := shmap.Open[string, string](path, shmap.Options{ReadOnly: true})
	check(err)
	return m
}

// entries reads all of a table.
func entries(m *shmap.Map[string, string]) int {
	all, err := m.ToMap()
	check(err)
	return len(all)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

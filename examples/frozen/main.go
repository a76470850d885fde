// Command frozen ships a table as a file. It is built once, frozen, and copied as any file is, here to a place from where a
// process uses it: without parsing it, without reading it all in, and without locks, as nobody can change it any more.
//
// It prints:
//
//	built and frozen: 249 countries
//	nobody can change it: shmap: map is frozen
//	the capital of country 33 is capital 33
//	the copy has the same bytes as the original
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
	built, shipped := filepath.Join(dir, "built"), filepath.Join(dir, "shipped")
	build(built)

	file, err := os.ReadFile(built)
	check(err)
	check(os.WriteFile(shipped, file, 0o444)) // or scp, or a layer of a container image
	use(shipped)
	after, err := os.ReadFile(shipped)
	check(err)
	if bytes.Equal(after, file) {
		fmt.Println("the copy has the same bytes as the original")
	}
}

// build makes the table.
func build(path string) {
	m, err := shmap.Open[string, string](path, shmap.Options{})
	check(err)
	for i := range 249 {
		check(m.Store(fmt.Sprint("country ", i), fmt.Sprint("capital ", i)))
	}
	check(m.Freeze()) // returns when the disk has all of it
	fmt.Println("built and frozen:", m.Len(), "countries")
	fmt.Println("nobody can change it:", m.Store("country 33", "elsewhere"))
	check(m.Close())
}

// use is the program that the table is made for.
func use(path string) {
	m, err := shmap.Open[string, string](path, shmap.Options{ReadOnly: true})
	check(err)
	defer m.Close()
	capital, _ := m.Load("country 33")
	fmt.Println("the capital of country 33 is", capital)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

package main

import "strings"

// A row is a fault and the test that has to notice it.
type row struct {
	promise string
	name    string
	file    string // from the root of the module
	old     string // occurs there once
	new     string
	test
}

// A test is part of a package's tests.
type test struct {
	pkg string
	run string // as of go test -run
}

// beside is a test of package explore in one of its scenes.
func beside(name, scene string) test {
	return test{pkg: "internal/explore", run: "^Test" + name + "$/^" + strings.ReplaceAll(scene, " ", "_") + "$"}
}

// tags are the build tags that the package of a test wants.
func (t test) tags() string {
	if t.pkg == "internal/explore" {
		return "explore"
	}
	return ""
}

// table lists all faults.
func table() (rows []row) {
	for _, part := range [][]row{killed(), read(), waited(), spaced(), dated(), limited(), ringed(), opened()} {
		rows = append(rows, part...)
	}
	return rows
}

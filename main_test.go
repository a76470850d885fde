package shmap_test

import (
	"fmt"
	"os"
	"testing"
)

// childEnv names the role in which the test binary was started again; see children.
const childEnv = "SHMAP_TEST_CHILD"

// children are the programs that the test binary can be instead of running tests.
var children = map[string]func() error{
	"example": exampleChild,
	"stay":    stayChild,
}

func TestMain(m *testing.M) {
	role := os.Getenv(childEnv)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := children[role](); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

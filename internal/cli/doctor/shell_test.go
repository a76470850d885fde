package doctor

import (
	"os/exec"
	"strings"
	"testing"
)

// Names of files are one word of a shell, and print no control characters.
func TestShellWords(t *testing.T) {
	for in, want := range map[string]string{
		"/dev/shm/a-b_c.1": "/dev/shm/a-b_c.1", "-rf": "./-rf", "a b;touch x": "'a b;touch x'", "it's": `'it'\''s'`, "": "''",
		"é": "'é'", "a\nok": `$'a\012ok'`, "\x1b[2J'\\": `$'\033[2J\'\\'`, "\xff": `$'\377'`, "\u009b": `$'\302\233'`,
		"$(x)`y`": "'$(x)`y`'",
	} {
		if got := shell(in); got != want || Printable(got) != got {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	if got := Printable("x\nok y"); got != `"x\nok y"` {
		t.Errorf("a newline: %s", got)
	}
}

// A shell reads the names back.
func TestShellReads(t *testing.T) {
	for _, in := range []string{"a b;c", "it's", "-n", "$(x)`y`", "é", "\"!*?~&|<>#\\"} {
		want := strings.Replace(in, "-n", "./-n", 1)
		out, err := exec.Command("sh", "-c", "printf %s "+shell(in)).Output()
		if err != nil || string(out) != want {
			t.Errorf("%q: sh reads %q, %v", in, out, err)
		}
	}
}

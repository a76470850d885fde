package cli

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"shmap": func() { os.Exit(Main()) },
	})
}

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"talk": talk, "terminal": terminal},
	})
}

// talk holds the conversation written in a file with "shmap exec": talk FILE [FLAG...] PATH. A line of the file that
// starts with "> " is sent, any other is the expected answer, a pattern if it starts with "~ "; "#" starts a
// comment. Every answer is awaited before the next line is sent.
func talk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: talk FILE [FLAG...] PATH")
	}
	cmd := exec.Command("shmap", append([]string{"exec"}, args[1:]...)...)
	cmd.Dir, cmd.Stderr = ts.Getenv("WORK"), ts.Stderr()
	in, err := cmd.StdinPipe()
	ts.Check(err)
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	out := bufio.NewScanner(stdout)
	for i, line := range strings.Split(ts.ReadFile(args[0]), "\n") {
		if say, ok := strings.CutPrefix(line, "> "); ok {
			_, err := in.Write([]byte(say + "\n"))
			ts.Check(err)
		} else if line != "" && line[0] != '#' {
			out.Scan()
			if got := out.Text(); !matches(got, line) {
				_ = cmd.Process.Kill()
				ts.Fatalf("%s:%d: the answer is %s, want %s", args[0], i+1, got, line)
			}
		}
	}
	ts.Check(in.Close())
	if out.Scan() {
		ts.Fatalf("%s: one answer too many: %s", args[0], out.Text())
	}
	ts.Check(cmd.Wait())
}

func matches(got, want string) bool {
	if pattern, ok := strings.CutPrefix(want, "~ "); ok {
		return regexp.MustCompile("^" + pattern + "$").MatchString(got)
	}
	return got == want
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// What surrounds a run.

// commit is the last commit that changed anything but the document, with a plus if something is not committed.
func commit() string {
	const but1, but2, but3 = ":!docs/PROOF.md", ":!docs/PROOF.json", ":!docs/PROOF-STEPS.md"
	last := output("git", "log", "-1", "--format=%h", "--", ".", but1, but2, but3)
	if output("git", "status", "--porcelain", "--", ".", but1, but2, but3) != "" {
		last += "+"
	}
	return last
}

// machine says where it ran.
func machine() string {
	var kernel string
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		kernel = strings.TrimSpace(string(text))
	}
	kb, _ := strconv.Atoi(field("/proc/meminfo", `MemTotal:\s+(\d+)`)) // 0 where it is not said
	return fmt.Sprintf("%d × %s, %d GiB, Linux %s, %s %s", runtime.NumCPU(), field("/proc/cpuinfo", `model name\s*: (.*)`), (kb+1<<19)>>20,
		kernel, runtime.Version(), runtime.GOARCH)
}

// said are the promises as README has them.
func said() map[string]string {
	out := map[string]string{}
	text, err := os.ReadFile("README.md")
	if err != nil {
		return out
	}
	for _, m := range regexp.MustCompile(`(?m)^\| (P\d+) \| ([^|]*) \|`).FindAllStringSubmatch(string(text), -1) {
		out[m[1]] = m[2]
	}
	return out
}

func field(file, expression string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	m := regexp.MustCompile(expression).FindSubmatch(text)
	if m == nil {
		return "?"
	}
	return string(m[1])
}

func output(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(out))
}

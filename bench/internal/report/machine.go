package report

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Host returns facts about this machine and the commit, as far as they can be found out.
func Host(now time.Time) []string {
	facts := []string{
		now.UTC().Format("2006-01-02 15:04 UTC"),
		fmt.Sprintf("%s, %d processors, %s of memory", field("/proc/cpuinfo", "model name"), runtime.NumCPU(), field("/proc/meminfo", "MemTotal")),
		fmt.Sprintf("Linux %s, %s, %s/%s", word("/proc/sys/kernel/osrelease"), runtime.Version(), runtime.GOOS, runtime.GOARCH),
		fmt.Sprintf("huge pages: %s, for shared memory %s", chosen("/sys/kernel/mm/transparent_hugepage/enabled"),
			chosen("/sys/kernel/mm/transparent_hugepage/shmem_enabled")),
		"load average at the end: " + word("/proc/loadavg"),
	}
	if out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		facts = append(facts, "commit "+strings.TrimSpace(string(out)))
	}
	return facts
}

// Machine is Host with the versions of what is compared.
func Machine(now time.Time) []string {
	facts := Host(now)
	if info, ok := debug.ReadBuildInfo(); ok {
		var peers []string
		for _, d := range info.Deps {
			for _, peer := range []string{"xsync", "otter", "freecache", "fastcache", "bbolt"} {
				if strings.Contains(d.Path, peer) {
					peers = append(peers, peer+" "+d.Version)
				}
			}
		}
		facts = append(facts, "Go packages: "+strings.Join(peers, ", "))
	}
	packages := []string{
		"liblmdb-dev", "redis-server", "memcached", "libhash-sharedmem-perl", "libcache-fastmmap-perl", "libberkeleydb-perl",
		"liblmdb-file-perl",
	}
	query := append([]string{"-W", "-f", "${Package} ${Version}, "}, packages...)
	if out, err := exec.Command("dpkg-query", query...).Output(); err == nil || len(out) > 0 {
		facts = append(facts, "Debian packages: "+strings.TrimSuffix(string(out), ", "))
	}
	return facts
}

// field returns what follows a name and a colon in a file.
func field(path, name string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

// word returns the first word of a file.
func word(path string) string {
	text, _ := os.ReadFile(path)
	if words := strings.Fields(string(text)); len(words) > 0 {
		return words[0]
	}
	return "unknown"
}

// chosen returns the word in brackets, as the kernel marks the setting that is in force.
func chosen(path string) string {
	text, _ := os.ReadFile(path)
	_, rest, _ := strings.Cut(string(text), "[")
	word, _, ok := strings.Cut(rest, "]")
	if !ok {
		return "unknown"
	}
	return word
}

package cli

import (
	"runtime/debug"
	"strings"
	"testing"
)

// The version says what Go wrote into the binary, and no more.
func TestVersionOfBuilds(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abcd"}, {Key: "vcs.time", Value: "2026-11-26T03:00:00Z"}, {Key: "vcs.modified", Value: "true"}}
	for _, c := range []struct {
		version  string
		settings []debug.BuildSetting
		want     []string
	}{
		{"v0.1.0", nil, []string{"shmap    v0.1.0\n", "commit   unknown\n", "format   5\n", "go       go1."}},
		{"v0.1.0+dirty", commit, []string{"shmap    v0.1.0+dirty\n", "commit   0123abcd of 2026-11-26T03:00:00Z, modified\n"}},
		{"v0.1.0", commit[:1], []string{"commit   0123abcd\n"}},
		{"", nil, []string{"shmap    (devel)\n"}},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.version}, Settings: c.settings}
		for _, want := range c.want {
			if got := versionOf(info); !strings.Contains(got, want) {
				t.Errorf("%+v: no %q in %q", info, want, got)
			}
		}
	}
}

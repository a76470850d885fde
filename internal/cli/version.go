package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which shmap this is",
		Long: `version prints the version of the module, the commit it was built from, the version of the file format that it reads and
writes (others are refused), and Go's. So does shmap --version. A binary that go install made of a release knows no commit, one
that was built with -buildvcs=false no version either: it says (devel).`,
		Example: "  shmap version",
		Args:    words(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), thisVersion())
			return err
		},
	}
}

// thisVersion is what version prints of this binary.
func thisVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	version, revision := info.Main.Version, settings["vcs.revision"]
	if version == "" {
		version = "(devel)"
	}
	if revision == "" {
		revision = "unknown"
	}
	if at := settings["vcs.time"]; at != "" {
		revision += " of " + at
	}
	if settings["vcs.modified"] == "true" {
		revision += ", modified"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "shmap    %s\n", version)
	fmt.Fprintf(&b, "commit   %s\n", revision)
	fmt.Fprintf(&b, "format   %d\n", layout.Version)
	fmt.Fprintf(&b, "go       %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return b.String()
}

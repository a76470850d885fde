package cli

import (
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages into a directory",
		Long: `man writes a manual page for every command into a directory, which it makes if there is none. Those of this version are
in docs/man of the source, too. For completion of commands, flags and keys in a shell: shmap completion --help.`,
		Example: "  shmap man ~/.local/share/man/man1\n  man shmap-export",
		Args:    words(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			return writeMan(args[0])
		},
	}
}

// writeMan writes the pages of all commands that are shown.
func writeMan(dir string) error {
	root := newRoot()
	root.DisableAutoGenTag = true
	fence(root)
	since := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC) // of the pages' contents, so that making them again changes nothing
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "shmap", Manual: "shmap manual", Date: &since}, dir)
}

// fence keeps the lines of the descriptions that are indented as they are: the pages are made through Markdown.
func fence(cmd *cobra.Command) {
	var out []string
	inside := false
	for _, line := range strings.Split(cmd.Long, "\n") {
		if indented := strings.HasPrefix(line, "  "); indented != inside {
			inside = indented
			out = append(out, "```")
		}
		out = append(out, line)
	}
	if inside {
		out = append(out, "```")
	}
	cmd.Long = strings.Join(out, "\n")
	for _, sub := range cmd.Commands() {
		fence(sub)
	}
}

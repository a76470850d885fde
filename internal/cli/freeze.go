package cli

import (
	"os"

	"github.com/shmap-go/shmap/internal/cli/digest"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

func newFreeze() *cobra.Command {
	return &cobra.Command{
		Use:   "freeze PATH",
		Short: "Make a map read-only for everybody, for ever",
		Long: `freeze makes a map read-only for everybody, for ever. A frozen file takes no locks and may be copied anywhere. It gets a
checksum, which shmap verify compares; a map that was frozen by a program gets one, too.`,
		Example: "  shmap freeze dictionary.shmap\n  shmap verify dictionary.shmap",
		Args:    words(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(args[0], dict.Options{}, func(m *dict.Map) error { return freeze(cmd, m) })
		},
	}
}

func freeze(cmd *cobra.Command, m *dict.Map) error {
	if err := m.Freeze(); err != nil {
		return err
	}
	f, err := os.Open(m.Path())
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := digest.Read(f); err == nil {
		return nil // it has one, which may say that it was damaged since
	}
	return sum(cmd.Context(), cmd, m, m.Segment().Env.Config)
}

package cli

import (
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

func newFreeze() *cobra.Command {
	return &cobra.Command{
		Use:     "freeze PATH",
		Short:   "Make a map read-only for everybody, for ever",
		Long:    "freeze makes a map read-only for everybody, for ever. A frozen file takes no locks and may be copied anywhere.",
		Example: "  shmap freeze dictionary.shmap",
		Args:    words(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return open(args[0], dict.Options{}, (*dict.Map).Freeze)
		},
	}
}

package cli

import (
	"fmt"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

func newCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check PATH [--nice N]",
		Short: "Look for broken invariants",
		Long: `check walks the whole map and prints every broken invariant, one a line. It may run while others use the map.
The exit status is 0 only if nothing is broken.

It takes no lock, runs at the lowest priority, and goes slowly while all processors are busy, so that those who use the map
hardly notice (docs/BESIDE.md); --nice 0 makes it as fast as it can be.`,
		Example: "  shmap check words.shmap",
		Args:    words(1, 1),

		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return look(args[0], func(m *dict.Map) error {
				problems, err := m.CheckSlowly(paceOf(cmd.Context(), cmd).step)
				for _, p := range problems {
					fmt.Fprintln(cmd.OutOrStdout(), p)
				}
				if err == nil && len(problems) > 0 {
					err = fmt.Errorf("%s is broken: %d problems", args[0], len(problems))
				}
				return err
			})
		},
	}
	addNice(cmd)
	return cmd
}

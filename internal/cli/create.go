package cli

import (
	"fmt"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

func newCreate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create PATH [flags]",
		Short: "Make a new map",
		Example: `  shmap create words.shmap --key string --value int64
  shmap create cache.shmap --capacity 100000 --ttl 1h`,
		Args: words(1, 1),
	}
	p := addProperties(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if exists(args[0]) {
			return fmt.Errorf("%s exists already; look at it: shmap stats %s", args[0], args[0])
		}
		m, err := dict.Open(args[0], p.options())
		if err != nil {
			return err
		}
		return m.Close()
	}
	return cmd
}

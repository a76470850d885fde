package cli

import (
	"fmt"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

func newDel() *cobra.Command {
	return &cobra.Command{
		Use:     "del PATH KEY...",
		Short:   "Delete keys and print how many there were",
		Example: "  shmap del words.shmap hello world",
		Args:    words(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(args[0], dict.Options{}, func(m *dict.Map) error {
				n, err := del(m, args[1:])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), n)
				return err
			})
		},
	}
}

func del(m *dict.Map, texts []string) (int, error) {
	keys := make([]dict.Datum, len(texts))
	for i, text := range texts {
		var err error
		if keys[i], err = word.Parse(m.Options().Key, text); err != nil {
			return 0, err
		}
	}
	return m.DeleteMany(keys, false)
}

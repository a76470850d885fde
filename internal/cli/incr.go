package cli

import (
	"fmt"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/spf13/cobra"
)

func newIncr() *cobra.Command {
	return &cobra.Command{
		Use:   "incr PATH KEY [DELTA]",
		Short: "Add to a counter and print it",
		Long:  "incr adds DELTA, or 1, to the value of a key and prints the sum. A missing key counts as 0.",
		Example: `  shmap incr words.shmap hello
  shmap incr words.shmap hello -- -5`,
		Args: words(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return open(args[0], dict.Options{}, func(m *dict.Map) error {
				text, err := incr(m, args[1], append(args[2:], "1")[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
				return err
			})
		},
	}
}

// incr returns the sum. One that the values cannot hold is an error here: nobody at a terminal expects to wrap.
func incr(m *dict.Map, key, delta string) (text string, err error) {
	o := m.Options()
	if o.Value == layout.String {
		return "", fmt.Errorf("the values of this map are strings, not counters; make one with: shmap create PATH --value int64")
	}
	op := dict.Op{Code: dict.OpAddChecked}
	if op.Key, err = word.Parse(o.Key, key); err != nil {
		return "", err
	}
	if op.Val, err = word.Delta(o.Value, delta); err != nil {
		return "", err
	}
	if err := m.Do(&op); err != nil {
		return "", err
	}
	return word.Text(o.Value, dict.Datum{W: op.W}), nil
}

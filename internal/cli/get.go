package cli

import (
	"fmt"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

func newGet() *cobra.Command {
	return &cobra.Command{
		Use:   "get PATH KEY",
		Short: "Print the value of a key",
		Long: `get prints the value of a key and a newline. A missing key is an error. A string is printed as it is, any bytes that a
terminal would obey included; shmap ls quotes them.`,
		Example: "  shmap get words.shmap hello",
		Args:    words(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return look(args[0], func(m *dict.Map) error { return get(cmd, m, args[1]) })
		},
	}
}

func get(cmd *cobra.Command, m *dict.Map, text string) error {
	o := m.Options()
	key, err := word.Parse(o.Key, text)
	if err != nil {
		return err
	}
	l, err := m.Load(key, nil, 0)
	if err != nil {
		return err
	}
	if !l.Found {
		return fmt.Errorf("there is no key %q", text)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), word.Text(o.Value, dict.Datum{W: l.W, S: string(l.B)}))
	return err
}

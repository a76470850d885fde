package cli

import (
	"errors"
	"strings"

	"github.com/shmap-go/shmap/internal/cli/dialog"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/spf13/cobra"
)

// anonymous is the path of a map without a file.
const anonymous = "anon:"

func newExec() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "exec [flags] PATH",
		Short: "Answer commands from standard input, one JSON line each",
		Long: `exec opens or creates the map at PATH (anon: is one in memory), reads commands from standard input, one a line,
and answers each with one line of JSON. Words are separated by spaces; a word may be a Go string in double quotes.
What goes wrong is answered with {"error":...,"detail":...} and the conversation goes on.

The flags describe a new map. Those of an existing one win, but --key and --value, when given, must match it.

Commands:
  ` + strings.Join(dialog.Forms(), "\n  "),
		Example: `  echo 'put "a b" 1' | shmap exec --value int64 m.shmap
  printf '%s\n' 'put k v' 'get k' | shmap exec anon:`,
		Args: words(1, 1),
	}
	p := addProperties(cmd)
	cmd.Flags().BoolVar(&p.ReadOnly, "read-only", false, "attach without the right to write; the file must exist")
	cmd.Flags().DurationVar(&p.LockTimeout, "lock-timeout", 0, "longest wait for a lock (0: no limit)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o := p.options()
		o.CountHits = true
		m, err := openOrCreate(args[0], o, cmd.Flags().Changed)
		if err != nil {
			return err
		}
		return errors.Join(dialog.Run(m, cmd.InOrStdin(), cmd.OutOrStdout()), m.Close())
	}
	return cmd
}

// openOrCreate opens the map at path, or makes it as o says. The types of an existing file need not be given; given
// reports which flags were.
func openOrCreate(path string, o dict.Options, given func(flag string) bool) (*dict.Map, error) {
	if path == anonymous {
		return dict.Anonymous(o)
	}
	if !exists(path) {
		return dict.Open(path, o)
	}
	key, value := o.Key, o.Value
	o.Key, o.Value = 0, 0
	m, err := dict.Open(path, o)
	if err != nil {
		return nil, err
	}
	have := m.Options()
	if !given("key") {
		key = have.Key
	}
	if !given("value") {
		value = have.Value
	}
	if key != have.Key || value != have.Value {
		err = &fault.TypeMismatch{WantKey: key.String(), WantValue: value.String(),
			HaveKey: have.Key.String(), HaveValue: have.Value.String()}
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

package cli

import (
	"time"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

func newSet() *cobra.Command {
	var ttl ttlFlag
	cmd := &cobra.Command{
		Use:   "set PATH KEY VALUE [--ttl DURATION]",
		Short: "Store a value under a key",
		Example: `  shmap set names.shmap ann "Ann Example" --ttl 10m
  shmap set numbers.shmap x -- -1`,
		Args:                  words(3, 3),
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().Var(&ttl, "ttl", "time to live of the entry; 0 is for ever (without it: the default of the map)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return open(args[0], dict.Options{}, func(m *dict.Map) error {
			op := dict.Op{Code: dict.OpStore, TTL: time.Duration(ttl)}
			if cmd.Flags().Changed("ttl") {
				op.Mode = dict.TTLExplicit
			}
			return set(m, &op, args[1], args[2])
		})
	}
	return cmd
}

func set(m *dict.Map, op *dict.Op, key, value string) (err error) {
	o := m.Options()
	if op.Key, err = word.Parse(o.Key, key); err != nil {
		return err
	}
	if op.Val, err = word.Parse(o.Value, value); err != nil {
		return err
	}
	return m.Do(op)
}

package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

// What a shell is offered at most, and how many entries are looked at for it.
const (
	mostOffered = 100
	mostLooked  = 100_000
)

// completeKey makes the shell complete the first argument of cmd as a file and the second as a key of the map in it.
func completeKey(cmd *cobra.Command) *cobra.Command {
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			return nil, cobra.ShellCompDirectiveDefault
		case 1:
			return keysOf(cmd.Context(), args[0], typed), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}

// keysOf is keys of a map that begin as typed; those that a shell would not leave alone are left out.
func keysOf(ctx context.Context, path, typed string) (keys []string) {
	enough := errors.New("enough")
	looked := 0
	_ = look(path, func(m *dict.Map) error { // without a map there is nothing to offer
		kind := m.Options().Key
		return scan.Each(ctx, m, func(e scan.Entry) error {
			key := word.Text(kind, e.Key)
			if strings.HasPrefix(key, typed) && word.Field(kind, e.Key) == key {
				keys = append(keys, key)
			}
			if looked++; len(keys) >= mostOffered || looked >= mostLooked {
				return enough
			}
			return nil
		})
	})
	return keys
}

package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/shmap-go/shmap/internal/cli/digest"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/spf13/cobra"
)

func newFreeze() *cobra.Command {
	return &cobra.Command{
		Use:   "freeze PATH",
		Short: "Make a map read-only for everybody, for ever",
		Long: `freeze makes a map read-only for everybody, for ever. A frozen file takes no locks and may be copied anywhere. It gets a
checksum, which shmap verify compares; a map that was frozen by a program gets one, too. A file that was cut short or has
broken invariants (shmap check) gets none. Damage that breaks none, a changed value for one, nobody can see without an older
checksum, so one that was lost is not to be made up for: restore from a snapshot.`,
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
	switch _, err := digest.Read(f); {
	case err == nil:
		return nil // it has one, which may say that it was damaged since
	case !errors.Is(err, digest.ErrMissing):
		return fmt.Errorf("%s: %w; restore it from a snapshot", m.Path(), err)
	}
	if err := whole(m); err != nil {
		return fmt.Errorf("%s is frozen, but gets no checksum: %w; restore it from a snapshot", m.Path(), err)
	}
	return sum(cmd.Context(), cmd, nil, m, m.Segment().Env.Config)
}

// whole says what is wrong with a map that a checksum would hide.
func whole(m *dict.Map) error {
	if digest.Cut(m) {
		return fault.With(fault.ErrCorrupt, "it was cut short")
	}
	problems, err := m.Check()
	if err == nil && len(problems) > 0 {
		err = fault.With(fault.ErrCorrupt, "%s, the first: %s", count(len(problems), "problem", "problems"), problems[0])
	}
	return err
}

package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/shmap-go/shmap/internal/cli/digest"
	"github.com/spf13/cobra"
)

func newVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE",
		Short: "Compare a frozen map or a snapshot with its checksum",
		Long: `verify reads a frozen map or a snapshot and compares it with the checksum (XXH3, 128 bits) that shmap freeze or shmap
snapshot has put at its end. The exit status is 0 only if they agree. It notices every accident to what it covers:
types, limits and entries; the clock that deadlines depend on to within a minute, and only until the file is first opened for
writing after a reboot or on another machine. It does not notice what somebody who can write the file did on purpose. shmap check looks for broken invariants in any map, live or not.`,
		Example: "  shmap verify dictionary.shmap",
		Args:    words(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := digest.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			p, err := verify(cmd, f)
			switch {
			case errors.Is(err, digest.ErrMissing):
				return fmt.Errorf("%s: %w; if it had one, the file was cut short: restore it from a snapshot", args[0], err)
			case errors.Is(err, digest.ErrLive):
				return fmt.Errorf("%s: %w and has no checksum; shmap check looks at a live map", args[0], err)
			case err != nil:
				return fmt.Errorf("%s: %w", args[0], err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: ok, %s, xxh3 %v, of %s\n", args[0],
				count(int(p.Entries), "entry", "entries"), p, p.Written.Format(time.RFC3339))
			return err
		},
	}
}

// verify compares an open file with its checksum.
func verify(cmd *cobra.Command, f *os.File) (*digest.Page, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	p := newProgress(cmd, "verifying", st.Size(), bytesUnit)
	defer p.done()
	return digest.Verify(f, p.add)
}

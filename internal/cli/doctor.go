package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shmap-go/shmap/internal/cli/doctor"
	"github.com/spf13/cobra"
)

func newDoctor() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor [PATH...] [--json]",
		Short: "Look for what is wrong with this machine or with maps",
		Long: `doctor looks at the machine (the size of /dev/shm, limits of the container and of the process, huge pages, file locks) and
at maps (file system, state, who has them open, what the dead have left), and says of each whether it is ok, a warning
or a problem, and what to do. A directory stands for the maps below it; without a PATH it is /dev/shm. It changes
nothing. The exit status is 1 if there is a problem.`,
		Example: `  shmap doctor
  shmap doctor /dev/shm/sessions --json`,
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		problems, out := 0, cmd.OutOrStdout()
		var broken error
		err := doctor.Look(cmd.Context(), doctor.Real(), args, func(f doctor.Finding) {
			if f.Level == doctor.Problem {
				problems++
			}
			var err error
			if asJSON {
				err = json.NewEncoder(out).Encode(f)
			} else {
				_, err = fmt.Fprint(out, findingText(f))
			}
			if broken == nil {
				broken = err
			}
		})
		switch {
		case err != nil:
			return err
		case broken != nil:
			return broken
		case problems > 0:
			return fmt.Errorf("found %s", count(problems, "problem", "problems"))
		}
		return nil
	}
	return cmd
}

func findingText(f doctor.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %s: %s\n", f.Level, doctor.Printable(f.Subject), doctor.Printable(f.Text))
	if f.Advice != "" {
		fmt.Fprintf(&b, "         -> %s\n", doctor.Printable(f.Advice))
	}
	return b.String()
}

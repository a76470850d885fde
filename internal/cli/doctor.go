package cli

import (
	"fmt"
	"strings"

	"github.com/shmap-go/shmap/internal/cli/doctor"
	"github.com/shmap-go/shmap/internal/cli/word"
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
				_, err = out.Write(findingJSON(f))
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

// findingJSON is a line without control characters, which the JSON package would leave.
func findingJSON(f doctor.Finding) []byte {
	field := func(b []byte, name, s string) []byte {
		return word.AppendString(append(b, name...), strings.ToValidUTF8(s, "\uFFFD"))
	}
	b := field(nil, `{"level":`, string(f.Level))
	b = field(b, `,"subject":`, f.Subject)
	b = field(b, `,"text":`, f.Text)
	if f.Advice != "" {
		b = field(b, `,"advice":`, f.Advice)
	}
	return append(b, '}', '\n')
}

func findingText(f doctor.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %s: %s\n", f.Level, doctor.Printable(f.Subject), doctor.Printable(f.Text))
	if f.Advice != "" {
		fmt.Fprintf(&b, "         -> %s\n", doctor.Printable(f.Advice))
	}
	return b.String()
}

// Package cli is the command line of shmap: one file a command. It knows arguments, what is printed where and the
// exit status; what a command does to a map is the map's, the language of exec is dialog's, the show is demo's.
//
// Standard output is data, standard error is words.
package cli

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// Main runs the command line of this process and returns its exit status.
func Main() int {
	root := newRoot()
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) { giveWay(niceOf(cmd)) }
	if err := root.Execute(); err != nil {
		// Errors of a map begin with the name of the program, wherever they stand.
		if text := strings.ReplaceAll(strings.TrimPrefix(err.Error(), "shmap: "), ": shmap: ", ": "); text != "" {
			fmt.Fprintf(os.Stderr, "shmap: %s\n", text)
		}
		return statusOf(err)
	}
	return 0
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "shmap",
		Short: "A crash-safe hash map in shared memory",
		Long: `shmap works on hash maps that live in a file and are shared by processes. A process may be killed at any
moment: the map stays whole, and nobody waits for the dead.`,
		Example: `  shmap create words.shmap --key string --value int64
  shmap incr words.shmap hello
  shmap get words.shmap hello
  shmap demo`,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Version:       thisVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Version}}")
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newCreate(), completeKey(newGet()), completeKey(newSet()), completeKey(newDel()), completeKey(newIncr()), newLs(),
		newStats(), newTop(), newServe(), newCheck(), newFreeze(), newExec(), newExport(), newImport(), newSnapshot(), newRestore(),
		newVerify(), newDiff(), newDoctor(), newMan(), newVersion(), newDemo(), newDemoWorker())
	return root
}

// usage is the error of a command line that cannot be understood; it ends with what to do next.
func usage(cmd *cobra.Command, format string, args ...any) error {
	return fmt.Errorf("%s; try '%s --help'", fmt.Sprintf(format, args...), cmd.CommandPath())
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
		hint = fmt.Sprintf(" (did you mean %s?)", strings.Join(s, " or "))
	}
	return usage(cmd, "unknown command %q%s", args[0], hint)
}

// words accepts from least to most arguments; most < 0 is any number.
func words(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage(cmd, "too few arguments; write: %s", cmd.UseLine())
		case most >= 0 && len(args) > most:
			return usage(cmd, "too many arguments from %q on; write: %s", args[most], cmd.UseLine())
		case len(args) > 0 && args[0] == "":
			return usage(cmd, "the path is empty; write: %s", cmd.UseLine())
		}
		return nil
	}
}

// negative matches the complaint about a negative number that was taken for a flag.
var negative = regexp.MustCompile(`in (-[0-9]+)$`)

func flagError(cmd *cobra.Command, err error) error {
	if m := negative.FindStringSubmatch(err.Error()); m != nil {
		return usage(cmd, "%s looks like a flag; write -- before a negative number, after the flags", m[1])
	}
	return usage(cmd, "%v", err)
}

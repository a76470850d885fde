package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

func newStats() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:                   "stats PATH [--json]",
		Short:                 "Print what a map is and how it is doing",
		Example:               "  shmap stats words.shmap",
		Args:                  words(1, 1),
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object, as the stats command of exec, and who is attached")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return look(args[0], func(m *dict.Map) error {
			s, err := m.Stats(true)
			if err != nil {
				return err
			}
			attached, err := attached(m)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(struct {
					dict.Stats
					Attached []dict.Participant `json:"attached"`
				}{s, attached})
			}
			return printStats(cmd.OutOrStdout(), m.Options(), s, attached)
		})
	}
	return cmd
}

func printStats(out io.Writer, o dict.Options, s dict.Stats, attached []dict.Participant) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range []struct {
		name string
		v    any
		note string
	}{
		{"types", fmt.Sprintf("%v -> %v", o.Key, o.Value), ""},
		{"entries", s.Entries, ""},
		{"max entries", limit(s.MaxEntries), ""},
		{"capacity", limit(s.Capacity), "policy " + o.Policy.String()},
		{"max bytes", limit(s.MaxBytes), ""},
		{"ttl", ttlText(o), ""},
		{"file bytes", s.FileBytes, perEntry(s)},
		{"bucket bytes", s.BucketBytes, ""},
		{"blob bytes", s.BlobBytes, ""},
		{"shards", len(s.Shards), ""},
		{"buckets", s.Buckets, fmt.Sprintf("%d overflow, longest chain %d", s.Overflows, s.LongestChain)},
		{"evictions", s.Evictions, ""},
		{"expirations", s.Expirations, ""},
		{"recoveries", s.Recoveries, ""},
		{"contended", s.Contended, contention(s)},
		{"participants", s.Participants, pids(attached)},
		{"frozen", s.Frozen, ""},
	} {
		fmt.Fprintf(w, "%s\t%v", row.name, row.v)
		if row.note != "" {
			fmt.Fprintf(w, "\t(%s)", row.note)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// attached are the participants that are alive.
func attached(m *dict.Map) ([]dict.Participant, error) {
	all, err := m.Participants()
	return slices.DeleteFunc(all, func(p dict.Participant) bool { return !p.Alive }), err
}

// pids names the processes of the first few participants.
func pids(attached []dict.Participant) string {
	const few = 8
	text := ""
	for i, p := range attached {
		switch {
		case i == few:
			return fmt.Sprintf("%s and %d more", text, len(attached)-few)
		case i > 0:
			text += ", "
		default:
			text = "pid "
		}
		text += fmt.Sprint(p.PID)
	}
	return text
}

// contention says what writers did when they found a lock held, and where.
func contention(s dict.Stats) string {
	if s.Contended == 0 {
		return ""
	}
	worst := 0
	for i := range s.Shards {
		if s.Shards[i].Contended > s.Shards[worst].Contended {
			worst = i
		}
	}
	return fmt.Sprintf("%d waits, %d sleeps, most in shard %d: %d", s.LockWaits, s.LockSleeps, worst, s.Shards[worst].Contended)
}

func limit(n uint64) string {
	if n == 0 {
		return "no limit"
	}
	return fmt.Sprint(n)
}

func ttlText(o dict.Options) string {
	switch {
	case o.TTL > 0:
		return o.TTL.String()
	case o.EnableTTL:
		return "enabled, no default"
	}
	return "none"
}

func perEntry(s dict.Stats) string {
	if s.Entries == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f an entry", float64(s.FileBytes)/float64(s.Entries))
}

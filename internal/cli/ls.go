package cli

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

// listing is what ls was asked for.
type listing struct {
	prefix string
	limit  uint64 // 0 is none
	json   bool
}

func newLs() *cobra.Command {
	var l listing
	cmd := &cobra.Command{
		Use:   "ls PATH [--prefix P] [--limit N] [--json]",
		Short: "List entries",
		Long: `ls prints one entry a line, in no order: key, value and what is left of its time to live (- is for ever),
separated by tabs. A string that would not stay one word is quoted.`,
		Example: `  shmap ls words.shmap | sort -t"$(printf '\t')" -k2 -n
  shmap ls words.shmap --prefix user: --limit 10 --json`,
		Args:                  words(1, 1),
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().StringVar(&l.prefix, "prefix", "", "only keys that start so, integers in decimal")
	cmd.Flags().Uint64Var(&l.limit, "limit", 0, "at most this many entries (0: all)")
	cmd.Flags().BoolVar(&l.json, "json", false, "one JSON object a line")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return look(args[0], func(m *dict.Map) error {
			out := bufio.NewWriter(cmd.OutOrStdout())
			if err := l.print(out, m); err != nil {
				return err
			}
			return out.Flush()
		})
	}
	return cmd
}

func (l *listing) print(out *bufio.Writer, m *dict.Map) error {
	o := m.Options()
	spell := appendLine
	if l.json {
		spell = appendObject
	}
	var line []byte
	c := m.Cursor()
	for n := uint64(0); l.limit == 0 || n < l.limit; {
		e, ok, err := c.Next()
		if err != nil || !ok {
			return err
		}
		if !strings.HasPrefix(word.Text(o.Key, e.Key), l.prefix) {
			continue
		}
		left, ok, err := timeLeft(m, &o, e.Key)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		line = spell(line[:0], &o, e, left)
		if _, err := out.Write(line); err != nil {
			return err
		}
		n++
	}
	return nil
}

// timeLeft asks for the time to live of an entry; ok is false when it is gone meanwhile.
func timeLeft(m *dict.Map, o *dict.Options, key dict.Datum) (left time.Duration, ok bool, err error) {
	if o.TTL == 0 && !o.EnableTTL {
		return dict.Permanent, true, nil
	}
	l, err := m.Load(key, nil, dict.ReadTTL|dict.ReadNoVal)
	return l.TTL, l.Found, err
}

func appendLine(dst []byte, o *dict.Options, e dict.Entry, left time.Duration) []byte {
	text := "-"
	if left != dict.Permanent {
		text = left.Round(time.Millisecond).String()
	}
	return fmt.Appendf(dst, "%s\t%s\t%s\n", word.Field(o.Key, e.Key), word.Field(o.Value, e.Val), text)
}

// appendObject spells the entry as exec does.
func appendObject(dst []byte, o *dict.Options, e dict.Entry, left time.Duration) []byte {
	dst = word.AppendJSON(append(dst, `{"key":`...), o.Key, e.Key)
	dst = word.AppendJSON(append(dst, `,"value":`...), o.Value, e.Val)
	ms := int64(0)
	if left != dict.Permanent {
		ms = max(1, left.Milliseconds())
	}
	return fmt.Appendf(dst, ",\"ttl_ms\":%d}\n", ms)
}

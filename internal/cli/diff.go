package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/cli/word"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/spf13/cobra"
)

// Exit statuses of diff beside 0.
const (
	exitDifferent = 1
	exitTrouble   = 2
)

// differing is what diff was asked for, and what it has found.
type differing struct {
	json, summary bool
	ttl           time.Duration // differences of the deadline beyond this count; < 0: none

	out  *bufio.Writer
	line []byte
	sums sums
}

type sums struct {
	OnlyA   int `json:"only_in_a"`
	OnlyB   int `json:"only_in_b"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
}

func newDiff() *cobra.Command {
	var d differing
	cmd := &cobra.Command{
		Use:   "diff A B [--summary] [--json] [--ttl TOLERANCE]",
		Short: "Compare the entries of two maps",
		Long: `diff compares the entries of two maps of the same types, live, frozen or snapshots, and prints those that differ, in no
order, in fields separated by tabs:

  -  KEY  VALUE              only in A
  +  KEY  VALUE              only in B
  ~  KEY  VALUE-A  VALUE-B   in both

With --ttl, entries that expire at times further apart than the tolerance differ, too, and what is left of their lives
follows in two more fields. It takes no lock and needs no memory; on a live map it compares each key at a moment of its own.

The exit status is 0 if nothing differs, 1 if something does, 2 in case of trouble.`,
		Example: `  shmap diff yesterday.snap /dev/shm/sessions
  shmap diff a.shmap b.shmap --summary --json
  shmap diff a.shmap b.shmap --ttl 2s`,
		Args:                  trouble(words(2, 2)),
		DisableFlagsInUseLine: true,
	}
	var ttl ttlFlag
	cmd.Flags().BoolVar(&d.json, "json", false, "one JSON object a line")
	cmd.Flags().BoolVar(&d.summary, "summary", false, "print how many entries differ, not which")
	cmd.Flags().Var(&ttl, "ttl", "compare times to live as well; those this close are the same, like 1s")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return &exit{exitTrouble, flagError(cmd, err)} })
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		d.ttl = -1
		if cmd.Flags().Changed("ttl") {
			d.ttl = time.Duration(ttl)
		}
		if err := d.run(cmd, args[0], args[1]); err != nil {
			return &exit{exitTrouble, err}
		}
		if d.sums.OnlyA+d.sums.OnlyB+d.sums.Changed > 0 {
			return &exit{exitDifferent, nil}
		}
		return nil
	}
	return cmd
}

// trouble makes wrong arguments trouble.
func trouble(args cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, words []string) error {
		if err := args(cmd, words); err != nil {
			return &exit{exitTrouble, err}
		}
		return nil
	}
}

func (d *differing) run(cmd *cobra.Command, a, b string) error {
	d.out = bufio.NewWriter(cmd.OutOrStdout())
	return look(a, func(ma *dict.Map) error {
		return look(b, func(mb *dict.Map) error {
			if err := d.compare(cmd, ma, mb); err != nil {
				return err
			}
			if d.summary {
				if err := d.total(); err != nil {
					return err
				}
			}
			return d.out.Flush()
		})
	})
}

func (d *differing) compare(cmd *cobra.Command, a, b *dict.Map) error {
	oa, ob := a.Options(), b.Options()
	if oa.Key != ob.Key || oa.Value != ob.Value {
		return fmt.Errorf("%w: %s has %v -> %v, %s has %v -> %v", fault.ErrTypeMismatch, a.Path(), oa.Key, oa.Value, b.Path(), ob.Key, ob.Value)
	}
	p := newProgress(cmd, "comparing", int64(a.Len()+b.Len()), entriesUnit)
	defer p.done()
	err := scan.Each(context.Background(), a, func(ea scan.Entry) error {
		p.add(1)
		eb, found, err := scan.One(b, ea.Key)
		switch {
		case err != nil:
			return err
		case !found:
			d.sums.OnlyA++
			return d.print(&oa, "only_in_a", &ea, nil)
		case ea.Val != eb.Val || d.ttl >= 0 && apart(&ea, &eb) > d.ttl:
			d.sums.Changed++
			return d.print(&oa, "changed", &ea, &eb)
		}
		d.sums.Same++
		return nil
	})
	if err != nil {
		return err
	}
	return scan.Each(context.Background(), b, func(eb scan.Entry) error {
		p.add(1)
		_, found, err := scan.One(a, eb.Key)
		if err != nil || found {
			return err
		}
		d.sums.OnlyB++
		return d.print(&ob, "only_in_b", nil, &eb)
	})
}

// apart is how far the ends of two lives are from each other.
func apart(a, b *scan.Entry) time.Duration {
	switch {
	case a.Permanent() != b.Permanent():
		return 1<<63 - 1
	case a.Permanent():
		return 0
	}
	return a.Until.Sub(b.Until).Abs()
}

// print prints one difference; that which is nil is not there.
func (d *differing) print(o *dict.Options, what string, a, b *scan.Entry) error {
	if d.summary {
		return nil
	}
	if d.json {
		d.line = d.object(d.line[:0], o, what, a, b)
	} else {
		d.line = d.fields(d.line[:0], o, a, b)
	}
	_, err := d.out.Write(d.line)
	return err
}

func (d *differing) fields(dst []byte, o *dict.Options, a, b *scan.Entry) []byte {
	sides := []*scan.Entry{a, b}
	sign := "~"
	if b == nil {
		sign, sides = "-", sides[:1]
	} else if a == nil {
		sign, sides = "+", sides[1:]
	}
	dst = fmt.Appendf(dst, "%s\t%s", sign, word.Field(o.Key, sides[0].Key))
	for _, e := range sides {
		dst = append(append(dst, '\t'), word.Field(o.Value, e.Val)...)
	}
	if d.ttl >= 0 {
		for _, e := range sides {
			left := "-"
			if !e.Permanent() {
				left = (time.Duration(e.Left()) * time.Millisecond).String()
			}
			dst = append(append(dst, '\t'), left...)
		}
	}
	return append(dst, '\n')
}

func (d *differing) object(dst []byte, o *dict.Options, what string, a, b *scan.Entry) []byte {
	dst = fmt.Appendf(dst, `{"diff":%q,"key":`, what)
	key := a
	if key == nil {
		key = b
	}
	dst = word.AppendJSON(dst, o.Key, key.Key)
	for name, e := range []*scan.Entry{a, b} {
		if e == nil {
			continue
		}
		dst = fmt.Appendf(dst, `,"%c":`, "ab"[name])
		dst = word.AppendJSON(dst, o.Value, e.Val)
		if d.ttl >= 0 {
			dst = fmt.Appendf(dst, `,"%c_ttl_ms":%d`, "ab"[name], e.Left())
		}
	}
	return append(dst, "}\n"...)
}

func (d *differing) total() error {
	if d.json {
		return json.NewEncoder(io.Writer(d.out)).Encode(d.sums)
	}
	_, err := fmt.Fprintf(d.out, "%d only in A, %d only in B, %d changed, %d same\n",
		d.sums.OnlyA, d.sums.OnlyB, d.sums.Changed, d.sums.Same)
	return err
}

// exit is an error with an exit status of its own; without a cause there is nothing to be said.
type exit struct {
	status int
	cause  error
}

func (e *exit) Error() string {
	if e.cause == nil {
		return ""
	}
	return e.cause.Error()
}

func (e *exit) Unwrap() error { return e.cause }

// statusOf is the exit status for an error.
func statusOf(err error) int {
	var e *exit
	if errors.As(err, &e) {
		return e.status
	}
	return 1
}

package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/shmap-go/shmap/internal/cli/doctor"
	"github.com/shmap-go/shmap/internal/cli/record"
	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/spf13/cobra"
)

// formats describes the two encodings for the help of export and import.
const formats = `jsonl is one object a line: {"key":K,"value":V,"ttl_ms":N}; csv is a header that names the columns key, value and ttl_ms, then
one row an entry. Integers are numbers. Strings are text; one that is not valid UTF-8 is {"base64":"..."} in JSON and
base64:... in CSV, as is one in CSV that has a carriage return or a NUL or begins with base64: itself.

ttl_ms is what is left of the entry's time to live in milliseconds, 0 for ever; left out or empty it is the default of the
map. expires_at_ms in its place is the moment in milliseconds since 1970, 0 for never.`

type exporting struct {
	format   formatFlag
	file     string
	absolute bool
}

func newExport() *cobra.Command {
	var e exporting
	cmd := &cobra.Command{
		Use:   "export PATH [--format jsonl|csv] [-o FILE] [--nice N]",
		Short: "Write all entries as JSON Lines or CSV",
		Long: `export writes all entries, in no order, to standard output or to a file, which appears whole or not at all; a map is not
overwritten.
JSON Lines have no control characters; CSV has strings as they are, with bytes that a terminal would obey.
It takes no lock and may run while others use the map: an entry that is there throughout comes exactly once. It runs at
the lowest priority, and goes slowly while all processors are busy, so that those who use the map hardly notice
(docs/BESIDE.md); --nice 0 makes it as fast as it can be.

` + formats,
		Example: `  shmap export words.shmap >words.jsonl
  shmap export sessions.shmap --absolute -o sessions.csv
  shmap export old.shmap | shmap import new.shmap - --create --value int64`,
		Args:                  words(1, 1),
		DisableFlagsInUseLine: true,
	}
	addFormat(cmd, &e.format)
	cmd.Flags().StringVarP(&e.file, "output", "o", "", "write to this file, which is replaced when all is written")
	cmd.Flags().BoolVar(&e.absolute, "absolute", false, "write deadlines as moments (expires_at_ms), not as what is left (ttl_ms)")
	addNice(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return look(args[0], func(m *dict.Map) error { return e.run(cmd, m) })
	}
	return cmd
}

func (e *exporting) run(cmd *cobra.Command, m *dict.Map) error {
	if e.file != "" && doctor.IsMap(e.file) {
		return fmt.Errorf("%s is a map; name another file for the text, or remove the map first", e.file)
	}
	ctx, stop := interruptible(cmd)
	defer stop()
	n := 0
	err := output(cmd, e.file, modeOf(m.Path()), func(out io.Writer) (err error) {
		n, err = e.write(ctx, cmd, m, out)
		return err
	})
	if err == nil && e.file != "" && e.file != "-" {
		fmt.Fprintf(cmd.ErrOrStderr(), "exported %s to %s\n", count(n, "entry", "entries"), e.file)
	}
	return interrupted(err)
}

func (e *exporting) write(ctx context.Context, cmd *cobra.Command, m *dict.Map, out io.Writer) (n int, err error) {
	o := m.Options()
	w := record.NewWriter(e.format.of(e.file), out,
		record.Schema{Key: o.Key, Value: o.Value, TTL: scan.HasTTL(m), Absolute: e.absolute})
	p := newProgress(cmd, "exporting", int64(m.Len()), entriesUnit)
	defer p.done()
	pace := paceOf(ctx, cmd)
	err = scan.Each(ctx, m, func(entry scan.Entry) error {
		pace.step()
		n++
		p.add(1)
		return w.Write(entry)
	})
	if err != nil {
		return n, err
	}
	return n, w.Flush()
}

// formatFlag is --format; empty goes by the name of the file.
type formatFlag record.Form

func addFormat(cmd *cobra.Command, f *formatFlag) {
	cmd.Flags().Var(f, "format", "jsonl or csv (without it: by the name of the file, else jsonl)")
	complete(cmd, "format", []string{string(record.JSONL), string(record.CSV)})
}

func (f *formatFlag) String() string { return string(*f) }
func (f *formatFlag) Type() string   { return "name" }
func (f *formatFlag) Set(s string) error {
	switch form := record.Form(s); form {
	case record.JSONL, record.CSV:
		*f = formatFlag(form)
		return nil
	}
	return fmt.Errorf("want jsonl or csv")
}

// of is the encoding of a file.
func (f *formatFlag) of(path string) record.Form {
	switch {
	case *f != "":
		return record.Form(*f)
	case strings.HasSuffix(strings.ToLower(path), ".csv"):
		return record.CSV
	}
	return record.JSONL
}

// count is a number of things in words.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

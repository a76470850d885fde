package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/shmap-go/shmap/internal/cli/record"
	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type importing struct {
	format         formatFlag
	create, dryRun bool
	p              *properties
}

func newImport() *cobra.Command {
	var i importing
	cmd := &cobra.Command{
		Use:   "import PATH FILE|- [--format jsonl|csv] [--dry-run] [--create [flags of a new map]]",
		Short: "Store the entries of a file of JSON Lines or CSV",
		Long: `import stores the entries of a file, or of standard input (-), one after the other; others may use the map meanwhile.
A key that is there already gets the new value and the new time to live. Entries whose expires_at_ms has passed are left out.

A line that cannot be read, or does not fit the types of the map, ends the import: the message has its number and how many
entries were stored before. They stay. What a map with an eviction policy evicts for its limits is counted at the end.
--dry-run reads everything and stores nothing.

` + formats,
		Example: `  shmap import words.shmap words.jsonl
  shmap import words.shmap words.csv --dry-run
  zcat words.jsonl.gz | shmap import new.shmap - --create --value int64`,
		Args:                  words(2, 2),
		DisableFlagsInUseLine: true,
	}
	addFormat(cmd, &i.format)
	cmd.Flags().BoolVar(&i.create, "create", false, "make the map, as the flags of create say, if there is none")
	cmd.Flags().BoolVar(&i.dryRun, "dry-run", false, "read and check all lines, store nothing")
	i.p = addProperties(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return i.run(cmd, args[0], args[1]) }
	return cmd
}

func (i *importing) run(cmd *cobra.Command, path, file string) error {
	if err := i.flags(cmd); err != nil {
		return err
	}
	if !i.create && !exists(path) {
		return fmt.Errorf("there is no map at %s; to make it: --create, with --key and --value", path)
	}
	in, size, err := input(cmd, file)
	if err != nil {
		return err
	}
	defer in.Close()
	p := newProgress(cmd, "importing", size, bytesUnit)
	name := file
	if file == "-" {
		name = "standard input"
	}
	t := &target{name: name, r: &counting{in, p}, form: i.format.of(file)}
	err = i.into(cmd, path, func(m *dict.Map, o dict.Options) error { return t.store(m, o) })
	p.done()
	if err != nil {
		return err
	}
	verb := "imported"
	if i.dryRun {
		verb = "would import"
	}
	late := ""
	if t.late > 0 {
		late = fmt.Sprintf(", left out %d that had expired", t.late)
	}
	if t.evicted > 0 {
		late += fmt.Sprintf("; meanwhile the map evicted %s, for its limits", count(int(t.evicted), "entry", "entries"))
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s %s%s\n", verb, count(t.n, "entry", "entries"), late)
	return err
}

// flags refuses those of a new map when none is to be made.
func (i *importing) flags(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if _, ours := map[string]bool{"format": true, "create": true, "dry-run": true}[f.Name]; !ours && !i.create {
			err = usage(cmd, "--%s describes a new map; write --create with it", f.Name)
		}
	})
	return err
}

// into calls f with the map that entries go to, nil in a dry run, and what it is.
func (i *importing) into(cmd *cobra.Command, path string, f func(*dict.Map, dict.Options) error) error {
	given := cmd.Flags().Changed
	o := i.p.options()
	if i.dryRun {
		if !exists(path) {
			return f(nil, o)
		}
		o.ReadOnly = true
	}
	if !i.create {
		o.Key, o.Value = 0, 0
		given = func(string) bool { return false }
	}
	m, err := openOrCreate(path, o, given)
	if err != nil {
		return err
	}
	if i.dryRun {
		return errors.Join(f(nil, m.Options()), m.Close())
	}
	return errors.Join(f(m, m.Options()), m.Close())
}

// input opens what is to be read; its size is -1 if it is not known.
func input(cmd *cobra.Command, file string) (in io.ReadCloser, size int64, err error) {
	if file == "-" {
		return io.NopCloser(cmd.InOrStdin()), -1, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, 0, err
	}
	st, err := f.Stat()
	switch {
	case err != nil:
	case st.IsDir():
		err = fmt.Errorf("%s is a directory; name a file of entries", file)
	case !st.Mode().IsRegular():
		return f, -1, nil
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, st.Size(), nil
}

// counting shows how much was read.
type counting struct {
	r io.Reader
	p *progress
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.p.add(int64(n))
	return n, err
}

// target is an import under way.
type target struct {
	name string
	r    io.Reader
	form record.Form
	n    int // entries stored
	late int // that had expired

	evicted uint64 // by the map meanwhile
}

// store reads everything and stores it in m, or nowhere if m is nil.
func (t *target) store(m *dict.Map, o dict.Options) error {
	if m != nil {
		before, err := m.Stats(false)
		if err != nil {
			return err
		}
		defer func() {
			if after, err := m.Stats(false); err == nil {
				t.evicted = after.Evictions - before.Evictions
			}
		}()
	}
	in := record.NewReader(t.form, t.r, record.Schema{Key: o.Key, Value: o.Value})
	for {
		rec, line, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err == nil:
			err = t.one(m, &o, &rec)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w (%s)", t.name, line, hint(err), t.before())
		}
	}
}

func (t *target) before() string { return count(t.n, "entry", "entries") + " imported before" }

// one stores one entry.
func (t *target) one(m *dict.Map, o *dict.Options, rec *record.Record) error {
	if rec.Mode == dict.TTLAt && !rec.At.After(time.Now()) {
		t.late++
		return nil
	}
	if o.TTL == 0 && !o.EnableTTL && rec.Mode != dict.TTLDefault {
		if rec.Mode == dict.TTLAt || rec.TTL != 0 {
			return fault.ErrNoTTL
		}
		rec.Mode = dict.TTLDefault // for ever, as all entries of this map
	}
	if m != nil {
		op := dict.Op{Code: dict.OpStore, Key: rec.Key, Val: rec.Val, Mode: rec.Mode, TTL: rec.TTL, At: rec.At}
		limit := max(o.Capacity, o.MaxEntries)
		err := scan.Patiently(func() error {
			if uint64(m.Len()) < limit { // what one shard has used up another may have left
				if err := m.Spread(op.Key); err != nil {
					return err
				}
			}
			return m.Do(&op)
		})
		if err != nil {
			return err
		}
	}
	t.n++
	return nil
}

// hint adds what to do next to an error of the map.
func hint(err error) error {
	switch {
	case errors.Is(err, fault.ErrNoTTL):
		return fmt.Errorf("%w; make one with --enable-ttl, or leave ttl_ms out", err)
	case errors.Is(err, fault.ErrFrozen):
		return fmt.Errorf("%w; a live copy: shmap restore", err)
	case errors.Is(err, fault.ErrNoSpace):
		return fmt.Errorf("%w; what there is: shmap doctor", err)
	}
	return err
}

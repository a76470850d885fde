package cli

import (
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/spf13/cobra"
)

// properties are the flags that describe a map to be made.
type properties struct {
	dict.Options
	shards, skip rangeFlag
	ttl          ttlFlag
}

// addProperties gives cmd the flags of a new map.
func addProperties(cmd *cobra.Command) *properties {
	p := &properties{
		Options: dict.Options{Key: layout.String, Value: layout.String},
		shards:  rangeFlag{most: 1024},
		skip:    rangeFlag{most: 99},
	}
	f := cmd.Flags()
	f.Var((*kindFlag)(&p.Key), "key", "type of the keys: int16 int32 int64 uint16 uint32 uint64 string")
	f.Var((*kindFlag)(&p.Value), "value", "type of the values: as for the keys")
	f.Uint64Var(&p.MaxEntries, "max-entries", 0, "refuse entries beyond this number (0: no limit)")
	f.Uint64Var(&p.Capacity, "capacity", 0, "evict others to keep to this number of entries (0: no limit)")
	f.Uint64Var(&p.MaxBytes, "max-bytes", 0, "bytes of memory the file may hold (0: no limit)")
	f.Var(&p.ttl, "ttl", "default time to live of entries, like 90s or 1h30m (0: none)")
	f.BoolVar(&p.EnableTTL, "enable-ttl", false, "let entries have a time to live though there is no default")
	f.Var((*policyFlag)(&p.Policy), "policy", "who is evicted: none clock s3 (with --capacity none means clock)")
	f.Var(&p.shards, "shards", "number of independent parts, rounded up to a power of two up to 1024 (0: picked)")
	f.Var(&p.skip, "recency-skip", "percent (0-99) of the moves in the recency list that are left out")
	f.Var((*modeFlag)(&p.Mode), "mode", "permissions of a new file, in octal, whatever the umask (0: 0600)")
	complete(cmd, "key", kindNames())
	complete(cmd, "value", kindNames())
	complete(cmd, "policy", []string{layout.PolicyNone.String(), layout.PolicyClock.String(), layout.PolicyS3.String()})
	return p
}

// options returns what the flags say.
func (p *properties) options() dict.Options {
	o := p.Options
	o.Shards, o.RecencySkip, o.TTL = p.shards.n, p.skip.n, time.Duration(p.ttl)
	return o
}

// complete offers words to the shell as the value of a flag.
func complete(cmd *cobra.Command, flag string, words []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag does not exist: a slip in this package
	}
}

func kindNames() []string {
	var names []string
	for k := layout.Int16; k <= layout.String; k++ {
		names = append(names, k.String())
	}
	return names
}

type kindFlag layout.Kind

func (f *kindFlag) String() string { return layout.Kind(*f).String() }
func (f *kindFlag) Type() string   { return "type" }
func (f *kindFlag) Set(s string) error {
	k, ok := layout.ParseKind(s)
	if !ok {
		return fmt.Errorf("want one of %v", kindNames())
	}
	*f = kindFlag(k)
	return nil
}

type policyFlag layout.Policy

func (f *policyFlag) String() string { return layout.Policy(*f).String() }
func (f *policyFlag) Type() string   { return "name" }
func (f *policyFlag) Set(s string) error {
	p, ok := layout.ParsePolicy(s)
	if !ok {
		return fmt.Errorf("want none, clock or s3")
	}
	*f = policyFlag(p)
	return nil
}

type modeFlag fs.FileMode

func (f *modeFlag) String() string { return fmt.Sprintf("%#o", uint32(*f)) }
func (f *modeFlag) Type() string   { return "octal" }
func (f *modeFlag) Set(s string) error {
	n, err := strconv.ParseUint(s, 8, 32)
	if err != nil || n > 0o777 {
		return fmt.Errorf("want octal permissions like 0640")
	}
	*f = modeFlag(n)
	return nil
}

// ttlFlag is a duration that is not negative.
type ttlFlag time.Duration

func (f *ttlFlag) String() string { return time.Duration(*f).String() }
func (f *ttlFlag) Type() string   { return "duration" }
func (f *ttlFlag) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return fmt.Errorf("want a duration like 90s, 250ms or 0")
	}
	*f = ttlFlag(d)
	return nil
}

// rangeFlag is a number from 0 to most.
type rangeFlag struct{ n, most int }

func (f *rangeFlag) String() string { return strconv.Itoa(f.n) }
func (f *rangeFlag) Type() string   { return "number" }
func (f *rangeFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > f.most {
		return fmt.Errorf("want a number from 0 to %d", f.most)
	}
	f.n = n
	return nil
}

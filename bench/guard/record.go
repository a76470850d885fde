package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
)

// otherGo is how much more than the record is a slow-down if that is of another release of Go, which compiles differently.
const otherGo = 0.30

// A record is the counts that are expected.
type record struct {
	Arch       string   `json:"arch"` // GOARCH
	Go         string   `json:"go"`   // major and minor version
	Operations []number `json:"operations"`
}

func readRecord(path string) (*record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &record{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func (r *record) write(path string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// minor is a version of Go without its patch: those of one minor version compile alike.
func minor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// find is the recorded number of an operation, 0 if there is none.
func (r *record) find(name string) float64 {
	for _, n := range r.Operations {
		if n.Name == name {
			return n.Instructions
		}
	}
	return 0
}

// update is a record of this toolchain with the counts in it; those not counted stay as they are, if they are of it.
func (r *record) update(counts []number) *record {
	out := &record{Arch: runtime.GOARCH, Go: minor(runtime.Version())}
	counted := record{Operations: counts}
	for _, o := range operations() {
		n := counted.find(o.name)
		if n == 0 && r.Arch == out.Arch && r.Go == out.Go {
			n = r.find(o.name)
		}
		if n != 0 {
			out.Operations = append(out.Operations, number{o.name, math.Round(n)})
		}
	}
	return out
}

// compare prints the counts beside those of the record. The error names the operations that take more than limit allows.
func (r *record) compare(counts []number, limit float64, out io.Writer) error {
	if r.Arch != runtime.GOARCH {
		fmt.Fprintf(out, "The record is of %s, this is %s: nothing is compared.\n", r.Arch, runtime.GOARCH)
		r = &record{}
	}
	if is := minor(runtime.Version()); r.Go != is && r.Arch != "" {
		fmt.Fprintf(out, "The record is of %s, this is %s: so %.0f %% more are let pass, not %.0f %%.\n", r.Go, is, 100*otherGo, 100*limit)
		limit = max(limit, otherGo)
	}
	var slower []error
	fmt.Fprintf(out, "%-36s %10s %10s\n", "instructions", "recorded", "counted")
	for _, c := range counts {
		want, note := r.find(c.Name), ""
		switch {
		case want == 0:
			note = "  not recorded"
			if r.Arch != "" {
				slower = append(slower, fmt.Errorf("%s: not in the record", c.Name))
			}
		case c.Instructions > want*(1+limit):
			note = "  SLOWER"
			slower = append(slower, fmt.Errorf("%s: %.0f instructions recorded, %.0f counted, %+.0f %% (limit %+.0f %%)",
				c.Name, want, c.Instructions, 100*(c.Instructions/want-1), 100*limit))
		case c.Instructions < want*(1-limit):
			note = "  faster: -update keeps it"
		}
		fmt.Fprintf(out, "%-36s %10.0f %10.1f%s\n", c.Name, want, c.Instructions, note)
	}
	if len(slower) > 0 {
		return fmt.Errorf("%w\nIf that is the price of something worth it, say so in the commit and record it: cd bench && go run ./guard -update",
			errors.Join(slower...))
	}
	return nil
}

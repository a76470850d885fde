package report

import (
	"fmt"
	"regexp"
	"strings"
)

// A Target is a line of the list of targets: how many rows belong to it, and how many of them meet it.
type Target struct {
	Line      string
	Rows, Met int
}

// OK reports whether the target is met: by all rows, of which there must be some.
func (t Target) OK() bool { return t.Rows > 0 && t.Met == t.Rows }

// A Document is BENCHMARKS.md.
type Document struct {
	Machine []string // facts, each a line
	Rows    []Row
	Targets []Target
	Charts  []Chart
	Reason  func(Row) string // why a row misses its target
	Plots   string           // directory of the pictures, as the document names it
}

const preface = `# Benchmarks

Written by ` + "`cd bench && go run .`" + `, never by hand: the last full run. ` + "`go run . -quick`" + ` takes a minute; ` + "`-only REGEXP`" + ` takes some cases,
` + "`-list`" + ` names them, ` + "`-traces DIR`" + ` is where the traces for the hit ratios are. ` + "`bench/setup`" + ` installs the peers that are not Go packages.

Each row compares this map with one peer. Costs are medians of interleaved repetitions, in nanoseconds an operation where the
name does not say otherwise; less is better everywhere. The ratio is ours divided by the peer's: below 1 is faster. Behind ±
is the distance between the quartiles of the samples, as a part of their median. Where throughputs of processes are compared,
the cost is the time divided by what all of them did together.
`

// Markdown is the text of the document.
func (d Document) Markdown() string {
	var b strings.Builder
	b.WriteString(preface)
	b.WriteString("\n## The machine\n\n")
	for _, fact := range d.Machine {
		fmt.Fprintf(&b, "- %s\n", fact)
	}
	d.targets(&b)
	b.WriteString("\n## Results\n\n| case | ours | peer | peer's | ratio | target | ok |\n|---|--:|---|--:|--:|--:|---|\n")
	for _, r := range d.Rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.Case, withSpread(r.Ours, r.OursSpread), r.Peer,
			withSpread(r.Theirs, r.TheirsSpread), Number(r.Ratio), Number(r.Target), strings.TrimSpace(r.Verdict()+" "+r.Note))
	}
	d.misses(&b)
	if len(d.Charts) > 0 {
		b.WriteString("\n## Pictures\n\n")
		for _, c := range d.Charts {
			fmt.Fprintf(&b, "![%s](%s/%s.svg)\n", c.Title, d.Plots, c.File)
		}
	}
	return b.String()
}

func withSpread(x *float64, spread float64) string {
	if spread == 0 {
		return Number(x)
	}
	return fmt.Sprintf("%s ±%.0f %%", Number(x), 100*spread)
}

// targets writes which targets are met.
func (d Document) targets(b *strings.Builder) {
	met := 0
	for _, t := range d.Targets {
		if t.OK() {
			met++
		}
	}
	fmt.Fprintf(b, "\n## Targets\n\n%d of %d are met by all of their rows.\n\n| target: peer | rows | met | ok |\n|---|--:|--:|---|\n",
		met, len(d.Targets))
	for _, t := range d.Targets {
		ok := "yes"
		if !t.OK() {
			ok = "NO"
		}
		fmt.Fprintf(b, "| %s | %d | %d | %s |\n", t.Line, t.Rows, t.Met, ok)
	}
}

var quotation = regexp.MustCompile(`\{([^{}|]*)\|([^{}|]*)\}`)

// quote puts costs of this run in the places of a reason that ask for them: {case|peer} for that of a peer, {case|} for ours. A
// case that is left out is the one that the reason is for.
func (d Document) quote(name, reason string) string {
	return quotation.ReplaceAllStringFunc(reason, func(place string) string {
		m := quotation.FindStringSubmatch(place)
		for _, r := range d.Rows {
			switch {
			case r.Case != m[1] && (m[1] != "" || r.Case != name):
			case m[2] == "" && r.Ours != nil:
				return Number(r.Ours)
			case r.Peer == m[2] && r.Theirs != nil:
				return Number(r.Theirs)
			}
		}
		return "(not measured)"
	})
}

// misses writes the rows that miss their target, each with its reason.
func (d Document) misses(b *strings.Builder) {
	b.WriteString("\n## What misses its target, and why\n\n")
	none := true
	for _, r := range d.Rows {
		if r.OK == nil || *r.OK {
			continue
		}
		none = false
		reason := d.quote(r.Case, d.Reason(r))
		if reason == "" {
			reason = "Nobody has written down why (bench/internal/cases/reasons.txt)."
		}
		fmt.Fprintf(b, "- **%s**, %s: ratio %s, target %s. %s\n", r.Case, r.Peer, Number(r.Ratio), Number(r.Target), reason)
	}
	if none {
		b.WriteString("Nothing.\n")
	}
}

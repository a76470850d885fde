package cli

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

// progress is the bar of a long command, on a terminal alone.
type progress struct {
	bar  *progressbar.ProgressBar // nil: nobody is looking
	n    int64                    // not shown yet
	step int64
}

// newProgress shows a bar on standard error if that is a terminal. total < 0 is not known.
func newProgress(cmd *cobra.Command, what string, total int64, unit string) *progress {
	p := &progress{step: 1 << 10}
	if cmd.ErrOrStderr() != io.Writer(os.Stderr) || !isTerminal(os.Stderr) {
		return p
	}
	options := []progressbar.Option{progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionThrottle(100 * time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30)}
	if unit == bytesUnit {
		options = append(options, progressbar.OptionShowBytes(true))
		p.step = 1 << 16
	} else {
		options = append(options, progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(unit))
	}
	p.bar = progressbar.NewOptions64(total, options...)
	return p
}

// Units of a bar.
const (
	bytesUnit   = "bytes"
	entriesUnit = "entries"
)

// add says that n more are done. It is cheap.
func (p *progress) add(n int64) {
	if p.n += n; p.n >= p.step {
		p.show()
	}
}

// show brings the bar up to date. A map may have more entries than it had when the bar was made.
func (p *progress) show() {
	if p.bar != nil {
		_ = p.bar.Add64(p.n) // says that it is full, or that nothing can be shown
	}
	p.n = 0
}

// done takes the bar away.
func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

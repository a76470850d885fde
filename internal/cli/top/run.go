package top

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/shmap-go/shmap/internal/cli/watch"
	"golang.org/x/sys/unix"
)

var errGone = errors.New("the terminal is gone")

// hangup quits when nobody is at the other end of a terminal any more: a signal says so only to the session that it belongs to.
func hangup(ctx context.Context, terminal *os.File, quit context.CancelCauseFunc) {
	for ctx.Err() == nil {
		fds := []unix.PollFd{{Fd: int32(terminal.Fd())}} // a hangup is told without asking for it
		if n, err := unix.Poll(fds, 1000); err == nil && n > 0 {
			quit(errGone)
		}
	}
}

// Run shows maps on the terminal out, reading keys from in, until somebody quits or ctx ends. The error says what was wrong
// with the maps at that moment, or with the terminal.
func Run(ctx context.Context, maps []*watch.Map, interval time.Duration, in io.Reader, out io.Writer) error {
	sources := make([]Source, len(maps))
	for i, w := range maps {
		sources[i] = w
	}
	m := newModel(sources, interval, coloured(glyphsFor(os.Getenv)), time.Now)
	ctx, quit := context.WithCancelCause(ctx)
	defer quit(nil)
	if f, ok := out.(*os.File); ok {
		go hangup(ctx, f, quit)
	}
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out)).Run()
	if errors.Is(err, tea.ErrInterrupted) || ctx.Err() != nil {
		err = nil
	}
	if errors.Is(context.Cause(ctx), errGone) {
		err = errGone
	}
	return errors.Join(err, m.failure())
}

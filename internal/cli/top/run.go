package top

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/shmap-go/shmap/internal/cli/watch"
)

// Run shows maps on the terminal out, reading keys from in, until somebody quits or ctx ends. The error says what was wrong
// with the maps at that moment, or with the terminal.
func Run(ctx context.Context, maps []*watch.Map, interval time.Duration, in io.Reader, out io.Writer) error {
	sources := make([]Source, len(maps))
	for i, w := range maps {
		sources[i] = w
	}
	m := newModel(sources, interval, coloured(glyphsFor(os.Getenv)), time.Now)
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out)).Run()
	if errors.Is(err, tea.ErrInterrupted) || ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, m.failure())
}

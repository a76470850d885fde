package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/cli/top"
	"github.com/shmap-go/shmap/internal/cli/watch"
)

// looker is what top was asked for.
type looker struct {
	interval   time.Duration
	once, json bool
}

func newTop() *cobra.Command {
	l := looker{}
	cmd := &cobra.Command{
		Use:   "top PATH... [--interval D] [--once [--json]]",
		Short: "Watch maps at work",
		Long: `top shows what maps hold, how fast they change, how evenly their shards are filled, who is attached, which counters
change most, and the entries themselves. It attaches read-only and stores nothing in a map. Press ? in it for the keys.
Colours go away with NO_COLOR set, and bars become ASCII in a locale that is not UTF-8.

With --once it prints one frame as plain text and ends, with --once --json one object (docs/TOP.md has its fields). Both look
twice, --interval apart, for there is no rate without time; with --interval 0 they look once and show no rates.

The status is not 0 if a map cannot be read, or could not when the view was left.`,
		Example: `  shmap top words.shmap
  shmap top /dev/shm/*.shmap --interval 250ms
  shmap top words.shmap --once --json | jq '.maps[0].per_second'`,
		Args:                  words(1, -1),
		DisableFlagsInUseLine: true,
	}
	cmd.Flags().DurationVar(&l.interval, "interval", time.Second, "time between refreshes, from 100ms to 1h; with --once 0 is possible")
	cmd.Flags().BoolVar(&l.once, "once", false, "print one frame and end")
	cmd.Flags().BoolVar(&l.json, "json", false, "with --once: JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case l.json && !l.once:
			return usage(cmd, "--json goes with --once")
		case (l.interval < top.MinInterval || l.interval > top.MaxInterval) && !(l.once && l.interval == 0):
			return usage(cmd, "an interval of %v: want %v to %v", l.interval, top.MinInterval, top.MaxInterval)
		case !l.once && !(isTerminal(os.Stdin) && isTerminal(os.Stdout)):
			return usage(cmd, "this is not a terminal; write: %s --once %s", cmd.CommandPath(), args[0])
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, unix.SIGTERM)
		defer stop()
		return oneLine(l.run(ctx, args, cmd.OutOrStdout()))
	}
	return cmd
}

func (l *looker) run(ctx context.Context, paths []string, out io.Writer) (err error) {
	maps := make([]*watch.Map, 0, len(paths))
	defer func() {
		for _, w := range maps {
			err = errors.Join(err, w.Close())
		}
	}()
	for _, path := range paths {
		if !exists(path) {
			return missing(path)
		}
		w, err := watch.Open(path)
		if err != nil {
			return err
		}
		maps = append(maps, w)
	}
	if !l.once {
		return top.Run(ctx, maps, l.interval, os.Stdin, os.Stdout)
	}
	return l.look(ctx, maps, out)
}

// look prints one frame of every map.
func (l *looker) look(ctx context.Context, maps []*watch.Map, out io.Writer) error {
	samples := sampleAll(maps)
	if l.interval > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(l.interval):
		}
		samples = sampleAll(maps)
	}
	var wrong []error
	for i, s := range samples {
		wrong = append(wrong, s.Err)
		for _, err := range s.Trouble {
			wrong = append(wrong, fmt.Errorf("%s: %w", s.Path, err))
		}
		if s.Err != nil || l.json {
			continue
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		if _, err := io.WriteString(out, top.Frame(s, columns(os.Stdout), time.Now(), os.Getenv)); err != nil {
			return err
		}
	}
	if l.json {
		wrong = append(wrong, json.NewEncoder(out).Encode(watch.MakeReport(time.Now(), samples)))
	}
	return errors.Join(wrong...)
}

func sampleAll(maps []*watch.Map) []*watch.Sample {
	out := make([]*watch.Sample, len(maps))
	for i, w := range maps {
		out[i] = w.Sample(true)
	}
	return out
}

// columns is the width of a terminal, 80 for what is none.
func columns(f *os.File) int {
	if ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && ws.Col > 0 {
		return int(ws.Col)
	}
	return 80
}

// oneLine puts errors that were joined into one line.
func oneLine(err error) error {
	if err == nil || !strings.Contains(err.Error(), "\n") {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
}

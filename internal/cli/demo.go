package cli

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"time"

	"github.com/shmap-go/shmap/internal/cli/demo"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// demoWorker is the hidden command that the demo starts its workers with.
const demoWorker = "demo-worker"

func newDemo() *cobra.Command {
	cfg := demo.Config{Worker: startWorker}
	cmd := &cobra.Command{
		Use:   "demo [DIR]",
		Short: "Count words with several processes, kill some, lose nothing",
		Long: `demo counts the words of the Go source tree, or of every file below DIR, with several processes into one map,
adding one word at a time. It kills a worker in mid-write, verifies every write that was acknowledged, and compares the
totals with a plain count in one process. The exit status is 0 only if every single count is right.`,
		Example: "  shmap demo\n  shmap demo --for 3s ~/src",
		Args:    words(0, 1),
	}
	cmd.Flags().DurationVar(&cfg.For, "for", 12*time.Second, "how long to count")
	cmd.Flags().IntVar(&cfg.Workers, "workers", max(3, runtime.NumCPU()), "number of processes, 2 or more")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if cfg.Workers < 2 || cfg.For <= 0 {
			return usage(cmd, "the demo needs two workers and some time")
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, unix.SIGTERM)
		defer stop()
		cfg.Dir = append(args, "")[0]
		cfg.Out, cfg.Words, cfg.Live = cmd.OutOrStdout(), cmd.ErrOrStderr(), isTerminal(os.Stderr)
		return demo.Run(ctx, cfg)
	}
	return cmd
}

func newDemoWorker() *cobra.Command {
	return &cobra.Command{
		Use:    demoWorker + " PATH",
		Short:  "Be a worker of the demo",
		Hidden: true,
		Args:   words(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			acks := os.NewFile(3, "acknowledgements")
			if acks == nil {
				return errors.New("a worker is started by shmap demo")
			}
			return demo.Work(args[0], cmd.InOrStdin(), acks, cmd.OutOrStdout())
		},
	}
}

// startWorker is this program again.
func startWorker(path string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", demoWorker, path)
	cmd.Args[0] = os.Args[0]
	return cmd
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

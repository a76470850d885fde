package worker

import (
	_ "embed" // the drivers are part of the program
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed drivers/lmdb.c
var lmdbSource []byte

//go:embed drivers/worker.pl
var perlSource []byte

// buildLMDB compiles the worker for LMDB.
func buildLMDB(dir string) error {
	source := filepath.Join(dir, "lmdb.c")
	if err := os.WriteFile(source, lmdbSource, 0o600); err != nil {
		return err
	}
	out, err := exec.Command("cc", "-O2", "-Wall", "-o", filepath.Join(dir, "lmdb"), source, "-llmdb").CombinedOutput()
	if err != nil {
		if len(out) > 200 {
			out = out[:200]
		}
		return fmt.Errorf("%w: cc with -llmdb: %v %q", ErrMissing, err, out)
	}
	return nil
}

// perl is a system that is used through a module of Perl's.
func perl(module string) System {
	return System{
		Name: module,
		find: func(dir string) error {
			if err := exec.Command("perl", "-M"+module, "-e1").Run(); err != nil {
				return fmt.Errorf("%w: perl has no %s", ErrMissing, module)
			}
			return os.WriteFile(filepath.Join(dir, "worker.pl"), perlSource, 0o600)
		},
		command: func(dir string) *exec.Cmd {
			return exec.Command("perl", filepath.Join(dir, "worker.pl"), module, dir)
		},
	}
}

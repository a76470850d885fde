package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// interruptible is the context of a command that cleans up when it is interrupted. A second signal is not waited for.
func interruptible(cmd *cobra.Command) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, unix.SIGTERM, unix.SIGHUP)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// interrupted says of an error that it is an interruption's.
func interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	return err
}

// output lets f write to the file at path, which appears whole or stays what it was; to standard output if path is empty
// or -. A new file has the permissions mode, as far as the umask lets it.
func output(cmd *cobra.Command, path string, mode fs.FileMode, f func(io.Writer) error) error {
	if path == "" || path == "-" {
		return f(cmd.OutOrStdout())
	}
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() { // a pipe or a device cannot be replaced
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(f(w), w.Close())
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return err // rather than one about a name that nobody knows
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // else the link would be replaced, /dev/stdout perhaps
	}
	w, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(mode.Perm()),
		renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	defer w.Cleanup() // after the replacement it does nothing
	if err := f(w); err != nil {
		return err
	}
	return w.CloseAtomicallyReplace()
}

// appear lets f make a map in a new directory beside path, which nobody else can look into, and gives it its name when it is
// whole and on the disk. Without replace it is an error that there is something at path by then.
func appear(path string, replace bool, f func(temp string) error) error {
	dir, base := filepath.Dir(path), filepath.Base(path)
	if _, err := os.Stat(dir); err != nil {
		return err // as in output
	}
	mine, err := os.MkdirTemp(dir, "."+base+".*"+tempSuffix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(mine)
	temp := filepath.Join(mine, base)
	if err := f(temp); err != nil {
		return err
	}
	if err := rename(temp, path, replace); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tempSuffix is how the names of the directories of half-made files end.
const tempSuffix = ".shmap-tmp"

func rename(from, to string, replace bool) error {
	if replace {
		return os.Rename(from, to)
	}
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // not on this file system: a link does not replace either
		err = os.Link(from, to)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already; to replace it: --force", to)
	}
	if err != nil {
		return &fs.PathError{Op: "rename", Path: to, Err: err}
	}
	return nil
}

// modeOf is the permissions of the file at path, to be those of what is made of its content.
func modeOf(path string) fs.FileMode {
	if st, err := os.Stat(path); err == nil {
		return st.Mode().Perm()
	}
	return 0o600
}

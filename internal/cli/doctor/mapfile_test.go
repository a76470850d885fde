package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
)

// newMap makes a closed map with n entries, and returns its path.
func newMap(t *testing.T, o dict.Options, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "map")
	o.Key, o.Value = layout.Int64, layout.Int64
	m := attach(t, path, o)
	for i := range n {
		must(t, m.StoreWord(uint64(i), 1))
	}
	must(t, m.Close())
	return path
}

func attach(t *testing.T, path string, o dict.Options) *dict.Map {
	t.Helper()
	m, err := dict.Open(path, o)
	must(t, err)
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put stores a word into the file of a map.
func put(t *testing.T, path string, off int64, w uint64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	_, err = f.WriteAt(binary.LittleEndian.AppendUint64(nil, w), off)
	must(t, err)
}

// says looks at a map and wants a finding of this level with this text.
func says(t *testing.T, h *Host, path string, l Level, text string) {
	t.Helper()
	var all []Finding
	must(t, h.path(context.Background(), path, func(f Finding) { all = append(all, f) }))
	for _, f := range all {
		if f.Level == l && strings.Contains(f.Text+" -> "+f.Advice, text) {
			return
		}
	}
	t.Errorf("no %s says %q; found %+v", l, text, all)
}

func TestMapStates(t *testing.T) {
	h := pretend(t, nil)
	path := newMap(t, dict.Options{}, 10)
	says(t, h, path, OK, "on tmpfs")
	says(t, h, path, Warning, "nobody that can be seen from here has it open")
	says(t, h, path, OK, "participants that are gone, closed or dead, and whose numbers the next ones take: 1")
	disk := pretend(t, nil)
	disk.Statfs = func(string) (unix.Statfs_t, error) { return unix.Statfs_t{Type: unix.EXT4_SUPER_MAGIC}, nil }
	says(t, disk, path, OK, "nobody has it open")
	nfs := pretend(t, nil)
	nfs.Statfs = func(string) (unix.Statfs_t, error) { return unix.Statfs_t{Type: unix.NFS_SUPER_MAGIC}, nil }
	says(t, nfs, path, Problem, "network file system")

	m := attach(t, path, dict.Options{})
	says(t, h, path, OK, "attached for writing: 1 handle")
	must(t, m.Freeze())
	says(t, h, path, OK, "shmap freeze")
	must(t, m.Close())
	says(t, h, path, OK, "frozen, without a checksum")
	must(t, os.Chmod(path, 0o666))
	says(t, h, path, Warning, "chmod o-w")
}

// A map that somebody reads is in use, though readers take no number.
func TestMapIsRead(t *testing.T) {
	h := pretend(t, nil)
	path := newMap(t, dict.Options{}, 1)
	fds := filepath.Join(h.Root, "proc/1/fd")
	must(t, os.MkdirAll(fds, 0o700))
	must(t, os.Symlink(path, filepath.Join(fds, "5")))
	says(t, h, path, OK, "open for reading alone")
}

func TestMapLeftBehind(t *testing.T) {
	h := pretend(t, nil)
	path := newMap(t, dict.Options{}, 10)
	put(t, path, 8*layout.HdrState, 0) // as if its last process had been killed
	says(t, h, path, Warning, "was not closed")
	put(t, path, 8*layout.HdrIno, 1) // and copied
	says(t, h, path, Problem, "half written")
}

func TestMapLockedByTheDead(t *testing.T) {
	h := pretend(t, nil)
	path := newMap(t, dict.Options{}, 10)
	put(t, path, layout.ParticipantsAt+6*layout.ParticipantSize+8*layout.PartPID, 4711)
	put(t, path, int64(layout.ShardAt(2)+8*layout.ShLock), 7|1<<16|1<<32)
	put(t, path, 8*layout.HdrSpaceLock, 7|1<<16|1<<32)
	says(t, h, path, Warning, "shard 2 is held by participant 6 (pid 4711), which is dead")
	says(t, h, path, Warning, "space lock is held by participant 6")
	says(t, h, path, OK, "next ones take: 2")
}

func TestMapCutShort(t *testing.T) {
	h := pretend(t, nil)
	path := newMap(t, dict.Options{}, 10000)
	st, err := os.Stat(path)
	must(t, err)
	must(t, os.Truncate(path, st.Size()/2))
	says(t, h, path, Problem, "cut short")
	must(t, os.Truncate(path, 100))
	says(t, h, path, Problem, "cut short: restore")
}

func TestMapFull(t *testing.T) {
	h := pretend(t, nil)
	says(t, h, newMap(t, dict.Options{MaxEntries: 100}, 95), Warning, "95 of at most 100 entries")
	path := newMap(t, dict.Options{MaxBytes: 1 << 20, Shards: 1}, 0)
	m := attach(t, path, dict.Options{})
	for i := range uint64(1 << 20) {
		if err := m.StoreWord(i, 1); errors.Is(err, fault.ErrFull) {
			break
		}
	}
	must(t, m.Close())
	says(t, h, path, Warning, "of at most 1 MiB")
}

func TestNoMap(t *testing.T) {
	h := pretend(t, nil)
	dir := t.TempDir()
	says(t, h, filepath.Join(dir, "none"), Problem, "shmap create")
	foreign := filepath.Join(dir, "foreign")
	must(t, os.WriteFile(foreign, []byte("no map"), 0o600))
	says(t, h, foreign, Problem, "made by shmap")
	version := newMap(t, dict.Options{}, 0)
	put(t, version, 8*layout.HdrVersion, 99)
	says(t, h, version, Problem, "shmap export there")
	damaged := newMap(t, dict.Options{}, 0)
	put(t, damaged, 8*layout.HdrTTL, 99)
	says(t, h, damaged, Problem, "restore it from a snapshot")
}

// A directory stands for the maps below it, and what a snapshot left half made is named.
func TestDirectory(t *testing.T) {
	h := pretend(t, nil)
	dir := filepath.Dir(newMap(t, dict.Options{}, 1))
	for name, text := range map[string]string{"foreign": "no map at all", ".x.123.shmap-tmp": "", "y.shmap-abc.tmp": ""} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	must(t, os.Mkdir(filepath.Join(dir, ".z.456.shmap-tmp"), 0o700))
	must(t, os.Rename(newMap(t, dict.Options{}, 1), filepath.Join(dir, ".z.456.shmap-tmp", "z")))
	says(t, h, dir, OK, "1 map below it")
	says(t, h, dir, Warning, "rm -r "+filepath.Join(dir, ".z.456.shmap-tmp"))
	says(t, h, dir, Warning, "rm "+filepath.Join(dir, ".x.123.shmap-tmp"))
	says(t, h, dir, Warning, "rm "+filepath.Join(dir, "y.shmap-abc.tmp"))
}

package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// pretend is a machine where all is well: a tmpfs of 8 GiB, half of it free, no limits.
func pretend(t *testing.T, files map[string]string) *Host {
	t.Helper()
	h := &Host{
		Root: t.TempDir(),
		Statfs: func(string) (unix.Statfs_t, error) {
			return unix.Statfs_t{Type: unix.TMPFS_MAGIC, Bsize: 4096, Blocks: 2 << 20, Bavail: 1 << 20}, nil
		},
		Rlimit: func(int) (unix.Rlimit, error) { return unix.Rlimit{Cur: unix.RLIM_INFINITY}, nil },
		Locks:  func(string) error { return nil },
	}
	well := map[string]string{
		"proc/meminfo":                                     "MemTotal: 16000000 kB\nMemAvailable:    8000000 kB\n",
		"proc/sys/kernel/random/boot_id":                   "x\n",
		"proc/self/cgroup":                                 "0::/a/b\n",
		"proc/self/mountinfo":                              "36 35 0:30 / /dev/shm rw - tmpfs tmpfs rw,huge=within_size\n",
		"sys/kernel/mm/transparent_hugepage/shmem_enabled": "always within_size advise [never] deny force\n",
	}
	for name, text := range files {
		well[name] = text
	}
	for name, text := range well {
		path := filepath.Join(h.Root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// findings are what is found on the machine, by subject; a worse one hides a better.
func findings(h *Host) map[string]Finding {
	out := map[string]Finding{}
	h.examine(func(f Finding) {
		if f.Level != OK || out[f.Subject].Level == "" {
			out[f.Subject] = f
		}
	})
	return out
}

func want(t *testing.T, h *Host, subject string, l Level, says string) {
	t.Helper()
	f := findings(h)[subject]
	if f.Level != l || !strings.Contains(f.Text+" -> "+f.Advice, says) {
		t.Errorf("%s: %+v, want %s ...%s...", subject, f, l, says)
	}
	if l != OK && f.Advice == "" {
		t.Errorf("%s: %s without advice", subject, l)
	}
}

func TestAllWell(t *testing.T) {
	for subject, f := range findings(pretend(t, nil)) {
		if f.Level != OK {
			t.Errorf("%s: %+v", subject, f)
		}
	}
	want(t, pretend(t, nil), Shm, OK, "8 GiB, 4 GiB free")
	want(t, pretend(t, nil), "huge pages", OK, "used")
}

func TestShm(t *testing.T) {
	of := func(st unix.Statfs_t, err error) *Host {
		h := pretend(t, nil)
		h.Statfs = func(string) (unix.Statfs_t, error) { return st, err }
		return h
	}
	want(t, of(unix.Statfs_t{Type: unix.TMPFS_MAGIC, Bsize: 4096, Blocks: 16384, Bavail: 16000}, nil), Shm, Warning, "docker run --shm-size")
	want(t, of(unix.Statfs_t{Type: unix.TMPFS_MAGIC, Bsize: 4096, Blocks: 2 << 20, Bavail: 10}, nil), Shm, Problem, "full")
	want(t, of(unix.Statfs_t{Type: unix.EXT4_SUPER_MAGIC, Bsize: 4096, Blocks: 2 << 20, Bavail: 1 << 20}, nil), Shm, Warning, "ext4")
	want(t, of(unix.Statfs_t{}, unix.ENOENT), Shm, Problem, "mount")
	h := pretend(t, nil)
	h.Locks = func(string) error { return unix.EINVAL }
	want(t, h, Shm, Problem, "locks")
}

func TestContainer(t *testing.T) {
	h := pretend(t, map[string]string{
		"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "4294967296\n", "sys/fs/cgroup/a/memory.current": "1073741824\n",
	})
	want(t, h, "memory", OK, "1 GiB of the container's 4 GiB")
	want(t, h, Shm, Warning, "killed at 4 GiB")
	h = pretend(t, map[string]string{"sys/fs/cgroup/a/b/memory.max": "1000000\n", "sys/fs/cgroup/a/b/memory.current": "999999\n"})
	want(t, h, "memory", Problem, "killed")
	h = pretend(t, map[string]string{"sys/fs/cgroup/a/b/memory.max": "1000000\n", "sys/fs/cgroup/a/b/memory.current": "999999\n",
		"sys/fs/cgroup/a/b/memory.stat": "anon 1\ninactive_file 500000\n"})
	want(t, h, "memory", OK, "488 KiB of the container's 977 KiB")
	h = pretend(t, map[string]string{"proc/meminfo": "MemAvailable: 100 kB\n"})
	want(t, h, "memory", Warning, "100 KiB")
	h = pretend(t, map[string]string{"proc/self/cgroup": "3:cpu,memory:/x\n0::/\n",
		"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "9223372036854771712\n",
		"sys/fs/cgroup/memory/memory.limit_in_bytes":   "10737418240\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "1073741824\n"})
	want(t, h, "memory", OK, "1 GiB of the container's 10 GiB")
	h = pretend(t, map[string]string{"proc/self/cgroup": "3:cpu:/x\n"})
	want(t, h, "memory", OK, "no limit")
}

func TestHugePages(t *testing.T) {
	want(t, pretend(t, map[string]string{"proc/self/mountinfo": "36 35 0:30 / /dev/shm rw - tmpfs tmpfs rw\n"}), "huge pages", OK, "remount,huge=within_size")
	want(t, pretend(t, map[string]string{"sys/kernel/mm/transparent_hugepage/shmem_enabled": "always [deny]\n"}), "huge pages", OK, "off")
	want(t, pretend(t, map[string]string{"sys/kernel/mm/transparent_hugepage/shmem_enabled": "[force]\n", "proc/self/mountinfo": ""}), "huge pages", OK, "used")
}

func TestLimits(t *testing.T) {
	for which, says := range map[int]string{unix.RLIMIT_NOFILE: "LimitNOFILE", unix.RLIMIT_FSIZE: "ulimit -f", unix.RLIMIT_AS: "ulimit -v"} {
		h := pretend(t, nil)
		h.Rlimit = func(n int) (unix.Rlimit, error) {
			if n == which {
				return unix.Rlimit{Cur: 100}, nil
			}
			return unix.Rlimit{Cur: unix.RLIM_INFINITY}, nil
		}
		want(t, h, "limits", Warning, says)
	}
	h := pretend(t, nil)
	if err := os.Remove(h.at("proc/sys/kernel/random/boot_id")); err != nil {
		t.Fatal(err)
	}
	want(t, h, "boot id", Warning, "hidden")
}

// Network file systems are problems, known disks are not, and what is unknown is said to be.
func TestFileSystems(t *testing.T) {
	for magic, level := range map[int64]Level{
		unix.NFS_SUPER_MAGIC: Problem, 0xff534d42: Problem, 0xfe534d42: Problem, unix.CEPH_SUPER_MAGIC: Problem, unix.V9FS_MAGIC: Problem,
		unix.FUSE_SUPER_MAGIC: Warning, unix.OVERLAYFS_SUPER_MAGIC: Warning, unix.RAMFS_MAGIC: Warning, 0x1234: Warning,
		unix.TMPFS_MAGIC: OK, unix.EXT4_SUPER_MAGIC: OK, unix.XFS_SUPER_MAGIC: OK, unix.BTRFS_SUPER_MAGIC: OK,
	} {
		if k := kindOf(&unix.Statfs_t{Type: magic}); k.level != level || k.name == "" || level != OK && k.advice == "" {
			t.Errorf("%#x: %+v, want %s", magic, k, level)
		}
	}
}

// The real machine has locks that work, where these tests run.
func TestLocks(t *testing.T) {
	if err := Real().Locks(t.TempDir()); err != nil {
		t.Error(err)
	}
}

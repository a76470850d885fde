package doctor

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/sys"
)

// Host is the machine, or the container, as this process sees it. Tests put another in its place.
type Host struct {
	Root   string // of /proc and /sys
	Statfs func(path string) (unix.Statfs_t, error)
	Rlimit func(which int) (unix.Rlimit, error)
	Locks  func(dir string) error // whether file locks work there

	open map[file]bool // files that processes have open
}

// Real is the machine that this process runs on.
func Real() *Host {
	return &Host{
		Root: "/",
		Statfs: func(path string) (st unix.Statfs_t, err error) {
			err = unix.Statfs(path, &st)
			return st, err
		},
		Rlimit: func(which int) (l unix.Rlimit, err error) {
			err = unix.Getrlimit(which, &l)
			return l, err
		},
		Locks: locks,
	}
}

// examine looks at all that does not depend on a map.
func (h *Host) examine(found func(Finding)) {
	limit, current := h.cgroup()
	h.shm(&report{found, Shm}, limit)
	h.memory(&report{found, "memory"}, limit, current)
	h.hugePages(&report{found, "huge pages"})
	h.limits(&report{found, "limits"})
	h.identity(&report{found, "boot id"})
}

// Sizes of /dev/shm that are small, and what is left of a full one.
const (
	dockerShm = 64 << 20
	fewBytes  = 4 << 20
)

func (h *Host) shm(r *report, limit uint64) {
	st, err := h.Statfs(Shm)
	if err != nil {
		r.add(Problem, "mount a tmpfs there (mount -t tmpfs tmpfs "+Shm+"), or keep maps on a disk", "%v", err)
		return
	}
	total, free := st.Blocks*uint64(st.Bsize), st.Bavail*uint64(st.Bsize)
	const more = "give it more: docker run --shm-size=1g; in Kubernetes an emptyDir with medium: Memory; else mount -o remount,size=1g " + Shm
	switch {
	case st.Type != unix.TMPFS_MAGIC && st.Type != unix.RAMFS_MAGIC:
		r.add(Warning, "mount a tmpfs there, so that maps are memory alone", "is on %s, not on tmpfs", fsName(&st))
	case total != 0 && free < min(fewBytes, total/16):
		r.add(Problem, "remove what nobody uses, or "+more, "is full: %s of %s are free, and stores will fail with ErrNoSpace", size(free), size(total))
	case total != 0 && total <= dockerShm:
		r.add(Warning, more, "holds only %s", size(total))
	case limit != 0 && total > limit:
		r.add(Warning, "give maps a limit (--max-bytes, Options.MaxBytes), or "+Shm+" a size below that",
			"holds %s, but processes here are killed at %s of memory, and what is in %s counts", size(total), size(limit), Shm)
	default:
		r.ok("%s, %s free", size(total), size(free))
	}
	if err := h.Locks(Shm); err != nil {
		r.add(Problem, "another kernel or sandbox is needed; gVisor and some emulators lack these locks", "file locks do not work: %v", err)
	}
}

// locks tries in dir whether a lock that is taken through one description of a file is seen through another.
func locks(dir string) error {
	fd, err := sys.Nameless(path.Join(dir, "x"), 0o600)
	if err != nil {
		return nil // no place to try it
	}
	defer sys.Close(fd)
	other, err := sys.Reopen(fd, false)
	if err != nil {
		return nil
	}
	defer sys.Close(other)
	if _, err := sys.TryLock(fd, lock.AttachByte); err != nil {
		return err
	}
	if _, held, err := sys.Locked(other, lock.AttachByte, 1); err != nil || !held {
		return os.NewSyscallError("fcntl", unix.EOPNOTSUPP)
	}
	return nil
}

// cgroup is the least limit on memory of the groups that this process is in, 0 for none, and what is used of it.
func (h *Host) cgroup() (limit, current uint64) {
	for _, line := range h.lines("proc/self/cgroup") {
		f := strings.SplitN(line, ":", 3)
		if len(f) < 3 {
			continue
		}
		root, most, used := "sys/fs/cgroup", "memory.max", "memory.current" // version 2: 0::PATH
		if slices.Contains(strings.Split(f[1], ","), "memory") {
			root, most, used = "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
		} else if f[0] != "0" {
			continue
		}
		for dir := path.Clean("/" + f[2]); ; dir = path.Dir(dir) {
			at := path.Join(root, dir)
			if n, ok := h.number(path.Join(at, most)); ok && n < noLimit && (limit == 0 || n < limit) {
				limit = n
				current, _ = h.number(path.Join(at, used))
				current -= min(current, h.cache(path.Join(at, "memory.stat")))
			}
			if dir == "/" {
				break
			}
		}
	}
	return limit, current
}

// cache is the part of a group's memory that the kernel can take back at once: pages of files that nobody has used lately.
func (h *Host) cache(stat string) uint64 {
	for _, line := range h.lines(stat) {
		if f := strings.Fields(line); len(f) == 2 && (f[0] == "inactive_file" || f[0] == "total_inactive_file") {
			n, _ := strconv.ParseUint(f[1], 10, 64)
			return n
		}
	}
	return 0
}

// noLimit is what version 1 of the groups says for none, or more.
const noLimit = 1 << 60

func (h *Host) memory(r *report, limit, current uint64) {
	available := h.available()
	switch {
	case limit != 0 && current > limit/10*9:
		r.add(Problem, "give the container more memory, or the maps a smaller limit (--max-bytes)",
			"%s of the container's %s are used; beyond that processes are killed", size(current), size(limit))
	case limit != 0:
		r.ok("%s of the container's %s are used", size(current), size(limit))
	case available != 0 && available < 128<<20:
		r.add(Warning, "stop something, or give maps a limit (--max-bytes)", "only %s are available", size(available))
	default:
		r.ok("no limit for this container or session, %s available", size(available))
	}
}

// available is the memory that could be had, in bytes.
func (h *Host) available() uint64 {
	for _, line := range h.lines("proc/meminfo") {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemAvailable:" {
			n, _ := strconv.ParseUint(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

const hugeAdvice = "for maps beyond 1 GiB: mount -o remount,huge=within_size "

func (h *Host) hugePages(r *report) {
	switch on, err := h.huge(Shm); {
	case err != nil:
		r.ok("not known: %v", err)
	case on:
		r.ok("used for maps in %s", Shm)
	default:
		r.add(OK, hugeAdvice+Shm, "off for %s, which costs large maps some speed and memory for page tables", Shm)
	}
}

// huge reports whether the tmpfs mounted at dir gives huge pages.
func (h *Host) huge(dir string) (bool, error) {
	b, err := os.ReadFile(h.at("sys/kernel/mm/transparent_hugepage/shmem_enabled"))
	if err != nil {
		return false, err
	}
	switch all := string(b); {
	case strings.Contains(all, "[deny]"):
		return false, nil
	case strings.Contains(all, "[force]"):
		return true, nil
	}
	for _, line := range h.lines("proc/self/mountinfo") {
		f := strings.Fields(line)
		if len(f) > 4 && f[4] == dir {
			options := strings.Split(f[len(f)-1], ",")
			return slices.Contains(options, "huge=always") || slices.Contains(options, "huge=within_size"), nil
		}
	}
	return false, nil
}

// Limits of a process that are low.
const (
	fewFiles = 256
	lowSpace = 64 << 30
)

func (h *Host) limits(r *report) {
	fine := true
	low := func(which int, below uint64, advice, format string) {
		if l, err := h.Rlimit(which); err == nil && l.Cur < below {
			fine = false
			r.add(Warning, advice, format, l.Cur)
		}
	}
	low(unix.RLIMIT_NOFILE, fewFiles, "raise it: ulimit -n 4096, or LimitNOFILE= of the systemd unit",
		"%d open files; every attached map needs one or two")
	low(unix.RLIMIT_FSIZE, unix.RLIM_INFINITY, "lift it: ulimit -f unlimited", "files end at %d bytes, and maps with them (ErrNoSpace)")
	low(unix.RLIMIT_AS, lowSpace, "lift it: ulimit -v unlimited; a map reserves addresses to grow into",
		"%d bytes of addresses; a map that outgrows its share must be mapped again")
	if fine {
		n, _ := h.Rlimit(unix.RLIMIT_NOFILE)
		r.ok("%d open files; sizes of files and addresses are not limited", n.Cur)
	}
}

func (h *Host) identity(r *report) {
	if _, err := os.Stat(h.at("proc/sys/kernel/random/boot_id")); err != nil {
		r.add(Warning, "let the container see /proc/sys/kernel/random/boot_id", "hidden: a file that was left behind before a reboot is not noticed as such")
		return
	}
	r.ok("visible: files that were left behind before a reboot are noticed")
}

func (h *Host) at(name string) string { return filepath.Join(h.Root, name) }

func (h *Host) lines(name string) []string {
	b, err := os.ReadFile(h.at(name))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

// number reads a file that holds one number; false for "max" or none.
func (h *Host) number(name string) (uint64, bool) {
	b, err := os.ReadFile(h.at(name))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

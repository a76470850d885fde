package maptest

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// withoutNameless makes this process live on file systems without nameless files: whoever wants to make one is told that
// it cannot be done, as on NFS or FAT. (seccomp(2), for all threads.)
func withoutNameless() error {
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		common = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		give   = unix.BPF_RET | unix.BPF_K

		allow, refuse = 0x7fff0000, 0x00050000 // SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
		nr, flags     = 0, 32                  // offsets in struct seccomp_data: the call, the low half of its third argument
	)
	filter := []unix.SockFilter{
		{Code: load, K: nr},
		{Code: equal, K: unix.SYS_OPENAT, Jf: 3},
		{Code: load, K: flags},
		{Code: common, K: unix.O_TMPFILE &^ unix.O_DIRECTORY, Jf: 1},
		{Code: give, K: refuse | uint32(unix.EOPNOTSUPP)},
		{Code: give, K: allow},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	const setFilter, allThreads = 1, 1                                                                    // SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC
	_, _, err := unix.RawSyscall(unix.SYS_SECCOMP, setFilter, allThreads, uintptr(unsafe.Pointer(&prog))) // valid: for the call only
	if err != 0 {
		return os.NewSyscallError("seccomp", err)
	}
	return nil
}

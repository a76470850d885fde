package doctor

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// fsKind is what a file system means for a map in it.
type fsKind struct {
	name   string
	level  Level
	text   string
	advice string
}

const (
	toShm    = "keep the map in " + Shm + " or on a local disk, and ship snapshots (shmap snapshot)"
	onDisk   = "the kernel writes it back to the disk"
	diskNote = "if it need not outlive a reboot, " + Shm + " is faster"
)

// kindOf looks up the magic number of a file system (statfs(2)).
func kindOf(st *unix.Statfs_t) fsKind {
	network := func(name string) fsKind {
		return fsKind{name, Problem, "a network file system: machines would share the file, but not memory or locks", toShm}
	}
	disk := func(name string) fsKind { return fsKind{name, OK, onDisk, diskNote} }
	switch uint32(st.Type) { // some numbers do not fit the signed 32 bits that some architectures have here
	case unix.TMPFS_MAGIC:
		return fsKind{"tmpfs", OK, "memory alone, gone after a reboot", ""}
	case unix.RAMFS_MAGIC:
		return fsKind{"ramfs", Warning, "memory without any limit", "use a tmpfs, which has a size"}
	case 0x958458f6:
		return fsKind{"hugetlbfs", Problem, "files there cannot grow by pages", toShm}
	case unix.NFS_SUPER_MAGIC:
		return network("nfs")
	case unix.SMB_SUPER_MAGIC, 0xff534d42, 0xfe534d42:
		return network("smb")
	case unix.CEPH_SUPER_MAGIC:
		return network("ceph")
	case unix.AFS_SUPER_MAGIC, 0x6b414653, unix.CODA_SUPER_MAGIC:
		return network("afs or coda")
	case 0x0bd00bd0:
		return network("lustre")
	case 0x01161970, 0x7461636f:
		return network("a cluster file system")
	case unix.V9FS_MAGIC:
		return network("9p (a directory of the host of a virtual machine)")
	case unix.FUSE_SUPER_MAGIC:
		return fsKind{"fuse", Warning, "a program serves it: shared mappings and locks may not work", toShm}
	case unix.OVERLAYFS_SUPER_MAGIC:
		return fsKind{"overlay", Warning, "the layer of one container, which others do not see and which goes with it", "mount a volume, or use " + Shm}
	case unix.EXT4_SUPER_MAGIC:
		return disk("ext4")
	case unix.XFS_SUPER_MAGIC:
		return disk("xfs")
	case unix.BTRFS_SUPER_MAGIC:
		return disk("btrfs")
	case unix.F2FS_SUPER_MAGIC:
		return disk("f2fs")
	case 0x2fc12fc1:
		return disk("zfs")
	}
	return fsKind{fmt.Sprintf("an unknown file system (%#x)", uint32(st.Type)), Warning, "whether locks and shared mappings work there has not been tried", toShm}
}

func fsName(st *unix.Statfs_t) string { return kindOf(st).name }

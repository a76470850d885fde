package doctor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/shmap-go/shmap/internal/cli/digest"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/segment"
)

// IsMap reports whether a file begins like a map.
func IsMap(name string) bool {
	f, err := digest.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	var b [8]byte
	_, err = f.ReadAt(b[:], 0)
	return err == nil && binary.LittleEndian.Uint64(b[:]) == layout.Magic
}

// file examines one map.
func (h *Host) file(r *report) {
	if st, err := h.Statfs(r.on); err == nil && IsMap(r.on) {
		kind := kindOf(&st)
		r.add(kind.level, kind.advice, "on %s: %s", kind.name, kind.text)
	}
	m, err := dict.Open(r.on, dict.Options{ReadOnly: true})
	if err != nil {
		r.add(Problem, remedy(err, r.on), "%s", strings.TrimPrefix(err.Error(), "shmap: "))
		return
	}
	defer m.Close()
	if digest.Cut(m) {
		r.add(Problem, "restore it from a snapshot; shmap check says what is left", "was cut short: it says that it has memory behind its end")
		return
	}
	h.condition(r, m)
	permissions(r)
	fullness(r, m)
	h.pages(r, m)
}

// remedy is what to do about a file that cannot be opened.
func remedy(err error, path string) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "ask its owner for the right to read it (a map is made with mode 0600 unless --mode says otherwise)"
	case errors.Is(err, fault.ErrUnclean):
		return "its content may be half written: restore it from a snapshot, or remove it and start anew: rm " + shell(path)
	case errors.Is(err, fault.ErrVersion):
		return "use the version of shmap that made it: shmap export there, shmap import here"
	case errors.Is(err, fault.ErrNotMap) && IsMap(path):
		return "it was cut short: restore it from a snapshot, or remove it and start anew: rm " + shell(path)
	case errors.Is(err, fault.ErrNotMap):
		return "name a file that was made by shmap"
	case errors.Is(err, fault.ErrCorrupt):
		return "restore it from a snapshot, or remove it and start anew: rm " + shell(path)
	}
	return "shmap check " + shell(path) + " may say more"
}

// condition says who uses the map and what the dead have left in it.
func (h *Host) condition(r *report, m *dict.Map) {
	seg := m.Segment()
	state := seg.Env.Header.Load(layout.HdrState)
	attached, used := seg.Participants(), h.isOpen(r.on)
	gone, held := dead(m)
	switch {
	case state&layout.StateFrozen != 0:
		frozen(r)
	case state&layout.StateFreezing != 0:
		r.add(Warning, "finish it: shmap freeze "+shell(r.on), "was being frozen, and is read-only, but not to be shipped yet")
	case attached == 0 && state&layout.StateClean == 0:
		r.add(Warning, "attach and close it once before a reboot or a copy: shmap exec "+shell(r.on)+" </dev/null",
			"was not closed by its last process; the next one here repairs it, but a copy of it, or the file after a reboot, is refused")
	}
	switch {
	case attached > layout.MaxParticipants/10*9:
		r.add(Warning, "share one handle in each process, and close what is not needed", "%d of %d participants are attached", attached, layout.MaxParticipants)
	case attached > 0:
		r.ok("attached for writing: %s", count(attached, "handle"))
	case used:
		r.ok("is open for reading alone")
	case h.inMemory(r.on):
		r.add(Warning, "if nobody needs it: rm "+shell(r.on), "takes %s of memory, and nobody that can be seen from here has it open", size(blocks(seg)))
	default:
		r.ok("nobody has it open")
	}
	for _, text := range held {
		r.add(Warning, "nothing: the next writer repairs it", "%s", text)
	}
	if gone > 0 {
		r.ok("participants that are gone, closed or dead, and whose numbers the next ones take: %d", gone)
	}
}

func frozen(r *report) {
	f, err := os.Open(r.on)
	if err != nil {
		return
	}
	defer f.Close()
	switch _, err := digest.Read(f); {
	case err == nil:
		r.ok("frozen, with a checksum (shmap verify compares it)")
	case errors.Is(err, digest.ErrMissing):
		r.add(OK, "if a program froze it: shmap freeze "+shell(r.on)+"; if it had one, it was cut short: restore it from a snapshot",
			"frozen, without a checksum")
	default:
		r.add(Problem, "restore it from a snapshot", "frozen; %s", strings.TrimPrefix(err.Error(), "shmap: "))
	}
}

func blocks(seg *segment.Segment) uint64 {
	n, _ := seg.Blocks() // 0 if it is not known
	return n
}

// dead counts the participants that are gone and whose numbers nobody has taken yet, and names the locks that they hold.
func dead(m *dict.Map) (gone int, held []string) {
	seg := m.Segment()
	fd, err := m.FD()
	if err != nil {
		return 0, nil
	}
	f := os.NewFile(uintptr(fd), m.Path())
	defer f.Close()
	pids := participants(f)
	isDead := func(n int) bool {
		living, err := lock.Kernel{FD: fd}.Held(n)
		return err == nil && !living
	}
	for n, pid := range pids {
		if pid != 0 && isDead(n) {
			gone++
		}
	}
	check := func(name string, word uint64) {
		if n := int(word&0xffff) - 1; n >= 0 && n < len(pids) && isDead(n) {
			held = append(held, fmt.Sprintf("%s is held by participant %d (pid %d), which is dead", name, n, pids[n]))
		}
	}
	for i := range seg.Shards {
		check(fmt.Sprintf("the lock of shard %d", i), seg.Shards[i].Stat(layout.ShLock))
	}
	check("the space lock", seg.Env.Header.Load(layout.HdrSpaceLock))
	return gone, held
}

// participants are the processes that last took each number, 0 for none. They are read, not mapped: most of the table has
// no memory behind it, and looking at a mapping would give it some.
func participants(f *os.File) (pids [layout.MaxParticipants]uint64) {
	b := make([]byte, layout.MaxParticipants*layout.ParticipantSize)
	_, _ = f.ReadAt(b, layout.ParticipantsAt) // of a shorter file the rest is 0
	for n := range pids {
		pids[n] = binary.LittleEndian.Uint64(b[n*layout.ParticipantSize+8*layout.PartPID:])
	}
	return pids
}

func permissions(r *report) {
	if st, err := os.Stat(r.on); err == nil && st.Mode().Perm()&0o002 != 0 {
		r.add(Warning, "chmod o-w "+shell(r.on), "everybody on this machine may change it (mode %#o)", st.Mode().Perm())
	}
}

// fullness warns of limits that are near, where nothing is evicted.
func fullness(r *report, m *dict.Map) {
	o, n := m.Options(), uint64(m.Len())
	if o.MaxEntries != 0 && n >= o.MaxEntries/10*9 && o.Capacity == 0 && !m.Frozen() {
		r.add(Warning, "make a larger one: shmap snapshot, then shmap restore --max-entries", "%d of at most %d entries; beyond that stores fail with ErrFull", n, o.MaxEntries)
	}
	if used := blocks(m.Segment()); o.MaxBytes != 0 && used >= o.MaxBytes/10*9 && o.Policy == layout.PolicyNone && !m.Frozen() {
		r.add(Warning, "make a larger one: shmap snapshot, then shmap restore --max-bytes", "%s of at most %s; beyond that stores fail with ErrFull", size(used), size(o.MaxBytes))
	}
}

// pages warns of a large map in memory without huge pages.
func (h *Host) pages(r *report, m *dict.Map) {
	used := blocks(m.Segment())
	if used < 1<<30 || !h.inMemory(r.on) || !strings.HasPrefix(filepath.Clean(r.on), Shm+"/") {
		return
	}
	if on, err := h.huge(Shm); err == nil && !on {
		r.add(Warning, hugeAdvice+Shm, "%s without huge pages", size(used))
	}
}

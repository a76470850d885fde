// Package digest is the checksum of a frozen map's file: a page behind everything else, which the map itself does not
// know of, so that a file without one is as good as before. It knows the file's regions; it must not know entries.
//
// The page is the last of the file. Its words, little-endian:
//
//	0       "shmapsum"
//	1       2, the version
//	2       offset at which what is summed ends
//	3, 4    XXH3 (128 bits, Yann Collet) of it: high word, low word
//	5       entries, expired ones that nobody had met included
//	6       when it was written, milliseconds since 1970
//	7..15   the header words HdrMagic..HdrSum of the map that this one is a snapshot of; else its own
//	16..18  the header words HdrBootHi, HdrBootLo and HdrClock as they were
//	19      XXH3 (64 bits) of the words before it
//
// The sum is over the header words up to HdrSum; each shard's header with the words left out (as zero) that may change in a
// frozen file when somebody attaches: its lock, positions of gradual work, statistics; and everything from the first
// segment on. The clock of the header, which gives deadlines their meaning, changes when the file is first attached for writing
// in another boot; it is compared, to within a minute, while the header names the boot that the page does. The sum guards against accidents, not against people: whoever can change the file can compute it again.
package digest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/zeebo/xxh3"
	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/vector"
)

const (
	magic   = 0x6d75_7370_616d_6873 // "shmapsum"
	version = 2

	wordEnd     = 2
	wordSum     = 3
	wordEntries = 5
	wordTime    = 6
	wordOrigin  = 7
	wordBoot    = wordOrigin + layout.HdrSum + 1
	wordClock   = wordBoot + 2
	wordCheck   = wordClock + 1

	slack = 60_000 // milliseconds: when a file comes back from another machine, its clock is set by the time of day
)

// What can be wrong.
var (
	ErrMissing  = errors.New("shmap: the file has no checksum")
	ErrMismatch = errors.New("shmap: the checksum does not match")
	ErrLive     = errors.New("shmap: the map is not frozen")
)

// Page is what stands in the page.
type Page struct {
	End     uint64 // bytes of the file that it speaks of
	Sum     xxh3.Uint128
	Entries uint64
	Written time.Time
	Origin  *layout.Config // properties of the map that this is a snapshot of, or its own

	boot  [2]uint64 // in which it was written
	clock uint64    // of the header then
}

// String is the sum as the tools of XXH3 print it.
func (p *Page) String() string {
	b := p.Sum.Bytes()
	return fmt.Sprintf("%x", b[:])
}

// Open opens a regular file for reading. Of a pipe, a device or a directory it is an error at once: nobody waits for the other
// end of a pipe.
func Open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("this is not a regular file")}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Write adds a checksum to the file of m, which is frozen and attached for writing. progress hears of bytes.
func Write(m *dict.Map, origin *layout.Config, progress func(int64)) error {
	seg := m.Segment()
	if !m.Frozen() {
		return ErrLive
	}
	fd, err := m.FD()
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), m.Path())
	defer f.Close()
	p := Page{End: seg.Env.Space.End(), Entries: uint64(m.Len()), Written: time.Now(), Origin: origin}
	p.boot, p.clock = [2]uint64{seg.Env.Header.Load(layout.HdrBootHi), seg.Env.Header.Load(layout.HdrBootLo)}, seg.Env.Header.Load(layout.HdrClock)
	st, err := f.Stat()
	if err != nil {
		return err
	}
	at := max(layout.PageUp(uint64(st.Size())), p.End+layout.Page) // the page at the end is the clean seal's
	if err := f.Truncate(int64(at)); err != nil {                  // what lies behind the memory in use reads as zero
		return err
	}
	if p.Sum, err = sum(f, seg.Env.Config, p.End, progress); err != nil {
		return err
	}
	if _, err := f.WriteAt(p.encode(), int64(at)); err != nil {
		return err
	}
	return f.Sync()
}

// Cut reports whether the file ends before memory that the shards of m say they have.
func Cut(m *dict.Map) bool {
	seg := m.Segment()
	for which, shape := range seg.Env.Config.Geometry().Vectors() {
		for i := range seg.Shards {
			n := seg.Shards[i].Stat(layout.ShBacked + uint64(which))
			if n == 0 {
				continue
			}
			level, off := shape.Locate(n - 1)
			base := uint64(0)
			if level < layout.Levels {
				base = seg.Shards[i].Stat(vector.DirWord(which, level))
			}
			if _, ok := seg.Env.Region.At(base+off, shape.Elem); !ok || base == 0 {
				return true
			}
		}
	}
	return false
}

// Read returns what stands in the page of the file.
func Read(f *os.File) (*Page, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := uint64(st.Size())
	if size < layout.SegmentsAt(1)+layout.Page || size%layout.Page != 0 {
		return nil, ErrMissing
	}
	b := make([]byte, layout.Page)
	if err := readAt(f, b, size-layout.Page); err != nil {
		return nil, err
	}
	return decode(b, size)
}

// IsSnapshot reports whether the file is a snapshot: its page is whole and names another map than the file itself.
func IsSnapshot(f *os.File) bool {
	c, h, err := header(f)
	if err != nil || h.state&layout.StateFrozen == 0 {
		return false
	}
	p, err := Read(f)
	return err == nil && p.Origin.Seed != c.Seed
}

// Verify computes the checksum of the file again and compares. progress hears of bytes, as many as the page has in End.
func Verify(f *os.File, progress func(int64)) (*Page, error) {
	c, h, err := header(f)
	if err != nil {
		return nil, err
	}
	if h.state&layout.StateFrozen == 0 {
		return nil, ErrLive
	}
	p, err := Read(f)
	if err != nil {
		return nil, err
	}
	got, err := sum(f, c, p.End, progress)
	if err != nil {
		return nil, err
	}
	if got != p.Sum {
		return p, fault.With(ErrMismatch, "written as %v, now it is %v", p, &Page{Sum: got})
	}
	if off := int64(h.clock - p.clock); h.boot == p.boot && (off > slack || off < -slack) {
		return p, fault.With(ErrMismatch, "the clock in the header, which deadlines depend on, is %d ms off", off)
	}
	return p, nil
}

// changing is what the header has that may change.
type changing struct {
	state, clock uint64
	boot         [2]uint64
}

// header reads what never changes, and what may.
func header(f *os.File) (c *layout.Config, h changing, err error) {
	b := make([]byte, 8*(layout.HdrClock+1))
	if err := readAt(f, b, 0); err != nil {
		return nil, h, err
	}
	var w [layout.HdrSum + 1]uint64
	for i := range w {
		w[i] = word(b, i)
	}
	c, err = layout.Decode(w)
	h = changing{state: word(b, layout.HdrState), clock: word(b, layout.HdrClock),
		boot: [2]uint64{word(b, layout.HdrBootHi), word(b, layout.HdrBootLo)}}
	return c, h, err
}

// buffer is how much is read at once.
const buffer = 1 << 20

// sum is the checksum of the file up to end.
func sum(f io.ReaderAt, c *layout.Config, end uint64, progress func(int64)) (xxh3.Uint128, error) {
	h := xxh3.New()
	b := make([]byte, buffer)
	add := func(off, n uint64, mask func([]byte)) error {
		if err := readAt(f, b[:n], off); err != nil {
			return err
		}
		if mask != nil {
			mask(b[:n])
		}
		_, _ = h.Write(b[:n]) // never fails
		progress(int64(n))
		return nil
	}
	if err := add(0, 8*(layout.HdrSum+1), nil); err != nil {
		return xxh3.Uint128{}, err
	}
	for i := range c.Shards() {
		if err := add(layout.ShardAt(i), layout.ShardSize, maskShard); err != nil {
			return xxh3.Uint128{}, err
		}
	}
	for off := layout.SegmentsAt(c.Shards()); off < end; off += buffer {
		if err := add(off, min(buffer, end-off), nil); err != nil {
			return xxh3.Uint128{}, err
		}
	}
	return h.Sum128(), nil
}

// maskShard clears the words of a shard header that may change in a frozen file.
func maskShard(b []byte) {
	clear(b[8*layout.ShLock : 8*(layout.ShLock+1)])
	clear(b[8*layout.ShFlush : 8*(layout.ShFlush+1)])
	clear(b[8*layout.ShQuarTime : 8*layout.ShClass]) // and the statistics
}

func (p *Page) encode() []byte {
	b := make([]byte, layout.Page)
	put := func(i int, w uint64) { binary.LittleEndian.PutUint64(b[8*i:], w) }
	put(0, magic)
	put(1, version)
	put(wordEnd, p.End)
	put(wordSum, p.Sum.Hi)
	put(wordSum+1, p.Sum.Lo)
	put(wordEntries, p.Entries)
	put(wordTime, uint64(p.Written.UnixMilli()))
	for i, w := range p.Origin.Encode() {
		put(wordOrigin+i, w)
	}
	put(wordBoot, p.boot[0])
	put(wordBoot+1, p.boot[1])
	put(wordClock, p.clock)
	put(wordCheck, xxh3.Hash(b[:8*wordCheck]))
	return b
}

// decode reads the page of a file of size bytes.
func decode(b []byte, size uint64) (*Page, error) {
	if word(b, 0) != magic {
		return nil, ErrMissing
	}
	if word(b, 1) != version {
		return nil, fault.With(fault.ErrVersion, "the checksum is of version %d, this program knows %d", word(b, 1), version)
	}
	if word(b, wordCheck) != xxh3.Hash(b[:8*wordCheck]) {
		return nil, fault.With(ErrMismatch, "the page of the checksum itself is damaged")
	}
	p := &Page{End: word(b, wordEnd), Sum: xxh3.Uint128{Hi: word(b, wordSum), Lo: word(b, wordSum+1)},
		Entries: word(b, wordEntries), Written: time.UnixMilli(int64(word(b, wordTime))),
		boot: [2]uint64{word(b, wordBoot), word(b, wordBoot+1)}, clock: word(b, wordClock)}
	if p.End > size-layout.Page {
		return nil, fault.With(ErrMismatch, "it speaks of %d bytes, and there are %d", p.End, size-layout.Page)
	}
	var w [layout.HdrSum + 1]uint64
	for i := range w {
		w[i] = word(b, wordOrigin+i)
	}
	var err error
	p.Origin, err = layout.Decode(w)
	return p, err
}

func word(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }

// readAt fills b. A file that ends before was cut short.
func readAt(f io.ReaderAt, b []byte, off uint64) error {
	_, err := f.ReadAt(b, int64(off))
	if errors.Is(err, io.EOF) {
		return fault.With(fault.ErrNotMap, "the file ends before byte %d", off+uint64(len(b)))
	}
	return err
}

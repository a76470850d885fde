package cases

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"golang.org/x/sys/unix"
)

// A pointerChase is the time that memory takes, whatever the program: each step reads the place of the next one, and
// the steps go through all cache lines of a region in random order. The region is memory of the kind that maps are in.
type pointerChase struct {
	memory []byte
	at     uint64
	seed   uint64 // of scatter
}

const cacheLine = 64

func newPointerChase(size int64) *pointerChase {
	fd, err := unix.MemfdCreate("chase", unix.MFD_CLOEXEC)
	check(err)
	defer unix.Close(fd)
	lines := size / cacheLine
	check(unix.Ftruncate(fd, lines*cacheLine))
	memory, err := unix.Mmap(fd, 0, int(lines*cacheLine), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	check(err)
	p := &pointerChase{memory: memory}
	// One cycle through all lines, by the algorithm of Sandra Sattolo (1986).
	for i := range lines {
		p.set(i, uint64(i*cacheLine))
	}
	r := rand.New(rand.NewPCG(3, 4))
	for i := lines - 1; i > 0; i-- {
		j := r.Int64N(i)
		a, b := p.get(i), p.get(j)
		p.set(i, b)
		p.set(j, a)
	}
	return p
}

func (p *pointerChase) get(line int64) uint64 {
	return binary.LittleEndian.Uint64(p.memory[line*cacheLine:])
}

func (p *pointerChase) set(line int64, to uint64) {
	binary.LittleEndian.PutUint64(p.memory[line*cacheLine:], to)
}

// steps goes n steps on.
func (p *pointerChase) steps(n int) int64 {
	at, memory := p.at, p.memory
	for range n {
		at = binary.LittleEndian.Uint64(memory[at:])
	}
	p.at = at
	return int64(at)
}

// scatter reads n random lines that do not depend on one another: as many at once as the processor can.
func (p *pointerChase) scatter(n int) (sum int64) {
	x, lines := p.seed|1, uint64(len(p.memory)/cacheLine)
	for range n {
		x ^= x << 13 // xorshift64 (George Marsaglia, "Xorshift RNGs", 2003)
		x ^= x >> 7
		x ^= x << 17
		line, _ := bits.Mul64(x, lines)
		sum += int64(p.memory[line*cacheLine])
	}
	p.seed = x
	return sum
}

func (p *pointerChase) close() { check(unix.Munmap(p.memory)) }

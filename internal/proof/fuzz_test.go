package proof

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// Files from elsewhere, of any content: opened, read, written to, checked.

// bases are images of closed maps of each kind, the same in every run but for the time: what an input did, it does again.
func bases(f *testing.F) (out [][]byte) {
	f.Helper()
	for _, o := range scribbled() {
		path := filepath.Join(f.TempDir(), "map")
		o.Shards, o.Seed = 1, 1
		m, err := dict.Open(path, o)
		if err != nil {
			f.Fatal(err)
		}
		for i := range 150 {
			op := dict.Op{Key: hostileKey(i), Val: hostileKey(i * i)}
			if i%9 == 0 {
				op = dict.Op{Code: dict.OpDelete, Key: hostileKey(i / 2)}
			}
			if err := m.Do(&op); err != nil {
				f.Fatal(err)
			}
		}
		if err := m.Close(); err != nil {
			f.Fatal(err)
		}
		image, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, image)
	}
	return out
}

// use does everything with a file, and demands that each call ends and has a name for what is wrong.
func use(t *testing.T, image []byte, readOnly bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "map")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	o := operator{path: path, readOnly: readOnly, r: rand.New(rand.NewPCG(1, 1)), end: time.Now().Add(time.Minute)}
	var m *dict.Map
	err := o.timed("open", func() (err error) {
		m, err = dict.Open(path, dict.Options{ReadOnly: readOnly, LockTimeout: time.Millisecond})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if m == nil {
		return
	}
	for range 40 {
		if err := o.call(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.timed("close", m.Close); err != nil {
		t.Fatal(err)
	}
}

// confine limits the files of this process, so that a forged length does not fill the machine. The fuzzing engine needs
// one of 100 MiB.
func confine(f *testing.F) {
	f.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		f.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 2 * roomy, Max: math.MaxUint64}); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = unix.Setrlimit(unix.RLIMIT_FSIZE, &old) }) // as it was
}

// FuzzOpenHeader opens files whose header says anything, with a checksum that fits; raw is laid over it at last.
func FuzzOpenHeader(f *testing.F) {
	images := bases(f)
	confine(f)
	f.Add(byte(0), uint64(1<<32), uint64(1), uint64(0), uint64(0), uint64(0), uint64(0), uint64(4), []byte{})
	f.Add(byte(1), ^uint64(0), uint64(1), uint64(1), uint64(1), uint64(1), uint64(1), uint64(7), []byte{1})
	f.Add(byte(2), uint64(0x010101), uint64(9), uint64(50), uint64(50), uint64(1<<20), uint64(1000), uint64(4), []byte{})
	f.Fuzz(func(t *testing.T, base byte, types, seed, entries, capacity, bytes, ttl, state uint64, raw []byte) {
		image := cells(append([]byte(nil), images[int(base)%len(images)]...))
		c := layout.Config{Key: layout.Kind(types), Value: layout.Kind(types >> 8), Policy: layout.Policy(types >> 16),
			Hash: layout.Hash(types >> 24), LgShards: uint(types >> 32 & 0xff), RecencySkip: uint(types >> 40 & 0xff), HasTTL: types>>48&1 == 1,
			Seed: seed, MaxEntries: entries, Capacity: capacity, MaxBytes: bytes, TTL: ttl}
		for i, w := range c.Encode() {
			image.set(i, w)
		}
		image.set(layout.HdrState, state)
		for i, b := range raw[:min(len(raw), layout.Page)] {
			image[i] ^= b
		}
		use(t, image, base >= 128)
	})
}

// FuzzOpenFile opens a map of which some words were changed: eleven bytes say which one, how, and to what.
func FuzzOpenFile(f *testing.F) {
	images := bases(f)
	confine(f)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 12 {
		seed := make([]byte, 1+11*(1+i*3))
		for k := range seed {
			seed[k] = byte(r.Uint32())
		}
		f.Add(seed)
	}
	for base := range images {
		f.Add(farAway(byte(base)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		image := cells(append([]byte(nil), images[int(data[0])%len(images)]...))
		readOnly := data[0] >= 128
		for data = data[1:]; len(data) >= 11; data = data[11:] {
			corrupt(image, data)
		}
		use(t, image, readOnly)
	})
}

// farAway is the input that moves all of a map's vectors far behind the end of the file.
func farAway(base byte) []byte {
	data := []byte{base}
	for i := range layout.Vecs * layout.Levels {
		data = append(data, 0)
		data = binary.LittleEndian.AppendUint16(data, uint16(layout.ShDir+i))
		data = binary.LittleEndian.AppendUint64(data, layout.MaxFile/2)
	}
	return data
}

// corrupt changes one word, in the header of the shard if the first byte is even.
func corrupt(image cells, edit []byte) {
	at := layout.HdrState + (int(binary.LittleEndian.Uint16(edit[1:]))*4+int(edit[0]>>1&3))%(len(image)/8-layout.HdrState)
	if edit[0]&1 == 0 {
		at = layout.ShardsAt/8 + int(binary.LittleEndian.Uint16(edit[1:]))%(layout.ShDir+layout.Vecs*layout.Levels)
	}
	w := binary.LittleEndian.Uint64(edit[3:])
	switch edit[0] >> 4 & 3 {
	case 0:
		image.set(at, w)
	case 1:
		image.set(at, image.get(at)^1<<(w&63))
	case 2:
		image.set(at, image.get(int(w%uint64(len(image)/8))))
	case 3:
		image.set(at, image.get(at)+w&7-3)
	}
}

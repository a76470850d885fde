package cases

import (
	"os"
	"syscall"

	"github.com/shmap-go/shmap"
)

// narrow reports the bytes of an entry with narrow integers. There are 65,536 keys of 16 bits.
func narrow(s *Session) error {
	if s.wants("bytes/int16/64K") {
		m := anonymous[int16, int16](shmap.Options{})
		for i := range 1 << 16 {
			check(m.Store(int16(i), int16(i)))
		}
		s.emitValues("bytes/int16/64K", float64(fileBytes(m))/(1<<16), payload, 4)
		check(m.Close())
	}
	if s.wants("bytes/int32/10M") {
		s.progress("bytes/int32/10M")
		n := s.scaled(large, 1_000_000)
		m := anonymous[int32, int32](shmap.Options{})
		for i := range int32(n) {
			check(m.Store(i, i))
		}
		s.emitValues("bytes/int32/10M", float64(fileBytes(m))/float64(n), payload, 8)
		check(m.Close())
	}
	return nil
}

// fileBytes are the bytes of memory behind a map, as the file system counts them.
func fileBytes[K shmap.Key, V shmap.Value](m *shmap.Map[K, V]) int64 {
	f, err := m.File()
	check(err)
	defer f.Close()
	return blocks(f)
}

func blocks(f *os.File) int64 {
	info, err := f.Stat()
	check(err)
	return info.Sys().(*syscall.Stat_t).Blocks * 512
}

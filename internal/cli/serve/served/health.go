package served

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
)

// A map is read for a time after which no other bucket is begun, and not again before another time is over, however many ask.
const (
	probeTime   = 5 * time.Millisecond
	probePeriod = time.Second
)

// ErrGone says that the path does not lead to the map any more that is served.
var ErrGone = errors.New("shmap: gone")

// Health returns nil for a map that is where it was and in which nothing broken has been met. It looks at the file, and once a
// second validates its header and reads a part of the map, another one each time. What a whole walk would find, shmap check finds.
func (m *Map) Health() error {
	if err := m.Broken(); err != nil {
		return err
	}
	now, err := os.Stat(m.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: there is no file at %s any more; start the server again when there is", ErrGone, m.Path)
	case err != nil:
		return fmt.Errorf("%w: %v", ErrGone, err)
	case !os.SameFile(now, m.file):
		return fmt.Errorf("%w: %s is another file now; start the server again to serve that one", ErrGone, m.Path)
	}
	return m.Guard(m.look)
}

// look is the last verdict of walk, a new one if that is old. One caller walks, and nobody waits for it.
func (m *Map) look() error {
	if time.Now().UnixNano() < m.probe.again.Load() || !m.probe.TryLock() {
		if last := m.probe.last.Load(); last != nil {
			return *last
		}
		return nil
	}
	defer m.probe.Unlock()
	err := m.walk()
	m.probe.last.Store(&err)
	m.probe.again.Store(time.Now().Add(probePeriod).UnixNano())
	return err
}

// Broken is the first damage that was met in the map, nil if none was.
func (m *Map) Broken() error {
	if err := m.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// walk validates the header and reads some buckets; probe is held.
func (m *Map) walk() error {
	fd, err := m.FD() // not the path: what is there by now may be another file
	if err != nil {
		return named(m.Path, err)
	}
	f := os.NewFile(uintptr(fd), m.Path)
	again, err := dict.FromFD(fd, dict.Options{ReadOnly: true})
	_ = f.Close() // it is only read
	if err != nil {
		return named(m.Path, err)
	}
	if err := again.Close(); err != nil {
		return named(m.Path, err)
	}
	for until := time.Now().Add(probeTime); time.Now().Before(until); {
		_, next, err := m.Scan(m.probe.at)
		if errors.Is(err, fault.ErrBusy) {
			return nil // somebody is changing it all the time, which is no illness
		}
		if err != nil {
			return named(m.Path, err)
		}
		if m.probe.at = next; next == 0 {
			return nil
		}
	}
	return nil
}

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

// probeTime is how long one question about a map's health may read.
const probeTime = 5 * time.Millisecond

// ErrGone says that the path does not lead to the map any more that is served.
var ErrGone = errors.New("shmap: gone")

// Health returns nil for a map that is where it was and in which nothing broken has been met. It looks at the file, validates
// its header, and reads a part of the map, another one with every call. What a whole walk would find, shmap check finds.
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
	return m.Guard(m.walk)
}

// Broken is the first damage that was met in the map, nil if none was.
func (m *Map) Broken() error {
	if err := m.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// walk validates the header and reads some buckets.
func (m *Map) walk() error {
	again, err := dict.Open(m.Path, dict.Options{ReadOnly: true})
	if err != nil {
		return named(m.Path, err)
	}
	if err := again.Close(); err != nil {
		return named(m.Path, err)
	}
	m.probe.Lock()
	defer m.probe.Unlock()
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

package dict

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// held counts the descriptors and mappings of this process that belong to files under dir, or to anonymous maps.
func held(t *testing.T, dir string) (n int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		name, _ := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())) // gone meanwhile: not held
		if strings.HasPrefix(name, dir) || strings.HasPrefix(name, "/memfd:shmap") {
			n++
		}
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return n + strings.Count(string(maps), dir) + strings.Count(string(maps), "/memfd:shmap")
}

// TestP12Handles: when handles are closed, or just forgotten, their descriptors and mappings go. (That every byte of the
// memory is accounted for is what the referee says after every test: internal/check.)
func TestP12Handles(t *testing.T) {
	dir := t.TempDir()
	before := held(t, dir)
	const handles = 20
	record.Count(t, "P12", "handles closed or forgotten", handles)
	func() {
		for i := range handles {
			o := Options{Key: layout.Int64, Value: layout.String}
			m, err := Open(filepath.Join(dir, "map"), o)
			if i%2 == 1 && err == nil {
				m, err = Anonymous(o)
			}
			if err == nil {
				err = m.Do(&Op{Key: Datum{W: uint64(i)}, Val: Datum{S: strings.Repeat("x", 100)}})
			}
			if err == nil && i%3 != 0 { // every third is forgotten
				err = m.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}()
	if held(t, dir) == before {
		t.Fatal("nothing was held: this test sees nothing")
	}
	for range 100 {
		runtime.GC() // cleanups run soon after the collection that finds a handle unreachable
		if held(t, dir) == before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d descriptors and mappings are still held", held(t, dir)-before)
}

package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
)

// now is the time in every map here: deadlines do not move while a process is stepped.
func now() uint64 { return maptest.NewClock().Now() }

// attach makes a map of a copy of the memory of one whose processes are all dead.
func attach(image []uint64) (*dict.Map, error) {
	r := region.HeapFrom(image, uint64(len(image))*8+2<<20)
	live := &lock.Local{}
	if image[layout.HdrState]&layout.StateClean == 0 {
		if _, err := live.Take(0); err != nil { // the dead one's number: under another, nothing is repaired in passing
			return nil, err
		}
	}
	seg, err := segment.AttachHeap(r, segment.Options{Live: live, Now: now})
	if err != nil {
		return nil, err
	}
	live.Drop(0)
	return dict.Attach(seg), nil
}

// contents lists all entries with their deadlines, in the order of keys.
func contents(m *dict.Map) (string, error) {
	var lines []string
	for c := m.Cursor(); ; {
		e, ok, err := c.Next()
		if err != nil {
			return "", err
		}
		if !ok {
			break
		}
		l, err := m.Load(e.Key, nil, dict.ReadTTL)
		if err != nil || !l.Found {
			return "", fmt.Errorf("entry %v came in the iteration and is not there: %v", e.Key, err)
		}
		lines = append(lines, fmt.Sprintf("%d %q = %d %s ttl %v", e.Key.W, e.Key.S, e.Val.W, digest(e.Val.S), l.TTL))
	}
	slices.Sort(lines)
	if n := slices.Compact(slices.Clone(lines)); len(n) != len(lines) {
		return "", fmt.Errorf("an entry came twice: %s", strings.Join(lines, "; "))
	}
	return strings.Join(lines, "\n"), nil
}

// digest shortens long values, losing nothing that tells values of these scenarios apart.
func digest(s string) string {
	if len(s) <= 40 {
		return fmt.Sprintf("%q", s)
	}
	sum := uint64(14695981039346656037)
	for i := range len(s) {
		sum = (sum ^ uint64(s[i])) * 1099511628211
	}
	return fmt.Sprintf("%q...%d bytes, FNV %x", s[:8], len(s), sum)
}

// order lists the keys from oldest to newest; it empties the map.
func order(m *dict.Map) (string, error) {
	if m.Options().Policy == layout.PolicyNone || m.Frozen() {
		return "", nil
	}
	entries, err := m.Drain(1 << 20)
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%d%q ", e.Key.W, e.Key.S)
	}
	return b.String(), err
}

// full is the state that counts: contents, flags, and the order of age. It empties the map.
func full(m *dict.Map) (string, error) {
	c, err := contents(m)
	if err != nil {
		return "", err
	}
	o, err := order(m)
	return fmt.Sprintf("%s\norder %s\nfrozen %v", c, o, m.Frozen()), err
}

// mend makes the new process take every lock once: whatever the dead one left is repaired.
func mend(m *dict.Map) error {
	for i := range m.Segment().Shards {
		if err := m.Segment().Shards[i].Mend(time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

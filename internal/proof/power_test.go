package proof

import (
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/proof/record"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
)

// What a power cut leaves: of each page what was there when it was last written to the storage for certain, or what has
// been there at any moment since, each page on its own.

// everything is all that is in a map.
type everything = map[dict.Datum]dict.Datum

// A disk is the file of a map as it may be after a power cut.
type disk struct {
	t       *testing.T
	path    string
	r       *rand.Rand
	lazy    bool         // planted: nothing is ever written for certain
	moments [][]byte     // the file at some moments
	floor   []int        // of each page: the first moment that it can be of
	right   []everything // what may be found in it, if anything

	refused, whole, wrong int
}

// look remembers a moment.
func (d *disk) look() {
	image, err := os.ReadFile(d.path)
	if errors.Is(err, os.ErrNotExist) {
		return // the map is being made
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.moments = append(d.moments, image)
	for len(d.floor) < len(image)/layout.Page {
		d.floor = append(d.floor, 0)
	}
}

// synced is told that the first n bytes go to the storage. The power may be cut meanwhile.
func (d *disk) synced(n uint64) error {
	if d.cut(); d.lazy {
		return nil
	}
	for p := range d.floor {
		if uint64(p) < n/layout.Page {
			d.floor[p] = len(d.moments) - 1
		}
	}
	if n == math.MaxUint64 { // all that came before is gone for good
		d.moments = slices.Delete(d.moments, 0, len(d.moments)-1)
		clear(d.floor)
	}
	return nil
}

// image is one that a power cut may leave now: mostly of one moment, with some pages of others.
func (d *disk) image() cells {
	pick := func(floor int) int { return floor + d.r.IntN(len(d.moments)-floor) }
	main, stray := pick(0), d.r.Float64()
	out := make(cells, len(d.moments[pick(slices.Max(d.floor))]))
	for p := range len(out) / layout.Page {
		n := max(main, d.floor[p])
		if d.r.Float64() < stray {
			n = pick(d.floor[p])
		}
		if from := d.moments[n]; (p+1)*layout.Page <= len(from) {
			copy(out[p*layout.Page:][:layout.Page], from[p*layout.Page:])
		}
	}
	out.set(layout.HdrBootLo, out.get(layout.HdrBootLo)^1<<9) // the next boot
	return out
}

// cut cuts the power a few times, and counts how often something wrong comes back.
func (d *disk) cut() {
	d.look()
	if len(d.moments) == 0 {
		return
	}
	for range 8 {
		if err := os.WriteFile(d.path+".cut", d.image(), 0o600); err != nil {
			d.t.Fatal(err)
		}
		m, err := dict.Open(d.path+".cut", openings[d.r.IntN(len(openings))])
		if errors.Is(err, fault.ErrUnclean) || errors.Is(err, fault.ErrNotMap) {
			d.refused++
			continue
		}
		if err != nil {
			d.t.Fatalf("neither refused nor opened: %v", err)
		}
		found, err := all(m)
		problems, err2 := m.Check()
		same := func(want everything) bool { return maps.Equal(found, want) }
		if errors.Join(err, err2) != nil || len(problems) > 0 || !slices.ContainsFunc(d.right, same) {
			d.wrong++
		}
		d.whole++
		if err := m.Close(); err != nil {
			d.t.Error(err)
		}
	}
}

// open opens the map.
func (d *disk) open() *dict.Map {
	c := &layout.Config{Key: layout.Int64, Value: layout.String, Seed: 1, LgShards: 1}
	seg, err := segment.Open(d.path, segment.Options{Create: c, Mode: 0o600, Prepare: func(r *region.Region) { r.FailSync = d.synced }})
	if err != nil {
		d.t.Fatal(err)
	}
	return dict.Attach(seg)
}

// session opens the map, changes it and closes it, or freezes it before, with power cuts all the time.
func (d *disk) session(freeze bool) {
	m := d.open()
	for i := range m.Segment().Shards {
		m.Segment().Shards[i].SetPoint(func() {
			if d.r.IntN(400) == 0 {
				d.look()
			}
		})
	}
	for range 1 + d.r.IntN(3) {
		for range 60 {
			if err := m.Do(copyOp(d.r)); err != nil {
				d.t.Fatal(err)
			}
		}
		d.cut()
	}
	now, err := all(m)
	if err != nil {
		d.t.Fatal(err)
	}
	d.right = append(d.right, now)
	if freeze {
		if err := m.Freeze(); err != nil {
			d.t.Fatal(err)
		}
		d.cut()
	}
	if err := m.Close(); err != nil {
		d.t.Fatal(err)
	}
	d.right = []everything{now}
	before := d.refused
	if d.cut(); d.refused > before && !d.lazy {
		d.t.Error("a map that was closed is refused after a power cut")
	}
}

// TestP15PowerCut: a file in the next boot, of which only some pages had reached the disk: what was closed, or frozen, is
// there, anything else is refused.
func TestP15PowerCut(t *testing.T) {
	r, cuts, refused, whole := random(t), 0, 0, 0
	for range pick(1, 40) {
		d := &disk{t: t, path: mapPath(t), r: r}
		for i := range 4 {
			if d.session(i == 3); d.wrong > 0 {
				t.Fatalf("%d power cuts went unnoticed", d.wrong)
			}
		}
		cuts, refused, whole = cuts+d.refused+d.whole, refused+d.refused, whole+d.whole
	}
	if refused == 0 || whole == 0 {
		t.Errorf("%d refused, %d whole", refused, whole)
	}
	record.Count(t, "P15", "power cuts", cuts)
	record.Count(t, "P15", "of them refused", refused)
	record.Count(t, "P15", "of them whole", whole)
}

// TestPlantedFaultNoSync: a map that does not wait for the disk is noticed.
func TestPlantedFaultNoSync(t *testing.T) {
	d := &disk{t: t, path: mapPath(t), r: random(t), lazy: true}
	for i := 0; i < 30 && d.wrong == 0; i++ {
		d.session(false)
	}
	t.Logf("%d of %d power cuts went unnoticed", d.wrong, d.refused+d.whole)
	if d.wrong == 0 {
		t.Error("nothing was noticed")
	}
}

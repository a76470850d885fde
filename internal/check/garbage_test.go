package check_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/check"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/lock"
	"github.com/shmap-go/shmap/internal/segment"
)

// scribble changes a few words, those of headers and records more often than others.
func scribble(r *rand.Rand, words []uint64, shards int) {
	headers := int(layout.SegmentsAt(shards) / 8)
	for range 1 + r.IntN(20) {
		at := r.IntN(len(words))
		switch r.IntN(4) {
		case 0:
			at = layout.ShardsAt/8 + r.IntN(headers-layout.ShardsAt/8)
		case 1:
			at = layout.ShardsAt/8 + r.IntN(shards)*layout.Page/8 + r.IntN(layout.ShDir+layout.Vecs*layout.Levels)
		}
		switch r.IntN(6) {
		case 0:
			words[at] = r.Uint64()
		case 1:
			words[at] = r.Uint64N(1000)
		case 2:
			words[at] = words[r.IntN(len(words))]
		case 3:
			words[at] ^= 1 << r.IntN(64)
		case 4:
			words[at] += 1 - 2*r.Uint64N(2)
		case 5:
			words[at] = layout.Pair(r.Uint64N(200), r.Uint64N(200))
		}
	}
}

// referee runs over an image that may hold anything; it must come to an end by itself.
func referee(t *testing.T, words []uint64, live lock.Liveness) (problems []check.Problem) {
	t.Helper()
	seg, err := attachCopy(words, segment.Options{LockTimeout: time.Nanosecond, Live: live})
	if err != nil {
		return nil
	}
	problems, err = check.Run(seg, nil)
	if err != nil {
		t.Errorf("nothing moves, and yet: %v", err)
	}
	for _, p := range problems {
		if p.Where == "walk" {
			t.Errorf("a walk was led astray: %v", p)
		}
	}
	return problems
}

func TestGarbageIsSurvived(t *testing.T) {
	found, total := 0, 0
	for n, k := range kinds() {
		p := play(t, k.Options, 3)
		p.ops(500, 400, 70)
		p.now += epoch
		p.ops(200, 400, 30)
		words := p.m.Segment().Env.Region.Image()
		r := rand.New(rand.NewPCG(uint64(n), 2))
		for round := range long(400, 10_000) {
			copied := append([]uint64(nil), words...)
			scribble(r, copied, p.m.Options().Shards)
			live := &lock.Local{}
			if round%2 == 0 { // nobody mends what is in the journal
				_, _ = live.Take(0)
			}
			if len(referee(t, copied, live)) > 0 {
				found++
			}
			if total++; t.Failed() {
				t.Fatalf("%s, round %d", k.name, round)
			}
		}
	}
	t.Logf("%d of %d scribbled images were found out", found, total)
}

func TestTruncatedFileIsSurvived(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	p := playOn(t, dict.Options{Key: layout.String, Value: layout.String, Shards: 2}, 1, func(o dict.Options) (*dict.Map, error) { return dict.Open(path, o) })
	p.ops(3000, 2000, 90)
	p.clean("whole")
	if err := os.Truncate(path, int64(layout.SegmentsAt(2))+3*layout.Page); err != nil {
		t.Fatal(err)
	}
	problems, err := p.m.Check()
	if err != nil || !strings.Contains(strings.Join(problems, "\n"), "ended by") {
		t.Fatalf("%v, %q", err, problems)
	}
	if err := os.Truncate(path, 64<<20); err != nil { // so that the map can be closed
		t.Fatal(err)
	}
}

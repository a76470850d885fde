package check_test

import (
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/region"
	"github.com/shmap-go/shmap/internal/segment"
	"github.com/shmap-go/shmap/internal/vector"
)

// image is a copy of a map's memory, to be changed.
type image struct {
	words  []uint64
	config *layout.Config
	now    func() uint64
}

func (p *player) image() *image {
	seg := p.m.Segment()
	return &image{seg.Env.Region.Image(), seg.Env.Config, func() uint64 { return p.now }}
}

func (im *image) copy() *image {
	return &image{append([]uint64(nil), im.words...), im.config, im.now}
}

func (im *image) load(off uint64) uint64        { return im.words[off/8] }
func (im *image) store(off, v uint64)           { im.words[off/8] = v }
func (im *image) or(off, bits uint64)           { im.words[off/8] |= bits }
func (im *image) at(shard int, w uint64) uint64 { return layout.ShardAt(shard) + 8*w }

func (im *image) header(shard int, word uint64) uint64 { return im.load(im.at(shard, word)) }

// elem is the offset of an element of a vector.
func (im *image) elem(shard, which int, i uint64) uint64 {
	level, off := im.config.Geometry().Vectors()[which].Locate(i)
	return im.header(shard, vector.DirWord(which, level)) + off
}

func (im *image) bucket(shard, which int, i uint64) uint64 { return im.elem(shard, which, i) }

// segment attaches a copy of the image.
func (im *image) segment(t *testing.T) *segment.Segment {
	t.Helper()
	seg, err := segment.AttachHeap(region.HeapFrom(im.words, heapBytes), segment.Options{LockTimeout: 5 * time.Millisecond, Now: im.now})
	if err != nil {
		t.Fatal(err)
	}
	return seg
}

func (im *image) attach(t *testing.T) *dict.Map {
	t.Helper()
	m := dict.Attach(im.segment(t))
	t.Cleanup(func() { _ = m.Close() })
	return m
}

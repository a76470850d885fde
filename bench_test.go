package shmap_test

import (
	"fmt"
	"testing"

	"github.com/shmap-go/shmap"
)

// Benchmarks for daily work. Comparisons with others are in bench/.

func filled[K, V shmap.Integer](b *testing.B, n int, o shmap.Options) *shmap.Map[K, V] {
	b.Helper()
	m := create[K, V](b, o)
	for i := range n {
		must(b, m.Store(K(i), V(i)))
	}
	return m
}

func BenchmarkInteger(b *testing.B) {
	const n = 25_000
	for name, o := range map[string]shmap.Options{"plain": {}, "ttl": {EnableTTL: true}, "eviction": {Capacity: 2 * n}} {
		m := filled[int64, int64](b, n, o)
		b.Run(fmt.Sprintf("op=load/map=%s/n=%d", name, n), func(b *testing.B) {
			for i := int64(0); b.Loop(); i++ {
				m.Load(i * 7919 % n)
			}
		})
		b.Run(fmt.Sprintf("op=store/map=%s/n=%d", name, n), func(b *testing.B) {
			for i := int64(0); b.Loop(); i++ {
				_ = m.Store(i*7919%n, i)
			}
		})
		b.Run(fmt.Sprintf("op=add/map=%s/n=%d", name, n), func(b *testing.B) {
			for i := int64(0); b.Loop(); i++ {
				_, _ = shmap.Add(m, i*7919%n, 1)
			}
		})
	}
}

func BenchmarkString(b *testing.B) {
	const n = 25_000
	for _, size := range []int{7, 80} {
		m := create[string, string](b, shmap.Options{})
		keys := make([]string, n)
		for i := range keys {
			keys[i] = fmt.Sprintf("%0*d", size, i)
			must(b, m.Store(keys[i], keys[i]))
		}
		b.Run(fmt.Sprintf("op=load/bytes=%d/n=%d", size, n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				m.Load(keys[i*7919%n])
			}
		})
		b.Run(fmt.Sprintf("op=append/bytes=%d/n=%d", size, n), func(b *testing.B) {
			buf := make([]byte, 0, size)
			for i := 0; b.Loop(); i++ {
				buf, _ = m.AppendLoad(buf[:0], keys[i*7919%n])
			}
		})
		b.Run(fmt.Sprintf("op=store/bytes=%d/n=%d", size, n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				_ = m.Store(keys[i*7919%n], keys[i*7919%n])
			}
		})
	}
}

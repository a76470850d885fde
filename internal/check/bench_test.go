package check_test

import (
	"fmt"
	"testing"

	"github.com/shmap-go/shmap/internal/check"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

func BenchmarkRun(b *testing.B) {
	const n = 200_000
	for _, k := range []layout.Kind{layout.Int64, layout.String} {
		b.Run(k.String(), func(b *testing.B) {
			m, err := dict.Anonymous(dict.Options{Key: k, Value: k})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = m.Close() })
			for i := range n {
				op := dict.Op{Key: dict.Datum{W: uint64(i)}}
				if k == layout.String {
					op.Key.S = fmt.Sprint("key number ", i)
					op.Val.S = fmt.Sprint("value number ", i)
				}
				if err := m.Do(&op); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if p, err := check.Run(m.Segment(), nil); err != nil || len(p) > 0 {
					b.Fatal(p, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/entry")
		})
	}
}

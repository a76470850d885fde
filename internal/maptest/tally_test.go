package maptest

import (
	"strconv"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// tallySpecs are maps whose counters are changed by one plain store, and by transactions.
var tallySpecs = []Spec{
	{Key: layout.Int64, Value: layout.Int64},
	{Key: layout.Int64, Value: layout.Int64, TTL: 3_600_000},
	{Key: layout.Int32, Value: layout.Int32, Capacity: 100},
	{Key: layout.Int32, Value: layout.Int32, Capacity: 100, Policy: layout.PolicyS3},
}

// tallyRole counts for ever, and tells each time.
func tallyRole(p *Parent, args []string) error {
	spec, _ := strconv.Atoi(args[1])
	m, err := Open(args[0], tallySpecs[spec], nil)
	if err != nil {
		return err
	}
	for {
		if err := add(m, 3); err != nil {
			return err
		}
		p.Tell("1")
	}
}

// TestP01CountersKilled kills processes that share a counter: it holds all that was told, and at most one more for each
// death.
func TestP01CountersKilled(t *testing.T) {
	for i, spec := range tallySpecs {
		t.Run(spec.String(), func(t *testing.T) {
			path := places(t)["shm"] + strconv.Itoa(i)
			m, err := Open(path, spec, nil)
			m = Keep(t, m, err)
			const deaths, abreast = 24, 3
			told := make(chan int)
			slots := make(chan *Child, abreast)
			run := func() {
				c := Start(t, "tally", path, strconv.Itoa(i))
				slots <- c
				go func() {
					n := 0
					for _, ok := c.Line(); ok; _, ok = c.Line() {
						n++
					}
					told <- n
				}()
			}
			for range abreast {
				run()
			}
			sum := 0
			for n := range deaths {
				<-time.After(time.Duration(5+n%7) * time.Millisecond)
				c := <-slots
				c.Signal(9)
				sum += <-told
				c.Kill()
				if n < deaths-abreast {
					run()
				}
			}
			n, err := number(m, 3)
			if err != nil || n < uint64(sum) || n > uint64(sum+deaths) {
				t.Errorf("the counter is %d, told were %d by %d processes: %v", n, sum, deaths, err)
			}
			record.Count(t, "P1", "kills", deaths)
			record.Count(t, "P1", "acknowledged increments", sum)
			t.Logf("%d counted", n)
		})
	}
}

package proof

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/maptest"
	"github.com/shmap-go/shmap/internal/proof/record"
)

var document = flag.String("document", "", "write the table of what was stepped to this file")

func TestMain(m *testing.M) {
	Child()
	maptest.Main(m, roles())
}

// memoryDir is a directory in memory where there is one.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "shmap-proof-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// short are the scenarios of the short form: every mechanism once. SHMAP_LONG=1 takes all.
var short = map[string]bool{
	"int64-int64/store,absent-short":           true, // insert
	"int64-int64/store,absent-short,short":     true, // the same in the short transaction
	"int64-int64/add,present-long":             true, // one plain store
	"int64-int64/delete,present-long":          true,
	"int64-int64/split":                        true,
	"int64-int64/merge":                        true,
	"int64-int64/clear":                        true,
	"int64-int64,ttl/store-over-expired":       true,
	"int64-int64,clock/evict":                  true,
	"int64-int64,clock/evict,short":            true, // one transaction for both
	"int64-int64,s3/evict,short":               true,
	"int64-int64,ttl,clock/touch,present-long": true,
	"int64-int64,ttl,s3/evict-passing":         true,
	"string-string,ttl,s3/evict-remembered":    true,
	"string-string/store,present-long":         true, // blob for blob
	"string-string/store,present-long,short":   true,
	"string-string/take,present-long":          true,
	"string-int64,clock/batch-atomic":          true,
	"string-int64/insert,absent-long":          true,
	"string-int64,ttl/expire,present-short":    true,
}

// TestP01EveryInstruction steps operations one machine instruction at a time.
func TestP01EveryInstruction(t *testing.T) {
	s := &Stepper{Dir: memoryDir(t), Limit: 5_000_000}
	only, long := os.Getenv("SHMAP_ONLY"), os.Getenv("SHMAP_LONG") != ""
	var reports []Report
	scenarios := Scenarios()
	for _, sc := range scenarios {
		if only != "" && !strings.Contains(sc.Name, only) || only == "" && !long && !short[sc.Name] {
			continue
		}
		rep, err := s.Step(sc)
		if err != nil {
			t.Errorf("%s: %v", sc.Name, err)
			continue
		}
		t.Logf("%-45s %7d instructions %6d memories %6d repairs", rep.Scenario, rep.Instructions, rep.Distinct, rep.Repairs)
		reports = append(reports, rep)
	}
	if len(reports) == 0 {
		t.Error("no scenario was stepped")
	}
	var sum Report
	for _, r := range reports {
		sum.add(r)
	}
	record.Count(t, "P1", "operations stepped", len(reports))
	record.Count(t, "P1", "of so many operations", len(scenarios))
	record.Count(t, "P1", "instructions", sum.Instructions)
	record.Count(t, "P1", "different memories", sum.Distinct)
	record.Count(t, "P1", "deaths of the repairer", sum.Repairs)
	if *document != "" && !t.Failed() {
		if err := os.WriteFile(*document, []byte(table(reports, sum)), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// table is the document: what was stepped, and what it came to.
func table(reports []Report, sum Report) string {
	var b strings.Builder
	for _, r := range reports {
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", r.Scenario, r.Instructions, r.Distinct, r.Repairs)
	}
	return fmt.Sprintf("# Every instruction\n\nWritten by `make proof` on %s, %s/%s, %s.\n\n"+
		"A process is stepped through each operation with ptrace. At every instruction that changed the map's memory the memory is copied,\n"+
		"attached as if the process had died there, read, repaired, checked, and compared with the state before and after. *Repairs* are\n"+
		"copies taken at the stores of such a repair, of which the same is demanded.\n\n"+
		"**%d operations, %d instructions, %d distinct memories, %d repairs; no violation.**\n\n"+
		"| operation | instructions | memories | repairs |\n|---|---|---|---|\n%s",
		time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.Version(),
		len(reports), sum.Instructions, sum.Distinct, sum.Repairs, b.String())
}

// TestPlantedFaultUndoNothing: a repair that undoes nothing is noticed.
func TestPlantedFaultUndoNothing(t *testing.T) {
	s := &Stepper{Dir: memoryDir(t), Limit: 5_000_000, Lame: true}
	for _, sc := range Scenarios() {
		if sc.Name != "int64-int64/delete,present-long" {
			continue
		}
		if rep, err := s.Step(sc); err == nil {
			t.Errorf("a repair that undoes nothing passed: %+v", rep)
		} else {
			t.Logf("caught: %v", err)
		}
	}
}

// TestStepperOfAnyThread: a child whose operation is not on its first thread is stepped like any other, and its end does not
// keep the stepper waiting.
func TestStepperOfAnyThread(t *testing.T) {
	t.Setenv(envThread, "1")
	s := &Stepper{Dir: memoryDir(t), Limit: 5_000_000}
	for _, sc := range Scenarios() {
		if sc.Name != "int64-int64/add,present-long" {
			continue
		}
		done := make(chan error, 1)
		go func() {
			_, err := s.Step(sc)
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("the stepper does not end")
		}
	}
}

package proof

import (
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	Child()
	os.Exit(m.Run())
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

// TestP01EveryInstruction steps operations one machine instruction at a time. SHMAP_LONG=1 takes all scenarios, the short
// form every seventh.
func TestP01EveryInstruction(t *testing.T) {
	s := &Stepper{Dir: memoryDir(t), Limit: 2_000_000}
	var total Report
	for n, sc := range Scenarios() {
		if only := os.Getenv("SHMAP_ONLY"); only != "" && !strings.Contains(sc.Name, only) {
			continue
		} else if os.Getenv("SHMAP_LONG") == "" && only == "" && n%7 != 0 {
			continue
		}
		rep, err := s.Step(sc)
		if err != nil {
			t.Errorf("%s: %v", sc.Name, err)
			continue
		}
		t.Logf("%-40s %6d instructions %5d memories %5d repairs", rep.Scenario, rep.Instructions, rep.Distinct, rep.Repairs)
		total.Instructions += rep.Instructions
		total.Distinct += rep.Distinct
		total.Repairs += rep.Repairs
	}
	t.Logf("in all %d instructions, %d memories, %d repairs", total.Instructions, total.Distinct, total.Repairs)
}

package region_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"

	"github.com/shmap-go/shmap/internal/region"
)

// TestStoresStayInTheirOrder disassembles a function that stores to one word three times: all stores must be there, in the
// order of the source (I3). A compiler that drops one would take the ground from under every version and journal entry.
func TestStoresStayInTheirOrder(t *testing.T) {
	ws := make([]uint64, 2)
	region.Thrice(region.Of(ws))
	if ws[0] != 0x103 || ws[1] != 0x777 {
		t.Fatalf("the words are %#x", ws)
	}
	binary := filepath.Join(t.TempDir(), "region.test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go test -c: %v\n%s", err, out)
	}
	text, err := exec.Command("go", "tool", "objdump", "-s", `region\.Thrice$`, binary).CombinedOutput()
	if err != nil {
		t.Fatalf("go tool objdump: %v\n%s", err, text)
	}
	order := "(?s)"
	for _, v := range []string{"101", "777", "102", "103"} {
		order += `\$0x` + v + `, .*?`
	}
	if runtime.GOARCH == "arm64" {
		order = `(?s)STLR.*STLR.*STLR.*STLR`
	}
	if !regexp.MustCompile(order).Match(text) {
		t.Errorf("a store is missing or out of place:\n%s", text)
	}
}

package shmap_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestGuaranteesAreTested: README's table has a row for each promise, and each links tests that exist where it says, and
// what the last run of the proofs counted for it.
func TestGuaranteesAreTested(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	must(t, err)
	proof, err := os.ReadFile("docs/PROOF.md")
	must(t, err)
	link := regexp.MustCompile("\\[`(Test\\w+)`\\]\\(([^)]+)\\)")
	for p := 1; p <= 15; p++ {
		row := regexp.MustCompile(fmt.Sprintf(`(?m)^\| P%d \|.*$`, p)).FindString(string(readme))
		links := link.FindAllStringSubmatch(row, -1)
		if len(links) == 0 {
			t.Errorf("P%d: README links no test", p)
		}
		if !strings.Contains(row, fmt.Sprintf("(docs/PROOF.md#p%d)", p)) || !strings.Contains(string(proof), fmt.Sprintf("\n## P%d\n", p)) {
			t.Errorf("P%d: README does not link a section of docs/PROOF.md, or there is none", p)
		}
		for _, l := range links {
			text, err := os.ReadFile(l[2])
			if err != nil || !strings.Contains(string(text), "func "+l[1]+"(t *testing.T)") {
				t.Errorf("P%d: %s is not in %s (%v)", p, l[1], l[2], err)
			}
		}
	}
}

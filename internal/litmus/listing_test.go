package litmus_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/shmap-go/shmap/internal/proof/record"
)

// program is linked from all rooms. The compiler has put the methods of region.Ptr into functions of most of them, the hot
// ones above all.
const program, module = "cmd/shmap", "github.com/shmap-go/shmap/"

// An instruction is a line of a listing.
type instruction struct {
	function, file string // file of the source, without the line
	code           uint64
	name, operands string
}

var lineOf = regexp.MustCompile(`^(\S+\.(?:go|s)):\d+\s+0x[0-9a-f]+\s+([0-9a-f]+)\s+(\S+)\s*(.*)$`)

// listing disassembles what go build makes of the module for an architecture.
func listing(t *testing.T, goarch string) (out []instruction) {
	t.Helper()
	object := filepath.Join(t.TempDir(), goarch)
	build := exec.Command("go", "build", "-o", object, module+program)
	build.Env = append(os.Environ(), "GOARCH="+goarch)
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	text, err := exec.Command("go", "tool", "objdump", "-s", "^"+module, object).CombinedOutput()
	if err != nil {
		t.Fatalf("go tool objdump: %v\n%s", err, text)
	}
	function := ""
	for l := range strings.Lines(string(text)) {
		if f, ok := strings.CutPrefix(l, "TEXT "); ok {
			function, _, _ = strings.Cut(f, "(SB)")
		}
		if m := lineOf.FindStringSubmatch(strings.TrimSpace(l)); m != nil {
			code, _ := strconv.ParseUint(m[2], 16, 64) // 0 for the long ones of amd64
			out = append(out, instruction{function, m[1], code, m[3], m[4]})
		}
	}
	return out
}

// TestListing reads what the compiler made of the methods of region.Ptr, wherever it put them.
func TestListing(t *testing.T) {
	arm := listing(t, "arm64")
	t.Run("arm64 words", func(t *testing.T) { words(t, arm) })
	t.Run("arm64 bytes", func(t *testing.T) { bytes(t, arm) })
	t.Run("arm64 fences", func(t *testing.T) { fences(t, arm) })
	amd := listing(t, "amd64")
	t.Run("amd64 words", func(t *testing.T) { stores(t, amd) })
	t.Run("amd64 peeks", func(t *testing.T) { peeks(t, amd) })
}

// memory reports whether an instruction of arm64 uses memory other than the stack; R27 is where the linker puts addresses
// of globals.
func (i *instruction) memory() bool {
	return strings.Contains(i.operands, "(R") && !strings.Contains(i.operands, "(RSP") && !strings.Contains(i.operands, "(R27)")
}

// Atomic operations of ARMv8.1, which the disassembler does not know: compare and swap, set bits, clear bits, each with
// acquire and release.
func (i *instruction) isLSE() bool {
	for _, op := range []uint64{0xc8e0fc00, 0xf8e03000, 0xf8e01000} {
		if i.code&0xffe0fc00 == op {
			return true
		}
	}
	return false
}

// words: on arm64 loads of words are load-acquires, stores are store-releases, atomic operations are both, and the methods
// for words touch memory in no other way.
func words(t *testing.T, all []instruction) {
	count := map[string]int{}
	for _, i := range all {
		if i.file != "words_unsafe.go" && i.file != "store_atomic_unsafe.go" {
			continue
		}
		switch {
		case i.isLSE():
			count["atomic operations"]++
		case i.name == "LDAR" || i.name == "STLR" || i.name == "LDAXR" || i.name == "STLXR":
			count[i.name]++
		case i.name == "?" && i.code != 0 || i.memory():
			t.Errorf("%s: %s %s (%#x), from %s", i.function, i.name, i.operands, i.code, i.file)
		}
	}
	t.Log(count)
	for _, name := range []string{"LDAR", "STLR", "LDAXR", "STLXR", "atomic operations"} {
		if count[name] < 10 {
			t.Errorf("%d times %s: is this the right listing?", count[name], name)
		}
	}
	if count["LDAXR"] != count["STLXR"] || count["LDAXR"] != count["atomic operations"] {
		t.Error("an atomic operation is there for one kind of processor and not for the other")
	}
	record.Count(t, "P4", "load-acquires and store-releases in the listing for arm64", count["LDAR"]+count["STLR"])
}

// bytes: on arm64 a bulk copy to memory has a store fence before it, a bulk copy or comparison of memory a load fence behind
// it.
func bytes(t *testing.T, all []instruction) {
	copies, function, calls := 0, "", ""
	end := func() {
		if strings.NewReplacer("use load ", "", "store use ", "").Replace(calls) != "" {
			t.Errorf("%s: %s", function, calls)
		}
		calls = ""
	}
	for _, i := range all {
		if i.function != function {
			end()
			function = i.function
		}
		if i.file != "bytes_plain_unsafe.go" || i.name != "CALL" {
			continue
		}
		switch {
		case strings.Contains(i.operands, "region.loadFence"):
			calls += "load "
		case strings.Contains(i.operands, "region.storeFence"):
			calls += "store "
		case strings.Contains(i.operands, "runtime.memequal"), strings.Contains(i.operands, "runtime.memmove"):
			copies++
			calls += "use "
		}
	}
	end()
	if copies < 5 {
		t.Errorf("%d copies: is this the right listing?", copies)
	}
}

// peeks: on amd64 an ordinary load of a word lies behind the loads of level word and version, and before another one of the
// version. It is the compiler that keeps it there.
func peeks(t *testing.T, all []instruction) {
	order := map[string]string{} // of each function: L for a Load, P for a Peek
	for _, i := range all {
		switch {
		case !strings.Contains(i.operands, "(") || strings.Contains(i.operands, "(SP)"): // no memory but the stack
		case i.file == "peek_plain_unsafe.go":
			order[i.function] += "P"
		case i.file == "words_unsafe.go" && i.name == "MOVQ":
			order[i.function] += "L"
		}
	}
	between := regexp.MustCompile(`^LL+P+[LP]*L$`)
	batch := module + "internal/table.(*Quick).near" // aim has loaded the level words before it
	order[batch] = "L" + order[batch]
	n := 0
	for function, o := range order {
		if !strings.Contains(o, "P") || strings.HasSuffix(function, ".Peek") {
			continue
		}
		if n++; !between.MatchString(o) {
			t.Errorf("%s: %s", function, o)
		}
	}
	if n < 4 {
		t.Errorf("%d functions: is this the right listing?", n)
	}
}

// fences: on arm64 they are DMB ISHLD and DMB ISHST.
func fences(t *testing.T, all []instruction) {
	found := map[string]string{}
	for _, i := range all {
		if i.name == "DMB" {
			found[i.function] = i.operands
		}
	}
	for name, want := range map[string]string{"loadFence": "$9", "storeFence": "$10"} {
		if got := found[module+"internal/region."+name+".abi0"]; got != want {
			t.Errorf("%s is DMB %q, want %s", name, got, want)
		}
	}
}

var (
	amd64Store = regexp.MustCompile(`^\S+, \S*\(`)
	amd64Load  = regexp.MustCompile(`\(\S+, \w+$`)
)

// stores: on amd64 each store to a word is there, followed by the load that keeps the compiler from dropping it.
func stores(t *testing.T, all []instruction) {
	stores, loads := 0, 0
	for _, i := range all {
		if i.file != "store_plain_unsafe.go" || !strings.HasPrefix(i.name, "MOVQ") || strings.Contains(i.operands, "(SP)") {
			continue
		}
		pending := stores > loads
		switch {
		case amd64Store.MatchString(i.operands):
			if pending {
				t.Errorf("%s: a store without its load before %s", i.function, i.operands)
			}
			stores++
		case amd64Load.MatchString(i.operands):
			if !pending {
				t.Errorf("%s: the store of %s is missing", i.function, i.operands)
			}
			loads++
		}
	}
	t.Logf("%d stores, %d loads behind them", stores, loads)
	if stores < 50 || stores != loads {
		t.Errorf("%d stores and %d loads", stores, loads)
	}
}

package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"time"
)

// A step is one command.
type step struct {
	name    string
	promise string        // where it belongs in the document, unless the names of its tests say so
	about   time.Duration // that it takes
	when    when
	args    []string
}

// When a step runs.
type when int

const (
	beside when = iota // another one
	alone              // before all others, because it measures time
	last               // for the rest of the time, on all processors
)

// whole is how long a run takes at least: what is left of it goes to the last step. That has leastRest in any case.
const (
	whole     = 31 * time.Minute
	leastRest = 2 * time.Minute
	rest      = "rest" // stands for it among the arguments
)

// steps are all there are; those that take longest come first, as two run at the same time.
func steps(docs string) []step {
	return []step{
		{"locks of dead processes", "P3", 2 * time.Minute, alone, test("./internal/maptest", "TestP03")},
		{"every instruction", "P1", 14 * time.Minute, beside,
			append(test("./internal/proof", "TestP01EveryInstruction"), "-args", "-document", filepath.Join(docs, "PROOF-STEPS.md"))},
		{"every crash point", "P1", 8 * time.Minute, beside, test("./internal/maptest", "TestP01CrashPoints|TestP01ShortEvictions|TestP01OverwritesInCaches")},
		{"kill storms", "P1", 4 * time.Minute, beside, test("./internal/maptest", "TestP01KillStorm|TestP01CountersKilled")},
		{"headers, fuzzed", "P7", 2 * time.Minute, beside, fuzz("./internal/proof", "FuzzOpenHeader", "2m")},
		{"files, fuzzed", "P7", 2 * time.Minute, beside, fuzz("./internal/proof", "FuzzOpenFile", "2m")},
		{"torn values", "P2", 2 * time.Minute, beside, test("./internal/maptest", "TestP02")},
		{"histories", "P4", 2 * time.Minute, beside, test("./internal/proof", "TestP04")},
		{"ordered pairs", "P4", 3 * time.Minute, beside, test("./internal/litmus", "Test")},
		{"every interleaving", "P4", 2 * time.Minute, beside, explore("./internal/explore")},
		{"containers", "P5", time.Minute, beside, test("./internal/proof", "TestP05")},
		{"no space", "P6", time.Minute, beside, test("./internal/proof", "TestP06")},
		{"a hostile peer", "P7", 2 * time.Minute, beside, test("./internal/proof", "TestP07")},
		{"deadlines", "P8", time.Minute, beside, test("./internal/proof", "TestP08")},
		{"iteration", "P9", time.Minute, beside, test("./internal/maptest", "TestP09")},
		{"read-only handles", "P10", time.Minute, beside, test("./internal/maptest", "TestP10")},
		{"limits", "P11", time.Minute, beside, test("./internal/maptest", "TestP11")},
		{"limits of every kind", "P11", time.Minute, beside, test("./internal/proof", "TestP11")},
		{"every byte", "P12", time.Minute, beside, test("./internal/check", "TestFileHoldsWhatIsAccountedFor")},
		{"descriptors and mappings", "P12", time.Minute, beside, test("./internal/dict", "TestP12")},
		{"allocations", "P13", time.Minute, beside, test(".", "TestP13")},
		{"creators", "P14", time.Minute, beside, test("./internal/maptest", "TestP14")},
		{"copies and power cuts", "P15", time.Minute, beside, test("./internal/proof", "TestP15")},
		{"operations against the model", besides, 2 * time.Minute, beside, test("./internal/maptest", "TestOperations|TestSharedCounters")},
		{"the referee", besides, time.Minute, beside, test("./internal/check", "Test[^FP]")},
		{"the engine", besides, time.Minute, beside, test("./internal/dict", "Test[^P]")},
		{"a table of planted faults", besides, 5 * time.Minute, beside, []string{"go", "run", "./internal/planted"}},
		{"planted faults", besides, time.Minute, beside, test("./internal/maptest", "TestPlanted")},
		{"more planted faults", besides, time.Minute, beside, test("./internal/proof", "TestPlanted")},
		{"arm64", besides, 2 * time.Minute, beside, []string{"bash", ".ci/arm64"}},
		{"the command line, fuzzed", besides, time.Minute, beside, fuzz("./internal/cli/dialog", "FuzzLine", "30s")},
		{"words, fuzzed", besides, time.Minute, beside, fuzz("./internal/cli/word", "FuzzSplitQuoted", "30s")},
		{"strings, fuzzed", besides, time.Minute, beside, fuzz("./internal/cli/word", "FuzzAppendString", "30s")},
		{"operations, fuzzed", besides, leastRest, last, fuzz("./internal/maptest", "FuzzOperations", rest)},
	}
}

// besides are the steps that belong to no promise of their own.
const besides = "Besides"

func test(room, names string) []string {
	return []string{"go", "test", "-v", "-count=1", "-timeout=90m", "-run", "^(" + names + ")", room}
}

// explore tries small worlds; its long form would take more than all the rest.
func explore(room string) []string {
	return []string{"env", "SHMAP_LONG=", "go", "test", "-tags", "explore", "-v", "-count=1", "-timeout=90m", room}
}

// fuzz has one worker if another step runs beside it.
func fuzz(room, name, span string) []string {
	workers := 1
	if span == rest {
		workers = runtime.NumCPU()
	}
	return []string{"go", "test", "-run", "^$", "-fuzz", "^" + name + "$", "-fuzztime", span, fmt.Sprint("-parallel=", workers), room}
}

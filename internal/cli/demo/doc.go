// Package demo is the main job of a map on real input: several processes count the words of a corpus into one map,
// some are killed at work, and afterwards every count must be right. It knows processes, pipes and words; of the map
// it uses only what any caller may.
//
// How a count can be exact though a process was killed:
//
//	D1  A worker adds 1 to the map for every single word of its job, in the order of the text.
//	D2  When a batch of adds has returned, and before the next begins, it writes their number to its pipe: the
//	    acknowledgement.
//	D3  A pipe outlives its writer. So once a killed worker is reaped and its pipe is empty, the coordinator knows
//	    the number of acknowledged words of the job: n. The words before n are counted, those from n + batch on are
//	    not begun, and the words between, the ones in flight, have happened up to a point that nobody knows.
//	D4  The job goes back to the pile without the words in flight. These are noted, and their counts may be that
//	    much short at the end: then they had not happened, and are made up for. Any other difference is a failure.
package demo

import (
	"io"
	"os/exec"
	"time"
)

// Config is what a demo is made of.
type Config struct {
	Dir     string                      // every file below it is counted; "" is the Go source tree
	For     time.Duration               // how long the workers count
	Workers int                         // number of processes
	Worker  func(path string) *exec.Cmd // starts a process that calls Work
	Out     io.Writer                   // the report
	Words   io.Writer                   // progress
	Live    bool                        // Words is a terminal
}

package cli

import (
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// A command that passes over a whole map, takes no lock and is waited for by no program runs at the lowest priority, so that
// where all processors are busy those that use the map get more of them.

const leastUrgent = 19

// niceFlag is --nice, by which a user in a hurry has it otherwise.
type niceFlag int

func addNice(cmd *cobra.Command) {
	f := niceFlag(leastUrgent)
	cmd.Flags().Var(&f, "nice", fmt.Sprintf("scheduling priority, from 0 (as others) to %d (the lowest); see nice(1)", leastUrgent))
}

func (f *niceFlag) String() string { return strconv.Itoa(int(*f)) }
func (f *niceFlag) Type() string   { return "N" }
func (f *niceFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > leastUrgent {
		return fmt.Errorf("want a number from 0 to %d", leastUrgent)
	}
	*f = niceFlag(n)
	return nil
}

// niceOf is the priority that a command is to run at; 0 is that of the one who started it. One that holds locks is not to be
// slow, unless it was asked for.
func niceOf(cmd *cobra.Command) int {
	flag := cmd.Flags().Lookup("nice")
	if flag == nil {
		return 0
	}
	if held, _ := cmd.Flags().GetBool(perShard); held && !flag.Changed {
		return 0
	}
	return int(*flag.Value.(*niceFlag))
}

// giveWay makes every thread of this process, and those that they start, give way to others by so much. It makes none more urgent
// than it is, and leaves one as it is if the system does not allow it, or only says so.
func giveWay(nice int) {
	for pass, again := 0, true; again && pass < 10; pass++ { // a thread that was not yet told may have started another one
		again = false
		threads, _ := os.ReadDir("/proc/self/task")
		for _, t := range threads {
			id, _ := strconv.Atoi(t.Name())
			left, err := unix.Getpriority(unix.PRIO_PROCESS, id) // the system call says 20 less the priority
			if err == nil && 20-left < nice && unix.Setpriority(unix.PRIO_PROCESS, id, nice) == nil {
				again = true
			}
		}
	}
}

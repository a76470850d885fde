package demo

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// report tells the story: progress as words, results as data.
type report struct {
	Config
	crew  *crew
	start time.Time
	took  time.Duration
	hit   bool      // a worker died in mid-write
	told  time.Time // of the last line of progress
	n     int64     // words at that time
}

func (r *report) line(name, format string, args ...any) {
	fmt.Fprintf(r.Out, "%-11s %s\n", name, fmt.Sprintf(format, args...))
}

func (r *report) opening(path string) {
	c := r.crew.corpus
	r.line("corpus", "%s: %s files, %.1f MB", c.root, group(int64(len(c.files))), float64(c.bytes)/1e6)
	r.line("map", "%s (string -> int64)", path)
}

// progress writes a line to the terminal ten times a second, or one a second to a file.
func (r *report) progress(now time.Time) {
	every, format := time.Second, "%3d%%  %s words/s  %s words  %d at work  %d killed\n"
	if r.Live {
		every, format = 100*time.Millisecond, "\r"+format[:len(format)-1]+"\x1b[K"
	}
	if now.Sub(r.told) < every {
		return
	}
	n := r.crew.acked()
	rate := float64(n-r.n) / now.Sub(r.told).Seconds()
	r.told, r.n = now, n
	percent := min(100, 100*now.Sub(r.start)/r.For)
	fmt.Fprintf(r.Words, format, percent, group(int64(rate)), group(n), len(r.crew.alive), len(r.crew.dead))
}

// counted tells how the count went.
func (r *report) counted() {
	c := r.crew
	if r.Live {
		fmt.Fprint(r.Words, "\r\x1b[K")
	}
	n := c.acked()
	r.line("workers", "%d processes counted %s words in %.1f s, one write each: %s words/s",
		len(c.alive)+len(c.dead), group(n), r.took.Seconds(), group(int64(float64(n)/r.took.Seconds())))
	if len(c.dead) == 0 {
		return
	}
	how := "none of them in a write that had to be repaired"
	if r.hit {
		how = "the last in mid-write: a survivor repaired what it had begun"
	}
	r.line("killed", "%d of them with SIGKILL, %s", len(c.dead), how)
	all, held := c.longest()
	r.line("stall", "the longest write of a survivor took %v after the first kill, %v within %v of a kill",
		round(all), round(held), patience)
}

// verified tells what the comparison with the plain count found.
func (r *report) verified(got tally, missing int, plain time.Duration) {
	c := r.crew
	r.line("verified", "all %s acknowledged writes are there, none twice", group(c.acked()))
	r.line("in flight", "%d words were not acknowledged by the killed: %d were counted, %d were not and were made up for",
		len(c.inFlight), len(c.inFlight)-missing, missing)
	r.line("plain count", "one process with a Go map (%.1f s a pass) finds the same: %s different words, %s in all",
		plain.Seconds(), group(int64(len(got))), group(got.total()))
}

// closing tells about the map and shows the most frequent words.
func (r *report) closing(got tally) {
	s, err := r.crew.m.Stats(false)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	r.line("check", "every invariant of the map holds; %d repairs after a death in mid-write; %.0f bytes an entry",
		s.Recoveries, float64(s.FileBytes)/float64(max(1, s.Entries)))
	for _, w := range got.top(10) {
		r.line("top word", "%12s %s", group(got[w]), w)
	}
}

// group writes n with a comma after every three digits.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func round(d time.Duration) time.Duration { return d.Round(time.Microsecond) }

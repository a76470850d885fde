package demo

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// What a worker writes to its pipe: the number of adds that have returned since the last time (D2), at most batch,
// in one byte, or jobDone. A batch is long enough that a worker is in the map most of the time, where it is to be
// killed, and not in the kernel.
const (
	batch   = 64
	jobDone = 0
)

// job is one file to count, from word Skip on.
type job struct {
	Path string `json:"path"`
	Skip int    `json:"skip"`
	size int64  // bytes to count
	line int    // bytes of the job as it was sent
}

// slow is the longest add of a short window of time, in Unix nanoseconds and nanoseconds.
type slow struct {
	End  int64 `json:"end"`
	Took int64 `json:"took"`
}

// window is the time over which a worker keeps only the longest add.
const window = int64(10 * time.Millisecond)

// counter is the worker's side: it adds words to the map and keeps time.
type counter struct {
	m    *dict.Map
	op   dict.Op
	acks io.Writer
	slow []slow // one a window, in order
}

// Work is a worker process. It takes jobs from in, a JSON object each, counts them into the map at path,
// acknowledges on acks, and at the end of in writes its longest adds to out.
func Work(path string, in io.Reader, acks, out io.Writer) (err error) {
	c := &counter{acks: acks, op: dict.Op{Code: dict.OpAdd, Val: dict.Datum{W: 1}}}
	if c.m, err = dict.Open(path, dict.Options{Key: layout.String, Value: layout.Int64}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.m.Close()) }()
	for jobs := json.NewDecoder(in); ; {
		var j job
		err := jobs.Decode(&j)
		if errors.Is(err, io.EOF) {
			return json.NewEncoder(out).Encode(c.slow)
		}
		if err == nil {
			err = c.count(j)
		}
		if err != nil {
			return err
		}
	}
}

// count does one job.
func (c *counter) count(j job) error {
	text, err := os.ReadFile(j.Path)
	if err != nil {
		return err
	}
	skip, done := j.Skip, byte(0)
	for w := range words(string(text)) {
		if skip > 0 {
			skip--
			continue
		}
		if done == batch {
			if _, err := c.acks.Write([]byte{done}); err != nil {
				return err
			}
			done = 0
		}
		if err := c.add(w); err != nil {
			return err
		}
		done++
	}
	last := []byte{done, jobDone}
	if done == 0 {
		last = last[1:]
	}
	_, err = c.acks.Write(last)
	return err
}

// add counts one word and keeps the time it took.
func (c *counter) add(w string) error {
	c.op.Key.S = w
	start := time.Now()
	err := c.m.Do(&c.op)
	took := int64(time.Since(start))
	c.keep(slow{End: start.UnixNano() + took, Took: took})
	return err
}

func (c *counter) keep(s slow) {
	if n := len(c.slow); n == 0 || c.slow[n-1].End/window != s.End/window {
		c.slow = append(c.slow, s)
	} else if s.Took > c.slow[n-1].Took {
		c.slow[n-1] = s
	}
}

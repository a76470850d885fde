package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
)

// tick is how often the coordinator looks at the pipes; in between a worker is never waited for and never woken.
const tick = 2 * time.Millisecond

// crew is the coordinator: it hands out jobs, kills, and knows what was acknowledged.
type crew struct {
	corpus   *corpus
	spawn    func() *exec.Cmd
	m        *dict.Map
	deadline time.Time
	alive    []*process
	dead     []casualty
	pile     []job          // jobs of the dead
	next     int            // number of files handed out
	times    map[string]int // how often each file was handed out
	inFlight []string       // words that may have been counted or not (D4)
	slow     []slow         // the longest adds of the survivors
}

// casualty is a killed worker.
type casualty struct {
	pid   int
	at    time.Time
	acked int64
}

func (c *crew) hire() error {
	p, err := start(c.spawn())
	if err == nil {
		c.alive = append(c.alive, p)
	}
	return err
}

// run lets the crew count until the deadline; aside is called every tick.
func (c *crew) run(ctx context.Context, aside func(now time.Time) error) error {
	t := time.NewTicker(tick)
	defer t.Stop()
	for busy := true; busy; {
		busy = false
		for _, p := range c.alive {
			if err := c.tend(p); err != nil {
				return err
			}
			busy = busy || len(p.queue) > 0
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case now := <-t.C:
			if err := aside(now); err != nil {
				return err
			}
		}
		busy = busy || len(c.pile) > 0
	}
	return nil
}

// tend listens to a worker and gives it jobs.
func (c *crew) tend(p *process) error {
	if err := p.listen(); err != nil {
		return err
	}
	if p.ended {
		_ = p.cmd.Wait()
		return fmt.Errorf("worker %d ended of its own accord: %v", p.cmd.Process.Pid, p.cmd.ProcessState)
	}
	for p.hungry() {
		j, ok := c.job()
		if !ok {
			break
		}
		if err := p.give(j); err != nil {
			return err
		}
	}
	return nil
}

// job returns the next job: what the dead left first, then the files of the corpus, around and around.
func (c *crew) job() (job, bool) {
	if n := len(c.pile); n > 0 {
		j := c.pile[n-1]
		c.pile = c.pile[:n-1]
		return j, true
	}
	if time.Now().After(c.deadline) {
		return job{}, false
	}
	f := c.corpus.files[c.next%len(c.corpus.files)]
	c.next++
	c.times[f.path]++
	return job{Path: f.path, size: f.size}, true
}

// killOne kills the worker that is furthest into a job and puts its jobs back (D4).
func (c *crew) killOne() error {
	victim := 0
	for i, p := range c.alive {
		if p.inJob > c.alive[victim].inJob {
			victim = i
		}
	}
	p := c.alive[victim]
	c.alive = append(c.alive[:victim], c.alive[victim+1:]...)
	d := casualty{pid: p.cmd.Process.Pid, at: time.Now()}
	if err := p.kill(); err != nil {
		return err
	}
	d.acked = p.acked
	c.dead = append(c.dead, d)
	if len(p.queue) == 0 {
		return nil
	}
	c.pile = append(c.pile, p.queue[1:]...)
	return c.resume(p.queue[0], p.inJob)
}

// resume puts back what is left of j after acked words, and notes the words in flight.
func (c *crew) resume(j job, acked int) error {
	text, err := os.ReadFile(j.Path)
	if err != nil {
		return err
	}
	n := j.Skip + acked
	c.inFlight = append(c.inFlight, wordsFrom(string(text), n, batch)...)
	c.pile = append(c.pile, job{Path: j.Path, Skip: n + batch, size: j.size})
	return nil
}

// finish lets the survivors end.
func (c *crew) finish() error {
	for _, p := range c.alive {
		s, err := p.finish()
		if err != nil {
			return err
		}
		c.slow = append(c.slow, s...)
	}
	return nil
}

// abandon kills whoever is left; for the way out after an error.
func (c *crew) abandon() {
	for _, p := range c.alive {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// acked is the number of acknowledged words.
func (c *crew) acked() (n int64) {
	for _, p := range c.alive {
		n += p.acked
	}
	for _, d := range c.dead {
		n += d.acked
	}
	return n
}

// longest returns the longest add of a survivor: of all since the first kill, and of those that a kill may have held up,
// because they were under way within patience of it.
func (c *crew) longest() (all, held time.Duration) {
	for _, s := range c.slow {
		end, took := time.Unix(0, s.End), time.Duration(s.Took)
		for _, d := range c.dead {
			if end.Before(d.at) {
				continue
			}
			all = max(all, took)
			if end.Add(-took).Before(d.at.Add(patience)) {
				held = max(held, took)
			}
		}
	}
	return all, held
}

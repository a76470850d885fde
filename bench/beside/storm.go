package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// kill is about how long the killer waits from one worker to the next.
const kill = 50 * time.Millisecond

// A storm is workers at full speed, of which one after the other is killed and replaced.
type storm struct {
	p       *place
	slots   []slot
	workers []*worker
	kills   int
	stop    chan struct{}
	ended   chan error
}

type worker struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan error // has how it ended when it has
}

// raise starts a storm and returns when every worker has done something.
func raise(p *place) (*storm, error) {
	n := p.workers
	if err := os.RemoveAll(p.countsPath()); err != nil {
		return nil, err
	}
	slots, err := counts(p.countsPath(), n)
	if err != nil {
		return nil, err
	}
	s := &storm{p: p, slots: slots, workers: make([]*worker, n), stop: make(chan struct{}), ended: make(chan error, 1)}
	for i := range s.workers {
		if err := s.replace(i); err != nil {
			return nil, errors.Join(err, s.killAll())
		}
	}
	start := time.Now()
	for i := range slots {
		for slots[i].operations.Load() == 0 {
			if len(s.workers[i].ended) > 0 || time.Since(start) > patience {
				return nil, errors.Join(errors.New("a worker does nothing"), s.killAll())
			}
			time.Sleep(time.Millisecond)
		}
	}
	go func() { s.ended <- s.rage() }()
	return s, nil
}

// replace starts a worker in the place of the one that is there.
func (s *storm) replace(i int) error {
	w := &worker{
		cmd:   self(context.Background(), "worker", s.p.dir, strconv.Itoa(i), strconv.Itoa(len(s.slots))),
		ended: make(chan error, 1),
	}
	w.cmd.Stderr = &w.stderr
	if err := w.cmd.Start(); err != nil {
		return err
	}
	s.workers[i] = w
	go func() { w.ended <- w.cmd.Wait() }()
	return nil
}

// rage kills and replaces until it is told to stop, and then kills all.
func (s *storm) rage() error {
	for {
		select {
		case <-s.stop:
			return s.killAll()
		case <-time.After(kill/2 + rand.N(kill)):
		}
		i := rand.IntN(len(s.workers))
		err := s.workers[i].kill()
		s.kills++
		if err == nil {
			err = s.replace(i)
		} else {
			s.workers[i] = nil
		}
		if err != nil {
			return errors.Join(err, s.killAll())
		}
	}
}

func (s *storm) killAll() error {
	var wrong []error
	for _, w := range s.workers {
		if w != nil {
			wrong = append(wrong, w.kill())
		}
	}
	return errors.Join(wrong...)
}

// kill kills a worker and says whether something else had ended it before.
func (w *worker) kill() error {
	_ = w.cmd.Process.Kill()
	err := <-w.ended
	if status, ok := w.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return nil
	}
	return fmt.Errorf("%w: %v: %s", errWorker, err, strings.TrimSpace(w.stderr.String()))
}

// end ends the storm.
func (s *storm) end() error {
	close(s.stop)
	return <-s.ended
}

// done is the number of operations so far.
func (s *storm) done() uint64 {
	n := uint64(0)
	for i := range s.slots {
		n += s.slots[i].operations.Load()
	}
	return n
}

// calm forgets the stalls.
func (s *storm) calm() {
	for i := range s.slots {
		s.slots[i].stall.Store(0)
	}
}

// stall is the longest that a worker waited since then.
func (s *storm) stall() time.Duration {
	longest := int64(0)
	for i := range s.slots {
		longest = max(longest, s.slots[i].stall.Load())
	}
	return time.Duration(longest)
}

package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// A worker is given jobs ahead so that it never waits for the coordinator, but no more than the pipe holds: the
// coordinator must never wait for the worker.
const (
	aheadText  = 256 << 10 // bytes to count
	aheadLines = 32 << 10  // bytes of jobs
)

// process is the coordinator's side of a worker.
type process struct {
	cmd    *exec.Cmd
	jobs   io.WriteCloser
	acks   int // read end of the pipe of acknowledgements; reading never blocks
	report bytes.Buffer
	queue  []job // given and not done; the first is being counted
	text   int64 // bytes to count in the queue
	lines  int   // bytes of the queue as it was sent
	inJob  int   // acknowledged words of the first job
	acked  int64 // acknowledged words in all
	ended  bool  // the pipe is empty for good
}

// start starts cmd as a worker; it acknowledges on its descriptor 3.
func start(cmd *exec.Cmd) (*process, error) {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	writer := os.NewFile(uintptr(pipe[1]), "acknowledgements")
	defer writer.Close()
	p := &process{cmd: cmd, acks: pipe[0]}
	cmd.ExtraFiles = []*os.File{writer}
	cmd.Stdout, cmd.Stderr = &p.report, os.Stderr
	var err error
	if p.jobs, err = cmd.StdinPipe(); err == nil {
		err = cmd.Start()
	}
	if err == nil {
		err = unix.SetNonblock(p.acks, true)
	}
	if err != nil {
		unix.Close(p.acks)
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	return p, nil
}

// hungry reports whether the worker should be given another job.
func (p *process) hungry() bool {
	return len(p.queue) < 2 || p.text < aheadText && p.lines < aheadLines
}

func (p *process) give(j job) error {
	line, err := json.Marshal(j)
	if err != nil {
		return err
	}
	j.line = len(line) + 1
	p.queue = append(p.queue, j)
	p.text += j.size
	p.lines += j.line
	_, err = p.jobs.Write(append(line, '\n'))
	return err
}

// listen takes in all acknowledgements that are there.
func (p *process) listen() error {
	var buf [1 << 16]byte
	for !p.ended {
		n, err := unix.Read(p.acks, buf[:])
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return os.NewSyscallError("read", err)
		case n == 0:
			p.ended = true
		default:
			p.take(buf[:n])
		}
	}
	return nil
}

func (p *process) take(acks []byte) {
	for _, n := range acks {
		if n == jobDone {
			p.text -= p.queue[0].size
			p.lines -= p.queue[0].line
			p.queue, p.inJob = p.queue[1:], 0
			continue
		}
		p.acked += int64(n)
		p.inJob += int(n)
	}
}

// kill kills the worker and takes in its last acknowledgements (D3).
func (p *process) kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = p.cmd.Wait() // "signal: killed"
	err := p.listen()
	return errors.Join(err, unix.Close(p.acks))
}

// finish lets the worker end and returns its longest adds.
func (p *process) finish() ([]slow, error) {
	if err := errors.Join(p.jobs.Close(), p.cmd.Wait(), unix.Close(p.acks)); err != nil {
		return nil, fmt.Errorf("worker %d: %w", p.cmd.Process.Pid, err)
	}
	var s []slow
	return s, json.Unmarshal(p.report.Bytes(), &s)
}

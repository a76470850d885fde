package proof

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/layout"
)

// The child's environment: which scenario, the files of the map and of the control word, and whether it runs on another thread
// than the first.
const (
	envScenario = "SHMAP_PROOF_SCENARIO"
	envMap      = "SHMAP_PROOF_MAP"
	envControl  = "SHMAP_PROOF_CONTROL"
	envThread   = "SHMAP_PROOF_THREAD"
)

// Phases of the child, in the control word.
const (
	phaseReady = iota
	phaseInside
	phaseReturned
)

// Report is what stepping one scenario came to.
type Report struct {
	Scenario     string
	Instructions int // stepped between call and return
	Distinct     int // different memories met, those of dying repairers included
	Repairs      int // copies judged of maps under repair
}

func (r *Report) add(other Report) {
	r.Instructions += other.Instructions
	r.Distinct += other.Distinct
	r.Repairs += other.Repairs
}

// Stepper steps children of the running binary, which must call Child at its start. limit is the most instructions to
// step in one operation.
type Stepper struct {
	Dir   string // for the files; in memory, if possible
	Limit int
	Lame  bool // planted fault: repairs undo nothing
}

// Step steps one scenario from its call to its return and judges every memory it meets.
func (s *Stepper) Step(sc *Scenario) (rep Report, err error) {
	rep.Scenario = sc.Name
	runtime.LockOSThread() // ptrace calls must come from the thread that attached
	defer runtime.UnlockOSThread()
	c, err := s.start(sc)
	if err != nil {
		return rep, err
	}
	defer c.stop()
	before := c.image()
	var images [][]uint64
	var inside []int
	last := c.raw(nil)
	for steps := 0; ; steps++ {
		if steps > s.Limit {
			return rep, fmt.Errorf("no return after %d instructions", s.Limit)
		}
		phase := c.control[0]
		if raw := c.raw(last); raw != nil {
			last = raw
			images, inside = append(images, words(raw)), append(inside, int(phase))
		}
		if phase == phaseInside {
			rep.Instructions++
		}
		if phase == phaseReturned {
			break
		}
		if err := c.step(); err != nil {
			return rep, err
		}
	}
	after := c.image()
	if n := buckets(after) - buckets(before); sc.Buckets != 0 && n != sc.Buckets {
		return rep, fmt.Errorf("%d more buckets, want %d", n, sc.Buckets)
	}
	judge, err := NewJudge(before, after, sc.Between)
	if err != nil {
		return rep, err
	}
	judge.lame = s.Lame
	for n, image := range append(images, after) {
		if !judge.New(image) {
			continue
		}
		if err := judge.Crash(image, n == len(images) || inside[n] == phaseReturned); err != nil {
			return rep, fmt.Errorf("memory %d of %d: %w", n, len(images), err)
		}
	}
	rep.Distinct, rep.Repairs = judge.Distinct(), judge.Repairs
	return rep, nil
}

// buckets is how many buckets the table has in an image.
func buckets(image []uint64) int {
	return int(layout.Lo(image[layout.ShardsAt/8+layout.ShLevel]))
}

// child is a stopped thread of a child process.
type child struct {
	cmd     *exec.Cmd
	tid     int
	mapFile *os.File
	memory  []byte // the map, mapped large
	control []byte
}

func (s *Stepper) start(sc *Scenario) (*child, error) {
	path, control := s.Dir+"/map", s.Dir+"/control"
	_ = os.Remove(path)
	if err := os.WriteFile(control, make([]byte, layout.Page), 0o600); err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command("/proc/self/exe", "-test.run=^$")}
	c.cmd.Env = append(os.Environ(), envScenario+"="+sc.Name, envMap+"="+path, envControl+"="+control,
		"GODEBUG=asyncpreemptoff=1", "GOGC=off")
	c.cmd.Stderr = os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if err := c.catch(path, control, in, out); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// catch attaches to the child's thread, which waits for a byte, stops it and gives it the byte.
func (c *child) catch(path, control string, in io.Writer, out io.Reader) error {
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("the child said %q: %w", line, err)
	}
	if c.tid, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		return err
	}
	if c.mapFile, err = os.Open(path); err != nil {
		return err
	}
	if c.memory, err = unix.Mmap(int(c.mapFile.Fd()), 0, 1<<30, unix.PROT_READ, unix.MAP_SHARED|unix.MAP_NORESERVE); err != nil {
		return err
	}
	f, err := os.Open(control)
	if err != nil {
		return err
	}
	defer f.Close()
	if c.control, err = unix.Mmap(int(f.Fd()), 0, layout.Page, unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return err
	}
	if err := unix.PtraceSeize(c.tid); err != nil {
		return fmt.Errorf("ptrace: %w", err)
	}
	if err := unix.PtraceInterrupt(c.tid); err != nil {
		return err
	}
	if err := c.wait(); err != nil {
		return err
	}
	_, err = in.Write([]byte{1})
	return err
}

func (c *child) wait() error {
	for {
		var ws unix.WaitStatus
		_, err := unix.Wait4(c.tid, &ws, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		case ws.Exited() || ws.Signaled():
			return fmt.Errorf("the child ended: %v", ws)
		}
		return nil
	}
}

// reap takes the death of a traced thread that is not the first of its process, which is not said to be dead before.
func (c *child) reap() {
	for {
		var ws unix.WaitStatus
		_, err := unix.Wait4(c.tid, &ws, unix.WALL, nil)
		if errors.Is(err, unix.EINTR) || err == nil && !ws.Exited() && !ws.Signaled() {
			continue
		}
		return
	}
}

// step lets the thread run one instruction.
func (c *child) step() error {
	if err := unix.PtraceSingleStep(c.tid); err != nil {
		return err
	}
	return c.wait()
}

func (c *child) stop() {
	_ = c.cmd.Process.Kill()
	if c.tid != 0 && c.tid != c.cmd.Process.Pid {
		c.reap()
	}
	_, _ = c.cmd.Process.Wait()
	if c.memory != nil {
		_ = unix.Munmap(c.memory)
	}
	if c.control != nil {
		_ = unix.Munmap(c.control)
	}
	if c.mapFile != nil {
		_ = c.mapFile.Close()
	}
}

// raw copies the memory without the participants, if it differs from last.
func (c *child) raw(last []byte) []byte {
	st, err := c.mapFile.Stat()
	if err != nil {
		return nil
	}
	head, rest := c.memory[:2*layout.Page], c.memory[layout.ShardsAt:st.Size()]
	if last != nil && len(last) == len(head)+len(rest) && bytes.Equal(last[:len(head)], head) && bytes.Equal(last[len(head):], rest) {
		return nil
	}
	return append(bytes.Clone(head), rest...)
}

// image is the whole memory as words.
func (c *child) image() []uint64 { return words(c.raw(nil)) }

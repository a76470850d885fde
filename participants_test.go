package shmap_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/shmap-go/shmap"
)

// stayChild attaches the map named by its argument, says so, and stays until its standard input ends.
func stayChild() error {
	m, err := shmap.Open[int64, int64](os.Args[1], shmap.Options{})
	if err != nil {
		return err
	}
	fmt.Println("attached")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, m.Close())
}

// stay starts a process that is attached when stay returns.
func stay(t *testing.T, path string) (child *exec.Cmd, leave func()) {
	t.Helper()
	child = exec.Command(os.Args[0], path)
	child.Env = append(os.Environ(), childEnv+"=stay")
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	must(t, err)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	t.Cleanup(func() { _ = child.Process.Kill(); _ = child.Wait() }) // it may be gone
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "attached\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	return child, func() { must(t, in.Close()); must(t, child.Wait()) }
}

// participants are those that m shows, Incarnation aside.
func participants[K shmap.Key, V shmap.Value](t *testing.T, m *shmap.Map[K, V]) []shmap.Participant {
	t.Helper()
	ps, err := m.Participants()
	must(t, err)
	for i := range ps {
		if ps[i].Incarnation == 0 {
			t.Errorf("a participant without an incarnation: %+v", ps[i])
		}
		ps[i].Incarnation = 0
	}
	return ps
}

// One process leaves, one is killed, one stays: every kind of handle sees who is alive, and disturbs nothing.
func TestParticipants(t *testing.T) {
	path := tempPath(t)
	m := open[int64, int64](t, path, shmap.Options{})
	must(t, m.Store(1, 1))
	reader := open[int64, int64](t, path, shmap.Options{ReadOnly: true})
	_, leave := stay(t, path)
	killed, _ := stay(t, path)
	stays, _ := stay(t, path)

	me := shmap.Participant{Number: 0, PID: os.Getpid(), Alive: true, Self: true}
	one := func(n int, c *exec.Cmd, alive bool) shmap.Participant {
		return shmap.Participant{Number: n, PID: c.Process.Pid, Alive: alive}
	}
	all := participants(t, m)
	want(t, "all alive", all, []shmap.Participant{me, {Number: 1, PID: all[1].PID, Alive: true}, one(2, killed, true), one(3, stays, true)})

	leave()
	must(t, killed.Process.Kill())
	_ = killed.Wait() // it was killed, and is gone with its locks
	all[1].Alive, all[2].Alive = false, false
	want(t, "after two deaths", participants(t, m), all)

	before, err := os.ReadFile(path)
	must(t, err)
	all[0].Self = false
	want(t, "read-only", participants(t, reader), all)
	after, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("the map is not what it was")
	}

	again, _ := stay(t, path)
	all[1] = one(1, again, true)
	want(t, "a number is taken again", participants(t, reader), all)
	ps, err := reader.Participants()
	must(t, err)
	want(t, "its incarnation", ps[1].Incarnation, uint64(2))
	want(t, "alive ones", reader.Stats().Participants, 3)
}

// The file has been cut off, or the handle is closed: that is an error, not a crash.
func TestParticipantsOfNoMap(t *testing.T) {
	path := tempPath(t)
	m, err := shmap.Open[int64, int64](path, shmap.Options{})
	must(t, err)
	reader, err := shmap.Open[int64, int64](path, shmap.Options{ReadOnly: true})
	must(t, err)
	must(t, m.Close())
	if _, err := m.Participants(); !errors.Is(err, shmap.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	must(t, os.Truncate(path, 5000))
	if _, err := reader.Participants(); !errors.Is(err, shmap.ErrCorrupt) {
		t.Errorf("cut off: %v", err)
	}
	must(t, reader.Close())
}

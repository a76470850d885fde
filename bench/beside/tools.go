package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
)

// A tool is a command that is measured.
type tool struct {
	name string
	how  string // it is used, for the document
	use  func(t *turn) error
	// after looks at what the command made, when the turn is over. nil: nothing.
	after func(p *place) error
}

func tools() []tool {
	return []tool{
		{"top", "`shmap top` in a terminal of 120x40, at its interval of 1 s", useTop, nil},
		{"serve", "`shmap serve --http --resp`; a client gets the page of the map and `/metrics` once a second, as somebody who watches", func(t *turn) error {
			return useServe(t, time.Hour)
		}, nil},
		{"serve under load", "the same, and the client asks for one key by RESP every millisecond, too", func(t *turn) error {
			return useServe(t, time.Millisecond)
		}, nil},
		{"export", "`shmap export -o FILE`, again and again; every entry that nobody changes must be in the last file", func(t *turn) error {
			return t.again(`^exported \d+ entries to `, "export", t.p.mapPath(), "-o", t.p.exported())
		}, exported},
		{"snapshot", "`shmap snapshot`, again and again; the last one must pass `shmap verify` and `shmap check` and have every entry that nobody changes", func(t *turn) error {
			return t.again(`: a snapshot of \d+ entries$`, "snapshot", t.p.mapPath(), t.p.snapshot())
		}, snapped},
		{"check", "`shmap check`, again and again", func(t *turn) error {
			return t.again("", "check", t.p.mapPath())
		}, nil},
	}
}

func (p *place) exported() string { return filepath.Join(p.dir, "map.jsonl") }
func (p *place) snapshot() string { return filepath.Join(p.dir, "map.snap") }

// A turn is a while in which something runs beside the storm.
type turn struct {
	p     *place
	ctx   context.Context // ends when whatever runs should have ended long ago
	start time.Time
	d     time.Duration

	cpu  time.Duration // of the commands that ran
	runs int           // of the command that is measured
}

// again runs a command until the turn is over, or nearly so if another run would take it far beyond its end.
func (t *turn) again(says string, args ...string) error {
	for last := time.Duration(0); t.runs == 0 || time.Since(t.start)+last/2 < t.d; {
		began := time.Now()
		cmd := exec.CommandContext(t.ctx, t.p.shmap, args...)
		t.runs++
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := t.ends("shmap "+args[0], cmd, &stderr, says, cmd.Run()); err != nil {
			return err
		}
		last = time.Since(began)
	}
	return nil
}

// ends judges how a command ended: its status is 0, and each line that it says is one of those it says when all is well.
func (t *turn) ends(name string, cmd *exec.Cmd, stderr *bytes.Buffer, says string, err error) error {
	if cmd.ProcessState != nil {
		t.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if t.ctx.Err() != nil {
		err = errors.Join(err, errors.New("it did not end"))
	}
	text := strings.TrimSpace(stderr.String())
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, text)
	}
	fine := regexp.MustCompile(says)
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); says == "" || !fine.MatchString(line) {
			return fmt.Errorf("%s: it ended with 0 and said: %s", name, line)
		}
	}
	return nil
}

// useTop looks at shmap top until the turn is over, and presses q.
func useTop(t *turn) error {
	cmd := exec.CommandContext(t.ctx, t.p.shmap, "top", t.p.mapPath())
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		return err
	}
	defer terminal.Close()
	t.runs++
	shown := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(terminal) // ends with an error when the command has
		shown <- string(b)
	}()
	time.Sleep(t.d - time.Since(t.start))
	_, pressed := terminal.WriteString("q")
	if err := errors.Join(pressed, t.ends("shmap top", cmd, &stderr, "", cmd.Wait())); err != nil {
		return err
	}
	if s := <-shown; !strings.Contains(s, "entries") {
		return fmt.Errorf("shmap top showed %.200q", s)
	}
	return nil
}

// useServe starts the server, lets a client use it until the turn is over, and interrupts it. every is the time between two keys.
func useServe(t *turn, every time.Duration) error {
	web, resp := filepath.Join(t.p.dir, "http"), filepath.Join(t.p.dir, "resp")
	server := exec.CommandContext(t.ctx, t.p.shmap, "serve", t.p.mapPath(), "--http", "unix:"+web, "--resp", "unix:"+resp)
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var stderr bytes.Buffer
	server.Stderr = &stderr
	if err := server.Start(); err != nil {
		return err
	}
	t.runs++
	ctx, stop := context.WithCancel(t.ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- server.Wait()
		stop() // the client has nobody to wait for
	}()
	client := self(ctx, "client", t.p.dir, web, resp, t.d.String(), every.String())
	var complaint bytes.Buffer
	client.Stderr = &complaint
	err := t.ends("the client of shmap serve", client, &complaint, "", client.Run())
	_ = server.Process.Signal(os.Interrupt)
	return errors.Join(t.ends("shmap serve", server, &stderr, `^shmap: (serving|dashboard|RESP)\b`, <-ended), err)
}

// exported finds the entries that nobody changes in the last export.
func exported(p *place) error {
	b, err := os.ReadFile(p.exported())
	if err != nil {
		return err
	}
	t, err := readText(p.textPath())
	if err != nil {
		return err
	}
	found := 0
	for line := range bytes.Lines(b) {
		if bytes.HasPrefix(line, []byte(`{"key":"keep`)) {
			found++
		}
	}
	for i := range kept {
		line := fmt.Sprintf(`{"key":%q,"value":%q,"ttl_ms":0}`, t.key(i), t.value(i, longest/2))
		if !bytes.Contains(b, []byte(line)) {
			return fmt.Errorf("shmap export: there is no %s", line)
		}
	}
	if found != kept {
		return fmt.Errorf("shmap export: %d of %d entries that nobody changes", found, kept)
	}
	return nil
}

// snapped looks at the last snapshot.
func snapped(p *place) error {
	for _, word := range []string{"verify", "check"} {
		if out, err := exec.Command(p.shmap, word, p.snapshot()).CombinedOutput(); err != nil {
			return fmt.Errorf("shmap %s of a snapshot: %w: %s", word, err, strings.TrimSpace(string(out)))
		}
	}
	return p.holds(p.snapshot())
}

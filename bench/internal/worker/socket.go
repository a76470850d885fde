package worker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A socket is a connection to a server on this machine. It waits in the system call, which is the fastest way to wait
// for one answer; package net would go through its poller.
type socket struct {
	fd     int
	out    []byte
	in     []byte // what has come and is not yet used
	buffer []byte // where it lies
}

const socketName = "socket"

func dial(dir string) (*socket, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: filepath.Join(dir, socketName)}); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &socket{fd: fd, buffer: make([]byte, 1<<16)}, nil
}

// send sends what was appended to out.
func (s *socket) send() error {
	for len(s.out) > 0 {
		n, err := unix.Write(s.fd, s.out)
		if err != nil && err != unix.EINTR {
			return err
		}
		s.out = s.out[max(0, n):]
	}
	return nil
}

// more waits for more input.
func (s *socket) more() error {
	used := copy(s.buffer, s.in)
	if used == len(s.buffer) {
		return errors.New("an answer is too long")
	}
	n, err := unix.Read(s.fd, s.buffer[used:])
	if err == unix.EINTR {
		n, err = 0, nil
	} else if err == nil && n == 0 {
		err = errors.New("the server has closed the connection")
	}
	s.in = s.buffer[:used+max(0, n)]
	return err
}

// line returns the next line of the answer, without its end.
func (s *socket) line() ([]byte, error) {
	for {
		if i := bytes.Index(s.in, []byte("\r\n")); i >= 0 {
			line := s.in[:i]
			s.in = s.in[i+2:]
			return line, nil
		}
		if err := s.more(); err != nil {
			return nil, err
		}
	}
}

// body appends the next n bytes of the answer to dst, and skips the end of line after them.
func (s *socket) body(dst []byte, n int) ([]byte, error) {
	for len(s.in) < n+2 {
		if err := s.more(); err != nil {
			return dst, err
		}
	}
	dst = append(dst, s.in[:n]...)
	s.in = s.in[n+2:]
	return dst, nil
}

// listen starts a program that listens on the socket in dir.
func listen(dir, name string, args ...string) (stop func(), err error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	for range 500 {
		s, err := dial(dir)
		if err == nil {
			return stop, unix.Close(s.fd)
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	return nil, fmt.Errorf("%s does not listen after five seconds", name)
}

func redisServer(dir string) (func(), error) {
	return listen(dir, "redis-server", "--port", "0", "--unixsocket", filepath.Join(dir, socketName),
		"--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning", "--logfile", "/dev/null")
}

func memcachedServer(dir string) (func(), error) {
	args := []string{"-s", filepath.Join(dir, socketName), "-m", "256"}
	if os.Geteuid() == 0 {
		args = append(args, "-u", "root")
	}
	return listen(dir, "memcached", args...)
}

// number reads a decimal number.
func number(b []byte) (int, error) { return strconv.Atoi(string(b)) }

package worker

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// A System is a store that processes can share, or a way to reach one.
type System struct {
	Name string
	// find says why the system cannot be used here, and prepares it in the directory dir if it can.
	find func(dir string) error
	// serve starts the server that the workers speak to. It may be nil.
	serve func(dir string) (stop func(), err error)
	// command is that of a worker; the number of the worker follows as an argument, then how many there are.
	command func(dir string) *exec.Cmd
}

// ErrMissing is wrapped by the errors that say that a peer is not installed.
var ErrMissing = errors.New("missing")

// Env is the environment variable that makes this program a worker: its value is the kind of store and the directory.
const Env = "SHMAP_BENCH_WORKER"

// NewTeam starts n workers of a system in the directory dir, which holds the file of entries, and loads the entries.
func NewTeam(s System, dir string, n int) (t *Team, err error) {
	if s.find != nil {
		if err := s.find(dir); err != nil {
			return nil, err
		}
	}
	t = &Team{}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	if s.serve != nil {
		stop, err := s.serve(dir)
		if err != nil {
			return t, err
		}
		t.stop = append(t.stop, stop)
	}
	for i := range n {
		cmd := s.command(dir)
		cmd.Args = append(cmd.Args, strconv.Itoa(i), strconv.Itoa(n))
		w, err := start(cmd)
		if err != nil {
			return t, err
		}
		t.workers = append(t.workers, w)
		if i == 0 { // some stores must be there before others may open them
			if err := w.say("load"); err != nil {
				return t, err
			}
			if err := w.expect("loaded"); err != nil {
				return t, err
			}
		}
	}
	return t, nil
}

// Systems are those that several processes can share. The first is ours.
func Systems() []System {
	return []System{
		Shmap(),
		{Name: "LMDB", find: buildLMDB, command: func(dir string) *exec.Cmd { return exec.Command(filepath.Join(dir, "lmdb"), dir) }},
		perl("Hash::SharedMem"),
		{Name: "Redis", find: program("redis-server"), serve: redisServer, command: self("redis")},
		{Name: "memcached", find: program("memcached"), serve: memcachedServer, command: self("memcached")},
		perl("Cache::FastMmap"),
		perl("BerkeleyDB"),
		perl("LMDB_File"),
	}
}

// Shmap is our own map.
func Shmap() System { return System{Name: "shmap", command: self("shmap")} }

// Bolt is bbolt, which one process at a time can have open.
func Bolt() System { return System{Name: "bbolt", command: self("bbolt")} }

// self runs this program as a worker.
func self(kind string) func(string) *exec.Cmd {
	return func(dir string) *exec.Cmd {
		cmd := exec.Command("/proc/self/exe", dir)
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s", Env, kind))
		return cmd
	}
}

// program finds a program in the path.
func program(name string) func(string) error {
	return func(string) error {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%w: %s is not installed", ErrMissing, name)
		}
		return nil
	}
}

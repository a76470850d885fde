package proof

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
)

type mapUnderTest = dict.Map

// Scenario is one operation in one state of one kind of map.
type Scenario struct {
	Name    string
	Spec    maptest.Spec
	Setup   func(m *mapUnderTest) error
	Op      func(m *mapUnderTest) error
	Between []func(m *mapUnderTest) error // what Op does before, as operations of their own
	Buckets int                           // if not 0, how many more there are afterwards
}

// Child runs the scenario that the environment names, if it names one, and does not return then.
func Child() {
	name := os.Getenv(envScenario)
	if name == "" {
		return
	}
	err := error(nil)
	if os.Getenv(envThread) == "" {
		err = runChild(name)
	} else { // on a thread that is not the first of the process
		runtime.LockOSThread()
		done := make(chan error)
		go func() { done <- runChild(name) }()
		err = <-done
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "proof child:", name+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runChild(name string) error {
	runtime.LockOSThread()
	var sc *Scenario
	for _, s := range Scenarios() {
		if s.Name == name {
			sc = s
		}
	}
	if sc == nil {
		return fmt.Errorf("no such scenario")
	}
	f, err := os.OpenFile(os.Getenv(envControl), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	control, err := unix.Mmap(int(f.Fd()), 0, layout.Page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	m, err := maptest.Open(os.Getenv(envMap), sc.Spec, maptest.NewClock())
	if err == nil && sc.Setup != nil {
		err = sc.Setup(m)
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Println(unix.Gettid()); err != nil {
		return err
	}
	var b [1]byte
	_, _ = unix.Read(0, b[:]) // the parent attaches meanwhile
	control[0] = phaseInside
	err = sc.Op(m)
	control[0] = phaseReturned
	if err != nil {
		return err
	}
	_, _ = unix.Read(0, b[:])
	return nil
}

// kind is one kind of map that scenarios run on.
type kind struct {
	name string
	spec maptest.Spec
	key  func(i int) dict.Datum
	val  func(i int) dict.Datum
}

func number(i int) dict.Datum { return dict.Datum{W: uint64(i)} }

// text is long for odd numbers, and fits the slot for even ones.
func text(i int) dict.Datum {
	if i%2 == 0 {
		return dict.Datum{S: fmt.Sprint(i)}
	}
	return dict.Datum{S: fmt.Sprint(i, "-", strings.Repeat("x", 20+i%30))}
}

func kinds() (out []kind) {
	for _, base := range []kind{
		{"int64-int64", maptest.Spec{Key: layout.Int64, Value: layout.Int64}, number, number},
		{"string-string", maptest.Spec{Key: layout.String, Value: layout.String}, text, text},
		{"string-int64", maptest.Spec{Key: layout.String, Value: layout.Int64}, text, number},
	} {
		for _, v := range []struct {
			name string
			set  func(s *maptest.Spec)
		}{
			{"", func(*maptest.Spec) {}},
			{",ttl", func(s *maptest.Spec) { s.TTL = 60_000 }},
			{",clock", func(s *maptest.Spec) { s.Capacity = 40 }},
			{",ttl,clock", func(s *maptest.Spec) { s.Capacity, s.HasTTL = 40, true }},
			{",ttl,s3", func(s *maptest.Spec) { s.Capacity, s.HasTTL, s.Policy = 40, true, layout.PolicyS3 }},
			{",s3", func(s *maptest.Spec) { s.Capacity, s.Policy = 40, layout.PolicyS3 }},
		} {
			if v.name == ",s3" && base.spec.Key == layout.String { // what it has of its own is the short way of integers
				continue
			}
			k := base
			k.name += v.name
			v.set(&k.spec)
			out = append(out, k)
		}
	}
	return out
}

package proof

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

type mapUnderTest = dict.Map

// Scenario is one operation in one state of one kind of map.
type Scenario struct {
	Name    string
	Options dict.Options
	Setup   func(m *mapUnderTest) error
	Op      func(m *mapUnderTest) error
	Between []func(m *mapUnderTest) error // what Op does before, as operations of their own
}

// Child runs the scenario that the environment names, if it names one, and does not return then.
func Child() {
	name := os.Getenv(envScenario)
	if name == "" {
		return
	}
	if err := runChild(name); err != nil {
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
	o := sc.Options
	o.Shards, o.Now = 1, now
	m, err := dict.Open(os.Getenv(envMap), o)
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
	name    string
	options dict.Options
	key     func(i int) dict.Datum
	val     func(i int) dict.Datum
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
		{"int64-int64", dict.Options{Key: layout.Int64, Value: layout.Int64}, number, number},
		{"string-string", dict.Options{Key: layout.String, Value: layout.String}, text, text},
		{"string-int64", dict.Options{Key: layout.String, Value: layout.Int64}, text, number},
	} {
		for _, v := range []struct {
			name string
			set  func(o *dict.Options)
		}{
			{"", func(*dict.Options) {}},
			{",ttl", func(o *dict.Options) { o.TTL = time.Minute }},
			{",clock", func(o *dict.Options) { o.Capacity = 40 }},
			{",ttl,clock", func(o *dict.Options) { o.Capacity, o.EnableTTL = 40, true }},
		} {
			k := base
			k.name += v.name
			v.set(&k.options)
			out = append(out, k)
		}
	}
	return out
}

package proof

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/fault"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/maptest"
)

// A caller of everything, who trusts nothing and counts what it gets.

const (
	patience = 5 * time.Second       // longest call
	hasty    = 20 * time.Millisecond // longest wait for a lock
	roomy    = uint64(64 << 20)      // largest file: a forged length must not fill the machine
	fat      = uint64(1 << 30)       // bytes of memory that a process may have besides the map
)

// operatorRole operates on the map args[0] with seed args[1] for args[2] ms, read-only if args[3] says so.
func operatorRole(p *maptest.Parent, args []string) error {
	debug.SetTraceback("all")
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: roomy, Max: math.MaxUint64}); err != nil {
		return err
	}
	seed, _ := strconv.ParseUint(args[1], 10, 64)
	ms, _ := strconv.Atoi(args[2])
	p.Tell("ready")
	p.Wait()
	end, errs, calls, failed := time.Now().Add(time.Duration(ms)*time.Millisecond), make([]error, 2), atomic.Int64{}, atomic.Int64{}
	var wg sync.WaitGroup
	for g := range errs {
		wg.Go(func() {
			o := operator{path: args[0], readOnly: args[3] == "true", r: rand.New(rand.NewPCG(seed, uint64(g))), end: end}
			errs[g] = o.work()
			calls.Add(o.calls)
			failed.Add(o.failed)
		})
	}
	wg.Wait()
	var mem runtime.MemStats
	if runtime.ReadMemStats(&mem); mem.Sys > fat {
		return fmt.Errorf("%d bytes of memory besides the map", mem.Sys)
	}
	p.Tell("%d of %d calls failed, %d MiB", failed.Load(), calls.Load(), mem.Sys>>20)
	return errors.Join(errs...)
}

type operator struct {
	path          string
	readOnly      bool
	r             *rand.Rand
	end           time.Time
	calls, failed int64
}

func (o *operator) work() error {
	for time.Now().Before(o.end) {
		var m *dict.Map
		err := o.timed("open", func() (err error) {
			m, err = dict.Open(o.path, dict.Options{ReadOnly: o.readOnly, LockTimeout: hasty})
			return err
		})
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		for i := 0; i < 300 && err == nil && time.Now().Before(o.end); i++ {
			err = o.call(m)
		}
		if err := errors.Join(err, o.timed("close", m.Close)); err != nil {
			return err
		}
	}
	return nil
}

// timed makes a call: it must not take long, and fail only with an error that has a name.
func (o *operator) timed(name string, f func() error) error {
	watch := time.AfterFunc(patience, func() { panic(name + " does not end") })
	defer watch.Stop()
	o.calls++
	err := f()
	if err == nil {
		return nil
	}
	o.failed++
	var path *fs.PathError
	var call *os.SyscallError
	if errors.As(err, &path) || errors.As(err, &call) {
		return nil
	}
	for _, known := range []error{fault.ErrFull, fault.ErrNoSpace, fault.ErrFrozen, fault.ErrReadOnly, fault.ErrTooLarge, fault.ErrVersion,
		fault.ErrCorrupt, fault.ErrBusy, fault.ErrUnclean, fault.ErrNotMap, fault.ErrNoTTL, fault.ErrTypeMismatch, fault.ErrOverflow} {
		if errors.Is(err, known) {
			return nil
		}
	}
	return fmt.Errorf("%s: an error without a name: %w", name, err)
}

// call makes any call on a map.
func (o *operator) call(m *dict.Map) error {
	op := dict.Op{Key: hostileKey(o.r.IntN(2000)), Val: dict.Datum{W: o.r.Uint64(), S: strings.Repeat("y", o.r.IntN(600))}}
	switch n := o.r.IntN(100); {
	case n < 30:
		if op.Code = dict.OpCode(o.r.IntN(int(dict.OpExpire) + 1)); m.Options().Value == layout.String && op.Code >= dict.OpAdd && op.Code <= dict.OpMin {
			op.Code = dict.OpStore
		}
		return o.timed(fmt.Sprint("operation ", op.Code), func() error { return m.Do(&op) })
	case n < 70:
		return o.timed("load", func() error { _, err := m.Load(op.Key, nil, dict.ReadVisit|dict.ReadTTL); return err })
	case n < 76:
		return o.walk(m)
	case n < 80:
		return o.timed("stats", func() error { _, err := m.Stats(true); return err })
	case n < 84:
		return o.timed("check", func() error { _, err := m.Check(); return err })
	case n < 88:
		keys := []dict.Datum{op.Key, hostileKey(1), hostileKey(2), hostileKey(3)}
		return o.timed("store many", func() error { _, err := m.StoreMany(keys, keys, 0, 0, n == 87); return err })
	case n < 90:
		return o.timed("load many", func() error { return m.LoadMany([]dict.Datum{op.Key, hostileKey(5)}, make([]dict.Loaded, 2)) })
	case n < 93:
		return o.timed("pop", func() error { _, _, err := m.PopOldest(); return err })
	case n < 95:
		return o.timed("drain", func() error { _, err := m.Drain(10); return err })
	case n < 97:
		return o.timed("flush", func() error { _, _, err := m.FlushExpired(n * (n - 95)); return err })
	case n < 98:
		return o.timed("reserve", func() error { return m.Reserve(5000) })
	case n < 99 && o.r.IntN(20) == 0:
		return o.timed("clear", m.Clear)
	}
	c := m.Cursor()
	return o.timed("seek", func() error { _, err := c.Seek(op.Key); return err })
}

// walk goes through the map, which others keep growing and tying into knots: only each step has an end.
func (o *operator) walk(m *dict.Map) error {
	c := m.Cursor()
	for range 3000 {
		more := false
		err := o.timed("next", func() (err error) { _, more, err = c.Next(); return err })
		if err != nil || !more || !time.Now().Before(o.end) {
			return err
		}
	}
	return nil
}

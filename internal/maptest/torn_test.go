package maptest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
	"github.com/shmap-go/shmap/internal/proof/record"
)

// Values that tell whether they are whole, and whose they are.

// telling is a value of n bytes for a key: from 16 bytes on it holds its length, its key and a number; all bytes behind
// depend on these. Shorter ones hold their length and key in every byte.
func telling(key, n int, number uint64) string {
	b := make([]byte, n)
	fillTelling(b, key, number)
	return string(b)
}

func fillTelling(b []byte, key int, number uint64) {
	if len(b) < 16 {
		for i := range b {
			b[i] = byte(key*16 + len(b))
		}
		return
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint32(b[4:], uint32(key))
	binary.LittleEndian.PutUint64(b[8:], number)
	for i := 16; i < len(b); i++ {
		b[i] = byte(int(number)*13 + key*7 + i + i>>8)
	}
}

// whole reports whether b is a telling value of key, and its number.
func whole(key int, b []byte) (number uint64, ok bool) {
	if len(b) >= 16 {
		number = binary.LittleEndian.Uint64(b[8:])
	}
	return number, len(b) > 0 && telling(key, len(b), number) == string(b)
}

// tornSpecs are maps that evict, for the number and for the size of entries, and one that grows and shrinks.
var tornSpecs = map[string]Spec{
	"evicting":  {Key: layout.Int64, Value: layout.String, Capacity: 150},
	"haunted":   {Key: layout.Int64, Value: layout.String, Capacity: 150, Policy: layout.PolicyS3},
	"crowded":   {Key: layout.Int64, Value: layout.String, Policy: layout.PolicyClock, MaxBytes: 12 << 20, LgShards: 1},
	"breathing": {Key: layout.Int64, Value: layout.String, TTL: 3_600_000},
}

const tornKeys = 200

// sizeOf picks a length from one byte to one MiB, of each order of magnitude as often.
func sizeOf(r *rand.Rand) int {
	top := 1 << (1 + r.IntN(20))
	if r.IntN(10) == 0 {
		return top
	}
	return 1 + r.IntN(top)
}

// scribeRole stores and deletes telling values.
func scribeRole(p *Parent, args []string) error {
	m, err := Open(args[0], tornSpecs[args[2]], nil)
	if err != nil {
		return err
	}
	who, _ := strconv.ParseUint(args[1], 10, 64)
	r := rand.New(rand.NewPCG(who, 2))
	p.Tell("ready")
	for i := uint64(0); ; i++ {
		key, deletes := r.IntN(tornKeys), 1+r.IntN(2)
		if i/500%2 == 1 {
			deletes = 6 // the table shrinks
		}
		op := dict.Op{Code: dict.OpStore, Key: dict.Datum{W: uint64(key)}}
		switch n := r.IntN(8); {
		case n < deletes/2:
			op.Code = dict.OpDelete
		case n < deletes:
			op.Code = dict.OpLoadAndDelete
		default:
			op.Val.S = telling(key, sizeOf(r), i)
		}
		if err := m.Do(&op); err != nil {
			return err
		}
		if op.Code != dict.OpLoadAndDelete || !op.Found {
			continue
		}
		if _, ok := whole(key, op.B); !ok {
			return fmt.Errorf("key %d: a torn value of %d bytes was deleted", key, len(op.B))
		}
	}
}

// readerRole reads until its time is over, and says how much it has read.
func readerRole(p *Parent, args []string) error {
	m, err := Open(args[0], tornSpecs[args[2]], nil)
	if err != nil {
		return err
	}
	ms, _ := strconv.Atoi(args[1])
	found, end := 0, time.Now().Add(time.Duration(ms)*time.Millisecond)
	r := rand.New(rand.NewPCG(uint64(os.Getpid()), 2))
	var buf []byte
	for time.Now().Before(end) {
		key := r.IntN(tornKeys)
		l, err := m.Load(dict.Datum{W: uint64(key)}, buf[:0], dict.ReadVisit)
		if err != nil {
			return err
		}
		if !l.Found {
			continue
		}
		found++
		if buf = l.B; len(buf) == 0 {
			return fmt.Errorf("key %d: an empty value", key)
		}
		if _, ok := whole(key, buf); !ok {
			return fmt.Errorf("key %d: a torn value of %d bytes: %.24q", key, len(buf), buf)
		}
	}
	p.Tell("%d", found)
	return nil
}

// TestP02NeverTorn reads in some processes what others store, delete, evict, split and merge, one of which is killed now and
// then.
func TestP02NeverTorn(t *testing.T) {
	for name, spec := range tornSpecs {
		for place, path := range places(t) {
			if long() || (place == "disk") == (name == "crowded") {
				t.Run(name+" on "+place, func(t *testing.T) { torn(t, name, spec, path) })
			}
		}
	}
}

func torn(t *testing.T, name string, spec Spec, path string) {
	m, err := Open(path, spec, nil)
	m = Keep(t, m, err)
	millis := 800
	if long() {
		millis = 20_000
	}
	scribes, who := make([]*Child, 2), seed(t)*1000
	begin := func(i int) {
		who++
		scribes[i] = Start(t, "scribe", path, strconv.FormatUint(who, 10), name)
	}
	for i := range scribes {
		begin(i)
		scribes[i].Line()
	}
	reader := func() *Child { return Start(t, "reader", path, strconv.Itoa(millis), name) }
	readers := []*Child{reader(), reader()}
	ended := make(chan string)
	for _, c := range readers {
		go func() {
			line, _ := c.Line()
			ended <- line
		}()
	}
	kills, restarts, whole := time.NewTicker(time.Duration(millis/40)*time.Millisecond), 0, 0
	defer kills.Stop()
	for left := len(readers); left > 0; {
		select {
		case line := <-ended:
			left--
			n, err := strconv.Atoi(line)
			if n == 0 || err != nil {
				t.Errorf("a reader said %q", line)
			}
			whole += n
		case <-kills.C:
			restarts++
			i := restarts % len(scribes)
			scribes[i].Kill()
			begin(i)
		}
	}
	for _, c := range scribes {
		c.Kill()
	}
	st, err := m.Stats(false)
	if err != nil {
		t.Error(err)
	}
	record.Count(t, "P2", "kills", restarts)
	record.Count(t, "P2", "values of 1 byte to 1 MiB read, all whole", whole)
	record.Count(t, "P2", "evictions", int(st.Evictions))
}

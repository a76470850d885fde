package maptest

import (
	"bufio"
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

// tornSpec evicts, and is so small that entries come and go.
var tornSpec = Spec{Key: layout.Int64, Value: layout.String, Capacity: 150}

// sizeOf picks a length: mostly small, up to 64 KiB.
func sizeOf(r *rand.Rand) int { return 1 + r.IntN(1<<(1+r.IntN(16))) }

// scribeRole stores and deletes telling values.
func scribeRole(p *Parent, args []string) error {
	m, err := Open(args[0], tornSpec, nil)
	if err != nil {
		return err
	}
	who, _ := strconv.ParseUint(args[1], 10, 64)
	r := rand.New(rand.NewPCG(who, 2))
	p.Tell("ready")
	for i := uint64(0); ; i++ {
		key := r.IntN(200)
		op := dict.Op{Code: dict.OpStore, Key: dict.Datum{W: uint64(key)}}
		switch r.IntN(8) {
		case 0:
			op.Code = dict.OpDelete
		case 1:
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
	m, err := Open(args[0], tornSpec, nil)
	if err != nil {
		return err
	}
	ms, _ := strconv.Atoi(args[1])
	found, end := 0, time.Now().Add(time.Duration(ms)*time.Millisecond)
	r := rand.New(rand.NewPCG(uint64(os.Getpid()), 2))
	var buf []byte
	for time.Now().Before(end) {
		key := r.IntN(200)
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

// TestP02NeverTorn reads in some processes what others store, delete, evict and split, one of which is killed now and then.
func TestP02NeverTorn(t *testing.T) {
	for name, path := range places(t) {
		t.Run(name, func(t *testing.T) {
			m, err := Open(path, tornSpec, nil)
			m = Keep(t, m, err)
			millis := 1200
			if long() {
				millis = 30_000
			}
			scribes := make([]*Child, 2)
			for i := range scribes {
				scribes[i] = Start(t, "scribe", path, strconv.Itoa(i))
				scribes[i].Line()
			}
			readers := []*Child{Start(t, "reader", path, strconv.Itoa(millis)), Start(t, "reader", path, strconv.Itoa(millis))}
			ended := make(chan string)
			for _, c := range readers {
				go func() {
					line, _ := bufio.NewReader(c.out).ReadString('\n')
					ended <- line
				}()
			}
			kills, restarts, whole := time.NewTicker(time.Duration(millis/8)*time.Millisecond), 0, 0
			defer kills.Stop()
			for left := len(readers); left > 0; {
				select {
				case line := <-ended:
					left--
					n, err := strconv.Atoi(trimNewline(line))
					if n == 0 || err != nil {
						t.Errorf("a reader said %q", line)
					}
					whole += n
				case <-kills.C:
					restarts++
					i := restarts % len(scribes)
					scribes[i].Kill()
					scribes[i] = Start(t, "scribe", path, strconv.Itoa(restarts+10))
				}
			}
			for _, c := range scribes {
				c.Kill()
			}
			record.Count(t, "P2", "kills", restarts)
			record.Count(t, "P2", "values read, all whole", whole)
		})
	}
}

func trimNewline(s string) string {
	if n := len(s); n > 0 && s[n-1] == '\n' {
		return s[:n-1]
	}
	return s
}

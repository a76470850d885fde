package cli

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/cli/scan"
	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

// content is all entries of a map, with their deadlines to within a minute.
func content(t *testing.T, path string) map[dict.Datum]string {
	t.Helper()
	m, err := dict.Open(path, dict.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if problems, err := m.Check(); err != nil || len(problems) > 0 {
		t.Fatalf("%s: check: %q, %v", path, problems, err)
	}
	out := map[dict.Datum]string{}
	err = scan.Each(t.Context(), m, func(e scan.Entry) error {
		life := "for ever"
		if !e.Permanent() {
			life = fmt.Sprint("hours ", (e.Left()+1_800_000)/3_600_000)
		}
		out[e.Key] = fmt.Sprintf("%x %q %s", e.Val.W, e.Val.S, life)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fill makes a map with random entries: any bytes, any integers, with deadlines and without.
func fill(t *testing.T, r *rand.Rand, path string, o dict.Options) {
	t.Helper()
	m, err := dict.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	random := func(k layout.Kind) dict.Datum {
		if k != layout.String {
			return dict.Datum{W: k.Truncate(r.Uint64() >> r.UintN(64))}
		}
		b := make([]byte, r.IntN(1<<r.UintN(12)))
		for i := range b {
			b[i] = byte(r.UintN(256) >> r.UintN(8))
		}
		return dict.Datum{S: string(b)}
	}
	for range 300 {
		op := dict.Op{Key: random(o.Key), Val: random(o.Value)}
		if o.EnableTTL && r.IntN(2) == 0 {
			op.Mode, op.TTL = dict.TTLExplicit, time.Duration(1+r.IntN(1000))*time.Hour
		}
		if err := m.Do(&op); err != nil {
			t.Fatal(err)
		}
	}
}

// Maps of all types, through each way out and in, are the same afterwards.
func TestDataComesBack(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	const kinds = int(layout.String)
	shift := 1 + r.IntN(kinds-1)
	for i := range kinds { // each kind as key and as value, strings to strings in any case
		key, value := layout.Kind(1+i), layout.Kind(1+(i+shift)%kinds)
		comesBack(t, r, filepath.Join(dir, fmt.Sprintf("%v-%v", key, value)), key, value)
	}
	comesBack(t, r, filepath.Join(dir, "strings"), layout.String, layout.String)
}

func comesBack(t *testing.T, r *rand.Rand, name string, key, value layout.Kind) {
	o := dict.Options{Key: key, Value: value, EnableTTL: r.IntN(3) > 0, Shards: 1 << r.IntN(4)}
	if r.IntN(2) == 0 {
		o.Capacity, o.Policy = 300, []layout.Policy{layout.PolicyClock, layout.PolicyS3}[r.IntN(2)]
	}
	fill(t, r, name, o)
	want := content(t, name)
	if len(want) == 0 {
		t.Fatal("the map is empty")
	}
	compare := func(path string) {
		t.Helper()
		if got := content(t, path); !maps.Equal(got, want) {
			t.Errorf("%+v: %s has %d entries, want the %d that were there", o, path, len(got), len(want))
		}
	}
	create := []string{"--create", "--key", key.String(), "--value", value.String()}
	if o.EnableTTL {
		create = append(create, "--enable-ttl")
	}
	for _, text := range []string{".jsonl", ".csv"} {
		export := []string{"export", name, "-o", name + text}
		if r.IntN(2) == 0 {
			export = append(export, "--absolute")
		}
		run(t, export...)
		run(t, append([]string{"import", name + text + ".map", name + text}, create...)...)
		compare(name + text + ".map")
		run(t, "diff", name, name+text+".map", "--ttl", "1m")
	}
	run(t, "snapshot", name, name+".snap")
	compare(name + ".snap")
	run(t, "verify", name+".snap")
	run(t, "snapshot", name, name+".snap", "--per-shard")
	compare(name + ".snap")
	run(t, "restore", name+".snap", name+".restored")
	compare(name + ".restored")
}

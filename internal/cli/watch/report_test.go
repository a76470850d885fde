package watch

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/shmap-go/shmap/internal/dict"
	"github.com/shmap-go/shmap/internal/layout"
)

var update = flag.Bool("update", false, "write the golden report anew")

// The report for scripts: a field that goes or changes its name or meaning raises Format.
func TestReport(t *testing.T) {
	at := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	one := dict.ShardStats{Entries: 70, Buckets: 16, Overflows: 2, Transactions: 90, Evictions: 4, Expirations: 3, Recoveries: 1,
		Contended: 9, LockWaits: 5, LockSleeps: 6}
	rates := Rates{Entries: -1, Transactions: 2.5, Evictions: 3, Expirations: 4, Recoveries: 5, Contended: 6, LockWaits: 7, LockSleeps: 8}
	chains := Chains{Survey: dict.Survey{Chains: [8]uint64{13, 2}, Longest: 2}, Of: 16}
	full := &Sample{
		Path: "/dev/shm/map", At: at, Elapsed: 2 * time.Second,
		Options: dict.Options{Key: layout.String, Value: layout.Int16, MaxEntries: 100, Capacity: 90, MaxBytes: 1 << 20, TTL: time.Minute,
			Policy: layout.PolicyClock},
		Stats: dict.Stats{Entries: 70, FileBytes: 100_000, BucketBytes: 8192, BlobBytes: 65_536, Buckets: 16, Overflows: 2, Frozen: true,
			Transactions: 90, Evictions: 4, Expirations: 3, Recoveries: 1, Contended: 9, LockWaits: 5, LockSleeps: 6, ReadRetries: 1, JournalReads: 2},
		Rates: rates, Chains: chains, Shards: []Shard{{ShardStats: one, Load: 0.5, Chains: chains, Rates: rates}},
		Participants: []Participant{
			{Participant: dict.Participant{Number: 0, Incarnation: 3, PID: 4711}, Process: Process{PID: 4711, Command: "web", Started: at}},
			{Participant: dict.Participant{Number: 5, Incarnation: 1, PID: 1}},
		},
		Counters: Counters{Walked: 70, All: true, Sum: -3, Hot: []Counter{
			{Key: dict.Datum{S: "a\xff"}, Value: dict.Datum{W: 0xffff}, PerSecond: -3.5}, {Key: dict.Datum{S: "b"}, Value: dict.Datum{W: 2}, PerSecond: 0.5}}},
		Trouble: []error{errors.New("shard 3 changes faster than it can be read")},
	}
	first := &Sample{Path: "other", Options: dict.Options{Key: layout.Int32, Value: layout.String}, Shards: []Shard{{}}}
	bad := &Sample{Path: "third", Err: errors.New("third: the map is not there any more")}
	got, err := json.MarshalIndent(MakeReport(at, []*Sample{full, first, bad}), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "report.json")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("%s differs; -update writes it anew. It is\n%s", path, got)
	}
}

// Every field of a report is explained in docs/TOP.md.
func TestReportIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/TOP.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile(filepath.Join("testdata", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	fields := regexp.MustCompile(`"([a-z_]+)":`).FindAllStringSubmatch(string(example), -1)
	if len(fields) < 50 {
		t.Fatalf("%d fields", len(fields))
	}
	for _, f := range fields {
		if f[1] != "base64" && !regexp.MustCompile("[`.]"+f[1]+"[`.\\[]").Match(doc) {
			t.Errorf("%s is not in docs/TOP.md", f[1])
		}
	}
}

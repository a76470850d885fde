package record_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/shmap-go/shmap/internal/proof/record"
)

func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records")
	t.Setenv(record.Env, path)
	record.Count(t, "P3", "kills", 1000)
	record.Figure(t, "P3", "stall", "median 41µs")

	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	for _, want := range []record.Line{
		{Promise: "P3", Test: t.Name(), What: "kills", Value: "1000"},
		{Promise: "P3", Test: t.Name(), What: "stall", Value: "median 41µs"},
	} {
		var got record.Line
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Time.IsZero() {
			t.Error("a line without a time")
		}
		got.Time = want.Time
		if got != want {
			t.Errorf("read %+v, want %+v", got, want)
		}
	}
}

func TestNothingIsAskedFor(t *testing.T) {
	t.Setenv(record.Env, "")
	record.Count(t, "P3", "kills", 1)
}

// Package record keeps what a proof counted: how many kills, scenarios, instructions. It appends lines of JSON to the
// file that the environment variable SHMAP_PROOF names, for the document of proofs (docs/PROOF.md), and to
// the log of the test. It knows nothing of maps.
package record

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"
)

// Env is the variable that names the file.
const Env = "SHMAP_PROOF"

// A Line is one thing that a test found out for a promise ("P3").
type Line struct {
	Promise string    `json:"promise"`
	Test    string    `json:"test"`
	What    string    `json:"what"`  // "kills"
	Value   string    `json:"value"` // "1000", or words: "median 41µs"
	Time    time.Time `json:"time"`
}

// Count records that the test saw n of something.
func Count(t testing.TB, promise, what string, n int) {
	t.Helper()
	Figure(t, promise, what, strconv.Itoa(n))
}

// Figure records anything else that the test measured, with its unit.
func Figure(t testing.TB, promise, what, value string) {
	t.Helper()
	t.Logf("%s, %s: %s", promise, what, value)
	path := os.Getenv(Env)
	if path == "" {
		return
	}
	line, err := json.Marshal(Line{promise, t.Name(), what, value, time.Now().UTC()})
	if err != nil {
		t.Errorf("record: %v", err)
		return
	}
	if err := add(path, append(line, '\n')); err != nil {
		t.Errorf("record: %v", err)
	}
}

// add writes with one call, so that the lines of tests that run at the same time stay apart.
func add(path string, line []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Close())
}

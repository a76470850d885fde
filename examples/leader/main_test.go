package main

import (
	"testing"
	"time"

	"github.com/shmap-go/shmap"
)

// TestOneLeadsThoughProcessIDsAreTheSame has two candidates in one process, as two containers may have one of the same id each.
func TestOneLeadsThoughProcessIDsAreTheSame(t *testing.T) {
	m, err := shmap.Anonymous[string, string](shmap.Options{EnableTTL: true})
	check(err)
	defer m.Close()
	a, b := newName(), newName()
	if ok, err := m.InsertTTL("leader", a, time.Hour); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := m.CompareAndSwapTTL("leader", b, b, time.Hour); ok || err != nil {
		t.Errorf("both lead: %t, %v", ok, err)
	}
	if ok, err := m.CompareAndSwapTTL("leader", a, a, time.Hour); !ok || err != nil {
		t.Errorf("the leader leads no more: %t, %v", ok, err)
	}
}

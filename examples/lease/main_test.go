package main

import (
	"testing"
	"time"

	"github.com/shmap-go/shmap"
)

func anonymous(t *testing.T) (jobs, leases *shmap.Map[string, string]) {
	t.Helper()
	jobs = must(shmap.Anonymous[string, string](shmap.Options{}))
	leases = must(shmap.Anonymous[string, string](shmap.Options{TTL: time.Hour}))
	t.Cleanup(func() { must(0, jobs.Close()); must(0, leases.Close()) })
	return jobs, leases
}

// TestAJobThatIsDoneIsNotTaken though a worker saw it open a moment ago, and nobody has its lease.
func TestAJobThatIsDoneIsNotTaken(t *testing.T) {
	jobs, leases := anonymous(t)
	must(jobs.Insert("done", "done by another"))
	must(jobs.Insert("open", "open"))
	if take(jobs, leases, "done", "me") {
		t.Error("a job that is done is taken")
	}
	if !take(jobs, leases, "open", "me") || take(jobs, leases, "open", "other") {
		t.Error("a job that is open is not taken once")
	}
}

// TestNobodyRenewsTheLeaseOfAnother, and one's own has its whole time again.
func TestNobodyRenewsTheLeaseOfAnother(t *testing.T) {
	_, leases := anonymous(t)
	must(leases.InsertTTL("job", "other", time.Minute))
	if renew(leases, "job", "me") || !leases.Has("job") {
		t.Error("the lease of another is renewed")
	}
	if ttl, _ := leases.TTL("job"); ttl > time.Minute {
		t.Errorf("it has %v", ttl)
	}
	if !renew(leases, "job", "other") {
		t.Error("the lease is not renewed")
	}
	if ttl, _ := leases.TTL("job"); ttl <= time.Minute {
		t.Errorf("its own has %v", ttl)
	}
	if renew(leases, "none", "me") {
		t.Error("a lease that has run out is renewed")
	}
}

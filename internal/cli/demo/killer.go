package demo

import "time"

const (
	mostKills = 30                    // then the demo is content
	patience  = 30 * time.Millisecond // within which survivors have met the lock of the dead
)

// killer kills workers, one at a time, until one died in the middle of a write: holding a lock, which a survivor then
// has to take over and repair. A worker that held none is replaced.
type killer struct {
	crew *crew
	next time.Time // of the next act; zero when all is done
	hit  bool      // a survivor had to repair
	wait bool      // the next act is to look what the last kill did
}

func (k *killer) act(now time.Time) error {
	switch {
	case k.next.IsZero() || now.Before(k.next):
		return nil
	case k.wait:
		return k.look(now)
	case now.After(k.crew.deadline):
		k.next = time.Time{}
		return nil
	}
	k.wait, k.next = true, now.Add(patience)
	return k.crew.killOne()
}

// look decides whether the last kill hit.
func (k *killer) look(now time.Time) error {
	s, err := k.crew.m.Stats(false)
	if err != nil {
		return err
	}
	if k.hit = s.Recoveries > 0; k.hit || len(k.crew.dead) == mostKills {
		k.next = time.Time{}
		return nil
	}
	k.wait, k.next = false, now.Add(patience)
	return k.crew.hire()
}

// Package shmapscs keeps the sessions of github.com/alexedwards/scs/v2 in shared memory: all processes of a machine that open
// the same file have the same sessions, and a process that is killed or deployed anew loses none. It knows the interfaces of
// scs; of the map it uses the public API alone.
//
// What changes in a program is the line that sets the store:
//
//	sessionManager.Store, err = shmapscs.Open("/dev/shm/myapp-sessions", shmap.Options{})
//
// A Store is an scs.Store, an scs.IterableStore and an scs.IterableCtxStore. It is no scs.CtxStore: nothing it does for one
// session waits for a network or a disk, so the only effect of a context would be that what a handler has put into a session is
// lost when the client hangs up before the end.
//
// Sessions whose time is over are absent at once; their memory is used again as they are met. [Store.Map] gives the map, for
// FlushExpired and statistics.
package shmapscs

import (
	"context"
	"errors"
	"time"

	"github.com/shmap-go/shmap"
)

// Store keeps sessions in a map. It is safe for concurrent use, also with other processes on the same map.
type Store struct {
	m *shmap.Map[string, []byte]
}

// Open opens the map in the file at path, or creates it, with room for deadlines.
func Open(path string, o shmap.Options) (*Store, error) {
	o.EnableTTL = true
	m, err := shmap.Open[string, []byte](path, o)
	if err != nil {
		return nil, err
	}
	s, err := New(m)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return s, nil
}

// New keeps sessions in m, which must have been made with Options.TTL or Options.EnableTTL: else the error is shmap.ErrNoTTL.
func New(m *shmap.Map[string, []byte]) (*Store, error) {
	if !m.Options().EnableTTL {
		return nil, shmap.ErrNoTTL
	}
	return &Store{m: m}, nil
}

// Map is the map with the sessions: the data, as scs encodes it, by token.
func (s *Store) Map() *shmap.Map[string, []byte] { return s.m }

// Close closes the map. The sessions stay in it.
func (s *Store) Close() error { return s.m.Close() }

// Find returns the data of a session, and whether it exists and has not expired.
func (s *Store) Find(token string) (b []byte, found bool, err error) {
	return s.m.TryLoad(token)
}

// Commit stores the data of a session, until expiry.
func (s *Store) Commit(token string, b []byte, expiry time.Time) error {
	return s.m.StoreUntil(token, b, expiry)
}

// Delete removes a session. It need not exist.
func (s *Store) Delete(token string) error {
	_, err := s.m.Delete(token)
	return err
}

// All returns the data of all sessions that have not expired. Those that begin or end meanwhile may be among them or not.
func (s *Store) All() (map[string][]byte, error) { return s.m.ToMap() }

// AllCtx is All, and stops with ctx's error when ctx is done.
func (s *Store) AllCtx(ctx context.Context) (map[string][]byte, error) {
	all := make(map[string][]byte, s.m.Len())
	c := s.m.Cursor()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		token, b, ok, err := c.Next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return all, nil
		}
		all[token] = b
	}
}

package worker

import (
	"errors"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// boltStore is bbolt without waiting for the disk, a transaction for each operation.
type boltStore struct {
	db     *bbolt.DB
	buffer []byte
}

func openBolt(dir string) (store, error) {
	db, err := bbolt.Open(filepath.Join(dir, "bolt"), 0o600, &bbolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		return nil, err
	}
	return &boltStore{db: db}, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket())
		return err
	})
}

func bucket() []byte { return []byte("b") }

func (s *boltStore) get(e *entry) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		v := tx.Bucket(bucket()).Get([]byte(e.key))
		if v == nil {
			return lost(e.key)
		}
		s.buffer = append(s.buffer[:0], v...)
		return nil
	})
}

func (s *boltStore) put(e *entry) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucket()).Put([]byte(e.key), []byte(e.value))
	})
}

func (s *boltStore) read(pairs []entry) error { return each(pairs, s.get) }

func (s *boltStore) write(pairs []entry) error { return each(pairs, s.put) }

func (s *boltStore) half(pairs []entry) error { return alternate(pairs, s.get, s.put) }

func (s *boltStore) hot(int) error { return errors.ErrUnsupported }

// each and alternate are the loops of the stores whose operations take so long that a call more does not count.
func each(pairs []entry, do func(*entry) error) error {
	for i := range pairs {
		if err := do(&pairs[i]); err != nil {
			return err
		}
	}
	return nil
}

func alternate(pairs []entry, get, put func(*entry) error) error {
	for i := 0; i < len(pairs); i += 2 {
		if err := get(&pairs[i]); err != nil {
			return err
		}
		if err := put(&pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

package worker

import (
	"fmt"
	"path/filepath"

	"github.com/shmap-go/shmap"
)

// shmapStore copies each value that it reads into one buffer, as the worker for LMDB does.
type shmapStore struct {
	texts    *shmap.Map[string, string]
	counters *shmap.Map[string, int64]
	buffer   []byte
}

func openShmap(dir string) (store, error) {
	texts, err := shmap.Open[string, string](filepath.Join(dir, "texts.shmap"), shmap.Options{})
	if err != nil {
		return nil, err
	}
	counters, err := shmap.Open[string, int64](filepath.Join(dir, "counters.shmap"), shmap.Options{})
	return &shmapStore{texts: texts, counters: counters}, err
}

func (s *shmapStore) read(pairs []entry) error {
	var ok bool
	for i := range pairs {
		if s.buffer, ok = s.texts.AppendLoad(s.buffer[:0], pairs[i].key); !ok {
			return lost(pairs[i].key)
		}
	}
	return nil
}

func (s *shmapStore) write(pairs []entry) error {
	for i := range pairs {
		if err := s.texts.Store(pairs[i].key, pairs[i].value); err != nil {
			return err
		}
	}
	return nil
}

func (s *shmapStore) half(pairs []entry) error {
	var ok bool
	for i := 0; i < len(pairs); i += 2 {
		if s.buffer, ok = s.texts.AppendLoad(s.buffer[:0], pairs[i].key); !ok {
			return lost(pairs[i].key)
		}
		if err := s.texts.Store(pairs[i+1].key, pairs[i+1].value); err != nil {
			return err
		}
	}
	return nil
}

func (s *shmapStore) hot(n int) error {
	for range n {
		if _, err := shmap.Add(s.counters, "hot", 1); err != nil {
			return err
		}
	}
	return nil
}

// lost is the error of a read that does not find what was loaded.
func lost(key string) error { return fmt.Errorf("key %s is lost", key) }

package worker

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// redisStore speaks RESP, one command at a time. https://redis.io/docs/latest/develop/reference/protocol-spec/
type redisStore struct {
	*socket
	value []byte
}

func openRedis(dir string) (store, error) {
	s, err := dial(dir)
	return &redisStore{socket: s}, err
}

func (r *redisStore) bulk(s string) {
	r.out = append(r.out, '$')
	r.out = strconv.AppendInt(r.out, int64(len(s)), 10)
	r.out = append(append(append(r.out, "\r\n"...), s...), "\r\n"...)
}

func (r *redisStore) get(e *entry) error {
	r.out = append(r.out[:0], "*2\r\n$3\r\nGET\r\n"...)
	r.bulk(e.key)
	if err := r.send(); err != nil {
		return err
	}
	line, err := r.line()
	if err != nil {
		return err
	}
	size, err := number(bytes.TrimPrefix(line, []byte("$")))
	if err != nil || size < 0 {
		return fmt.Errorf("redis answers %q to GET %s", line, e.key)
	}
	r.value, err = r.body(r.value[:0], size)
	return err
}

func (r *redisStore) put(e *entry) error {
	r.out = append(r.out[:0], "*3\r\n$3\r\nSET\r\n"...)
	r.bulk(e.key)
	r.bulk(e.value)
	if err := r.send(); err != nil {
		return err
	}
	line, err := r.line()
	if err == nil && string(line) != "+OK" {
		err = fmt.Errorf("redis answers %q to SET %s", line, e.key)
	}
	return err
}

func (r *redisStore) read(pairs []entry) error  { return each(pairs, r.get) }
func (r *redisStore) write(pairs []entry) error { return each(pairs, r.put) }
func (r *redisStore) half(pairs []entry) error  { return alternate(pairs, r.get, r.put) }
func (r *redisStore) hot(int) error             { return errors.ErrUnsupported }

// memcachedStore speaks memcached's text protocol, one command at a time.
// https://github.com/memcached/memcached/blob/master/doc/protocol.txt
type memcachedStore struct {
	*socket
	value []byte
}

func openMemcached(dir string) (store, error) {
	s, err := dial(dir)
	return &memcachedStore{socket: s}, err
}

func (m *memcachedStore) get(e *entry) error {
	m.out = append(append(append(m.out[:0], "get "...), e.key...), "\r\n"...)
	if err := m.send(); err != nil {
		return err
	}
	line, err := m.line() // VALUE key flags bytes
	if err != nil {
		return err
	}
	size, err := number(line[bytes.LastIndexByte(line, ' ')+1:])
	if err != nil {
		return fmt.Errorf("memcached answers %q to get %s", line, e.key)
	}
	if m.value, err = m.body(m.value[:0], size); err != nil {
		return err
	}
	_, err = m.line() // END
	return err
}

func (m *memcachedStore) put(e *entry) error {
	m.out = append(append(append(m.out[:0], "set "...), e.key...), " 0 0 "...)
	m.out = strconv.AppendInt(m.out, int64(len(e.value)), 10)
	m.out = append(append(append(m.out, "\r\n"...), e.value...), "\r\n"...)
	if err := m.send(); err != nil {
		return err
	}
	line, err := m.line()
	if err == nil && string(line) != "STORED" {
		err = fmt.Errorf("memcached answers %q to set %s", line, e.key)
	}
	return err
}

func (m *memcachedStore) read(pairs []entry) error  { return each(pairs, m.get) }
func (m *memcachedStore) write(pairs []entry) error { return each(pairs, m.put) }
func (m *memcachedStore) half(pairs []entry) error  { return alternate(pairs, m.get, m.put) }
func (m *memcachedStore) hot(int) error             { return errors.ErrUnsupported }

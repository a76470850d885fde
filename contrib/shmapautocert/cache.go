// Package shmapautocert keeps the certificates of golang.org/x/crypto/acme/autocert in a shared map: a certificate that one
// process of a machine was given is there for all of them, and for the next start. It knows the interface of autocert; of the
// map it uses the public API alone.
//
// What changes in a program is the cache of the manager:
//
//	cache, err := shmapautocert.Open("/var/lib/myapp/certificates.shmap", shmap.Options{})
//	...
//	manager := autocert.Manager{Prompt: autocert.AcceptTOS, Cache: cache, HostPolicy: hosts}
//
// Put the file on a disk: authorities limit how many certificates they give out, and what lies in /dev/shm is gone after a
// reboot. Put returns when the disk has the data. The file is readable for its owner alone, as it holds private keys. After a
// power cut with the map open it may be refused with shmap.ErrUnclean: remove it then, and certificates are asked for again;
// where that matters use autocert.DirCache.
//
// The cache does not keep processes from asking for the same certificate at the same moment; autocert does so within one.
package shmapautocert

import (
	"context"

	"golang.org/x/crypto/acme/autocert"

	"github.com/shmap-go/shmap"
)

// Cache is an autocert.Cache. It is safe for concurrent use, also with other processes on the same map.
type Cache struct {
	m *shmap.Map[string, []byte]
}

// Open opens the map in the file at path, or creates it.
func Open(path string, o shmap.Options) (*Cache, error) {
	m, err := shmap.Open[string, []byte](path, o)
	if err != nil {
		return nil, err
	}
	return New(m), nil
}

// New keeps certificates in m. With a default TTL or a Capacity they may go before their time; use a map without.
func New(m *shmap.Map[string, []byte]) *Cache { return &Cache{m: m} }

// Map is the map with certificates and account keys, as autocert encodes them.
func (c *Cache) Map() *shmap.Map[string, []byte] { return c.m }

// Close closes the map. The certificates stay in it.
func (c *Cache) Close() error { return c.m.Close() }

// Get returns what is stored for key, or autocert.ErrCacheMiss.
func (c *Cache) Get(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, ok, err := c.m.TryLoad(key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, autocert.ErrCacheMiss
	}
	return data, nil
}

// Put stores data for key, and returns when the storage behind the map has it.
func (c *Cache) Put(ctx context.Context, key string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := c.m.Store(key, data); err != nil {
		return err
	}
	return c.m.Sync()
}

// Delete removes what is stored for key. It need not exist.
func (c *Cache) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := c.m.Delete(key)
	return err
}

package shmapautocert_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/crypto/acme/autocert"

	"github.com/shmap-go/shmap"
	"github.com/shmap-go/shmap/contrib/shmapautocert"
)

// A server whose certificates all processes of a machine share.
func Example() {
	path := filepath.Join(os.TempDir(), fmt.Sprint("example-certificates-", os.Getpid())) // on a disk, see the package
	defer shmap.Unlink(path)

	cache, err := shmapautocert.Open(path, shmap.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	manager := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      cache,
		HostPolicy: autocert.HostWhitelist("example.org"),
	}
	server := &http.Server{Addr: ":https", TLSConfig: manager.TLSConfig()}
	_ = server // ListenAndServeTLS("", "")

	_, err = cache.Get(context.Background(), "example.org")
	fmt.Println(errors.Is(err, autocert.ErrCacheMiss))
	// Output: true
}
